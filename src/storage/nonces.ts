import { AEAD_NONCE_BYTES } from '../crypto/aead.ts';
import { randomBytes } from '../crypto/random.ts';
import type { Bytes } from '../lib/bytes.ts';

/** A system call costs as much as sealing a row; nonces are public, so they may be drawn ahead. */
const DRAWN_AT_ONCE = 128;

/** Random nonces, each given out once. */
export class Nonces {
  #drawn: Bytes = new Uint8Array(0);
  #used = 0;

  next(): Bytes {
    if (this.#used === this.#drawn.length) {
      this.#drawn = randomBytes(DRAWN_AT_ONCE * AEAD_NONCE_BYTES);
      this.#used = 0;
    }
    return this.#drawn.subarray(this.#used, (this.#used += AEAD_NONCE_BYTES));
  }
}
