import readQr from 'jsqr';
import { expect, it } from 'vitest';
import { drawQr, type QrDrawing } from '../../src/ui/invite/qr-path.ts';

/** Pixels per module, as many as a scanner wants. */
const SCALE = 4;

/** The drawing as a camera sees it: RGBA, black on white. */
function rasterize({ size, path }: QrDrawing): Uint8ClampedArray {
  const side = size * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * SCALE; row < (Number(y) + 1) * SCALE; row++) {
      const start = row * side + Number(x) * SCALE;
      for (let at = start; at < start + Number(width) * SCALE; at++) pixels.fill(0, at * 4, at * 4 + 3);
    }
  }
  return pixels;
}

it('draws a code that reads as the very link', () => {
  const link = `https://parley.example/#i=${'Zm9v-_Fy'.repeat(24)}`;
  const drawing = drawQr(link);
  const side = drawing.size * SCALE;
  expect(readQr(rasterize(drawing), side, side)?.data).toBe(link);
});

it('draws a code that reads as the very bytes, text or not', () => {
  const bytes = Uint8Array.from({ length: 65 }, (_, at) => (at * 37 + 129) & 0xff);
  const drawing = drawQr(bytes);
  const side = drawing.size * SCALE;
  expect(readQr(rasterize(drawing), side, side)?.binaryData).toEqual([...bytes]);
});

it('leaves four modules of white all around', () => {
  const { size, path } = drawQr('x');
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)].map(([, x, y, width]) => ({
    x: Number(x),
    y: Number(y),
    end: Number(x) + Number(width),
  }));
  expect(Math.min(...runs.map(({ x }) => x), ...runs.map(({ y }) => y))).toBe(4);
  expect(Math.max(...runs.map(({ end }) => end), ...runs.map(({ y }) => y + 1))).toBe(size - 4);
});
