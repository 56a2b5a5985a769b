/**
 * A long text sealed in chunks that can neither be changed, dropped, repeated, reordered nor cut off unnoticed: libsodium's
 * secretstream, XChaCha20-Poly1305 (https://doc.libsodium.org/secret-key_cryptography/secretstream). libsodium's state lies in
 * its own heap and is not wiped when done with: a key is used for one stream, and is worth nothing beside what it sealed.
 */
import type { StateAddress } from 'libsodium-wrappers';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { owned, sodium } from './sodium.ts';

const STREAM_KEY_BYTES = 32;
export const STREAM_HEADER_BYTES = 24;
/** How much longer than its plaintext a sealed chunk is. */
export const CHUNK_OVERHEAD_BYTES = 17;

export class StreamSealer {
  /** Goes before the first chunk. */
  readonly header: Bytes;
  readonly #state: StateAddress;
  readonly #ad: Uint8Array;
  #finished = false;

  /** `key`: 32 random bytes, for this stream alone. `ad` is authenticated with each chunk and not carried. */
  constructor(key: Uint8Array, ad: Uint8Array) {
    assert(key.length === STREAM_KEY_BYTES, 'a stream key has 32 bytes');
    const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(key);
    this.header = owned(header);
    this.#state = state;
    this.#ad = ad;
  }

  seal(chunk: Uint8Array, isLast: boolean): Bytes {
    assert(!this.#finished, 'nothing follows the last chunk');
    this.#finished = isLast;
    const tag = isLast ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL : sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    return owned(sodium.crypto_secretstream_xchacha20poly1305_push(this.#state, chunk, this.#ad, tag));
  }
}

export class StreamOpener {
  readonly #state: StateAddress;
  readonly #ad: Uint8Array;

  constructor(key: Uint8Array, header: Uint8Array, ad: Uint8Array) {
    assert(key.length === STREAM_KEY_BYTES && header.length === STREAM_HEADER_BYTES, 'a stream has a key and a header');
    this.#state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
    this.#ad = ad;
  }

  /** The next chunk; undefined when it is not that, or `isLast` is not what was sealed. After that the stream is of no use. */
  open(sealed: Uint8Array, isLast: boolean): Bytes | undefined {
    if (sealed.length < CHUNK_OVERHEAD_BYTES) return undefined;
    const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(this.#state, sealed, this.#ad);
    if (!opened) return undefined;
    const tag = isLast ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL : sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    return opened.tag === tag ? owned(opened.message) : undefined;
  }
}
