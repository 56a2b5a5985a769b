/** What a picture's first bytes say it is. Only these are ever shown, whatever a file calls itself: none of them can hold a program. */

/** Enough for all signatures below. */
const HEAD_BYTES = 16;

/** The type of a picture browsers draw and nothing else; undefined for everything else, SVG too. */
export function pictureTypeOf(head: Uint8Array): string | undefined {
  const starts = (...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  const word = (from: number, to: number): string => String.fromCharCode(...head.subarray(from, to));
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (word(0, 6) === 'GIF87a' || word(0, 6) === 'GIF89a') return 'image/gif';
  if (word(0, 4) === 'RIFF' && word(8, 12) === 'WEBP') return 'image/webp';
  if (word(4, 12) === 'ftypavif' || word(4, 12) === 'ftypavis') return 'image/avif';
  if (word(0, 2) === 'BM') return 'image/bmp';
  return undefined;
}

/** The same bytes under the type they have; undefined when they are no picture. */
export async function asPicture(blob: Blob): Promise<Blob | undefined> {
  const type = pictureTypeOf(new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer()));
  return type === undefined ? undefined : blob.slice(0, blob.size, type);
}
