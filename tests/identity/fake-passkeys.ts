import { hash } from '../../src/crypto/hash.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import type { KnownPasskey, Passkeys, PasskeyAnswer, PasskeyFailure } from '../../src/identity/ports.ts';
import { concat, toBase64url, type Bytes } from '../../src/lib/bytes.ts';
import { fail, succeed, type Result } from '../../src/lib/result.ts';

/** An authenticator of which one can ask all that Parley asks: each passkey turns a salt into a secret of its own. */
export class FakePasskeys implements Passkeys {
  possible = true;
  /** What the person does when asked. */
  mood: 'willing' | 'cancels' = 'willing';
  /** What the page asked for, and was given: to see that it is wiped. */
  readonly given: Bytes[] = [];
  readonly forgotten: string[] = [];
  readonly #made = new Map<string, Bytes>();

  create(
    _name: string,
    salt: Bytes,
    existing: readonly KnownPasskey[],
  ): Promise<Result<PasskeyAnswer, PasskeyFailure | { readonly kind: 'passkey-exists' }>> {
    if (this.mood === 'cancels') return Promise.resolve(fail({ kind: 'passkey-cancelled' }));
    if (existing.some(({ credentialId }) => this.#made.has(toBase64url(credentialId))))
      return Promise.resolve(fail({ kind: 'passkey-exists' }));
    const credentialId = randomBytes(16);
    this.#made.set(toBase64url(credentialId), randomBytes(32));
    return this.ask([{ credentialId, salt }]);
  }

  ask(known: readonly KnownPasskey[]): Promise<Result<PasskeyAnswer, PasskeyFailure>> {
    if (this.mood === 'cancels') return Promise.resolve(fail({ kind: 'passkey-cancelled' }));
    const passkey = known.find(({ credentialId }) => this.#made.has(toBase64url(credentialId)));
    const own = passkey && this.#made.get(toBase64url(passkey.credentialId));
    if (!own) return Promise.resolve(fail({ kind: 'passkey-cancelled' }));
    const secret = hash(concat(own, passkey.salt));
    this.given.push(secret);
    return Promise.resolve(succeed({ credentialId: passkey.credentialId, secret }));
  }

  forget(credentialId: Bytes): void {
    this.forgotten.push(toBase64url(credentialId));
  }

  /** The person takes another device with other secrets, under the same ids. */
  swapSecrets(): void {
    for (const id of this.#made.keys()) this.#made.set(id, randomBytes(32));
  }
}
