import { hash } from '../../src/crypto/hash.ts';
import { concat, utf8 } from '../../src/lib/bytes.ts';
import type { PasswordCost, PasswordHasher } from '../../src/identity/ports.ts';

/** Depends on all that Argon2id depends on, in no time; remembers what it was asked. */
export class FastHasher implements PasswordHasher {
  readonly asked: PasswordCost[] = [];
  #stalled = false;

  /** From now on no hash is ever finished: the page is closed before. */
  stall(): void {
    this.#stalled = true;
  }

  hash(password: Uint8Array, salt: Uint8Array, cost: PasswordCost) {
    this.asked.push(cost);
    if (this.#stalled) return new Promise<never>(() => undefined);
    return Promise.resolve(hash(concat(utf8(`${cost.memory}/${cost.passes}/`), salt, password)));
  }
}
