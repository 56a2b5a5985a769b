import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { wipe } from './wipe.ts';

/**
 * Secret bytes with a lifetime. However a value that holds one is printed, logged, or turned into JSON, the bytes do not
 * show; and a secret of one kind is not taken for another.
 */
export class Secret<Kind extends string> {
  readonly kind: Kind;
  readonly #bytes: Bytes;
  #wiped = false;

  /** Takes the bytes over: the caller keeps no other use for them. */
  constructor(kind: Kind, bytes: Bytes) {
    this.kind = kind;
    this.#bytes = bytes;
  }

  /** The bytes themselves, not a copy: used on the spot and never stored elsewhere. Throws once wiped. */
  expose(): Bytes {
    assert(!this.#wiped, 'a wiped secret is not used again');
    return this.#bytes;
  }

  wipe(): void {
    this.#wiped = true;
    wipe(this.#bytes);
  }

  toString(): string {
    return `[secret: ${this.kind}]`;
  }

  toJSON(): string {
    return this.toString();
  }
}
