/**
 * Frames on a proven link: sealed, numbered, in order (PROTOCOL.md, rules F…).
 *
 * The channel below is reliable and ordered, so the next frame is the only one there can be: anything else was lost,
 * repeated, moved or made up, and ends the link. It knows nothing of what is in a frame.
 */
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, openWithNonce, sealWithNonce } from '../crypto/aead.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { Secret } from '../crypto/secret.ts';
import { assert } from '../lib/assert.ts';
import { concat, equalBytes, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { MAX_FRAME_BYTES } from '../protocol/frame.ts';
import type { ChannelKeys } from './handshake.ts';

/** Type (u8) and counter (u64). */
const HEADER_BYTES = 9;
export const FRAME_OVERHEAD_BYTES = HEADER_BYTES + AEAD_TAG_BYTES;
export const MAX_FRAME_CONTENT_BYTES = MAX_FRAME_BYTES - FRAME_OVERHEAD_BYTES;

/** How long one key serves, whichever comes first. Time in milliseconds. */
export interface KeyLife {
  readonly frames: number;
  readonly time: number;
}
/** Far below what XChaCha20-Poly1305 bears; it bounds what one stolen key opens (F4). */
export const KEY_LIFE: KeyLife = { frames: 2 ** 20, time: 3_600_000 };

/** Under the key of the frame before. */
const SAME_KEY = 1;
/** Under the key after that one; this frame is the first. */
const NEXT_KEY = 2;

export type ChannelFailure =
  | { readonly kind: 'truncated' }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'unknown-type' }
  /** Not the next number: lost, repeated or moved. */
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'forged' }
  /** A frame failed before, or the cipher was wiped. */
  | { readonly kind: 'closed' };

/** One link's two directions. The first failure is final: the keys are gone and the caller closes the link. */
export class ChannelCipher {
  readonly #send: Direction;
  readonly #receive: Direction;
  readonly #keyLife: KeyLife;
  #rekeyedAt: number;
  #framesUnderKey = 0;
  #closed = false;

  /** Takes the keys over. `now`: milliseconds, from the clock that `seal` will be told. */
  constructor(keys: ChannelKeys, now: number, keyLife = KEY_LIFE) {
    this.#keyLife = keyLife;
    this.#send = new Direction(keys.send);
    this.#receive = new Direction(keys.receive);
    this.#rekeyedAt = now;
  }

  /** `content`: at most MAX_FRAME_CONTENT_BYTES. Frames must leave in the order they were sealed. */
  seal(content: Uint8Array, now: number): Bytes {
    assert(!this.#closed, 'nothing is sealed on a closed channel');
    assert(content.length <= MAX_FRAME_CONTENT_BYTES, 'a frame fits its limit');
    const type = this.#isRekeyDue(now) ? NEXT_KEY : SAME_KEY;
    if (type === NEXT_KEY) {
      this.#send.rekey();
      this.#rekeyedAt = now;
      this.#framesUnderKey = 0;
    }
    this.#framesUnderKey++;
    return this.#send.seal(type, content);
  }

  open(frame: Uint8Array): Result<Bytes, ChannelFailure> {
    if (this.#closed) return fail({ kind: 'closed' });
    const opened = openNext(this.#receive, frame);
    if (!opened.ok) this.wipe();
    return opened;
  }

  /** Ends both directions. May be called twice. */
  wipe(): void {
    this.#closed = true;
    this.#send.wipe();
    this.#receive.wipe();
  }

  #isRekeyDue(now: number): boolean {
    const elapsed = now - this.#rekeyedAt;
    // A clock that went back says nothing about how old the key is; a new one does no harm.
    return this.#framesUnderKey >= this.#keyLife.frames || elapsed >= this.#keyLife.time || elapsed < 0;
  }
}

function openNext(direction: Direction, frame: Uint8Array): Result<Bytes, ChannelFailure> {
  if (frame.length < FRAME_OVERHEAD_BYTES) return fail({ kind: 'truncated' });
  if (frame.length > MAX_FRAME_BYTES) return fail({ kind: 'too-long' });
  const type = frame[0];
  if (type !== SAME_KEY && type !== NEXT_KEY) return fail({ kind: 'unknown-type' });
  if (!direction.isNext(frame)) return fail({ kind: 'out-of-order' });
  if (type === NEXT_KEY) direction.rekey();
  const content = direction.open(frame);
  return content ? succeed(content) : fail({ kind: 'forged' });
}

/** A key and a counter. The counter never starts again, not even with a new key. */
class Direction {
  #key: Secret<'channel'>;
  #counter = 0;

  constructor(key: Secret<'channel'>) {
    this.#key = key;
  }

  seal(type: number, content: Uint8Array): Bytes {
    const header = headerOf(type, this.#counter);
    const sealed = sealWithNonce(this.#key.expose(), nonceOf(header), content, header);
    this.#counter++;
    return concat(header, sealed);
  }

  isNext(frame: Uint8Array): boolean {
    const expected = headerOf(SAME_KEY, this.#counter);
    return equalBytes(frame.subarray(1, HEADER_BYTES), expected.subarray(1));
  }

  open(frame: Uint8Array): Bytes | undefined {
    const header = frame.subarray(0, HEADER_BYTES);
    const content = openWithNonce(this.#key.expose(), nonceOf(header), frame.subarray(HEADER_BYTES), header);
    this.#counter++;
    return content;
  }

  rekey(): void {
    const next = new Secret('channel', deriveKey({ secret: this.#key.expose(), info: 'chan/rekey' }));
    this.#key.wipe();
    this.#key = next;
  }

  wipe(): void {
    this.#key.wipe();
  }
}

function headerOf(type: number, counter: number): Bytes {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = type;
  new DataView(header.buffer).setBigUint64(1, BigInt(counter));
  return header;
}

/** F3: sixteen zero bytes, then the counter as it stands in the header. */
function nonceOf(header: Uint8Array): Bytes {
  const nonce = new Uint8Array(AEAD_NONCE_BYTES);
  nonce.set(header.subarray(1, HEADER_BYTES), AEAD_NONCE_BYTES - (HEADER_BYTES - 1));
  return nonce;
}
