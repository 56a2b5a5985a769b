import type { Bytes } from '../../src/lib/bytes.ts';

/** Random bytes that are the same in every run with the same seed (the splitmix32 sequence). For tests only. */
export function seededRandom(seed: number): (length: number) => Bytes {
  let state = seed >>> 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      bytes[index] = (mixed ^ (mixed >>> 15)) & 0xff;
    }
    return bytes;
  };
}
