/** The one door of libsodium (https://doc.libsodium.org). Until `sodiumReady` has resolved, nothing in this room works. */
import sodium from 'libsodium-wrappers';
import type { Bytes } from '../lib/bytes.ts';

/** Resolves once the WebAssembly is compiled: some milliseconds. After it, everything in `crypto/` is synchronous, but for Argon2id. */
export function sodiumReady(): Promise<void> {
  return sodium.ready;
}

/** libsodium's results are copies out of its heap, each with a buffer of its own; its types do not say so. */
export function owned(result: Uint8Array): Bytes {
  return result as Bytes;
}

export { sodium };
