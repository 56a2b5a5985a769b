import type { Bytes } from '../lib/bytes.ts';

/** Where randomness comes from; tests that freeze vectors bring their own. */
export type RandomSource = (length: number) => Bytes;

/** `length` bytes nobody can predict (W3C WebCrypto `getRandomValues`); at most 65,536 at a time. */
export function randomBytes(length: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
