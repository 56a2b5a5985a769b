import { encode } from 'uqr';

/** Modules of white around the code that scanners need (ISO/IEC 18004, 6.3.8). */
const QUIET_ZONE = 4;

export interface QrDrawing {
  /** Modules along one side, quiet zone included. */
  readonly size: number;
  /** An SVG path of all dark modules, runs of a row as one rectangle. */
  readonly path: string;
}

export function drawQr(content: string | Uint8Array): QrDrawing {
  const { size, data } = encode(typeof content === 'string' ? content : [...content], { ecc: 'M', border: QUIET_ZONE });
  return { size, path: data.map(rowPath).join('') };
}

function rowPath(row: readonly boolean[], y: number): string {
  let path = '';
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue;
    const start = x;
    while (row[x + 1]) x++;
    const width = x - start + 1;
    path += `M${start} ${y}h${width}v1h-${width}z`;
  }
  return path;
}
