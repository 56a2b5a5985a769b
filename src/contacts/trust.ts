/** Who is really who: comparing safety numbers, and deciding about contacts that need a look (PROTOCOL.md T1–T4). */
import type { Result } from '../lib/result.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { Contact, ContactStore } from './ports.ts';
import { checkTrustCode, fingerprintOf, safetyNumberOf, writeTrustCode, type TrustCodeFailure } from './safety-number.ts';

export interface TrustOptions {
  readonly me: AccountId;
  readonly store: ContactStore;
  /** Told after a contact's review was opened or done with: what waits for them may go. `Session.contactChanged`. */
  readonly changed: (contact: Contact) => void;
}

export interface SafetyNumber {
  /** Twelve groups of five digits; the contact sees the same. */
  readonly groups: readonly string[];
  /** For a QR code: 65 bytes. */
  readonly code: Uint8Array;
}

export class Trust {
  readonly #options: TrustOptions;
  /** Thousands of hashes each, and the answer never changes. */
  readonly #fingerprints = new Map<AccountId, readonly string[]>();

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** Some ten milliseconds when first asked about somebody. */
  safetyNumber(contact: AccountId): SafetyNumber {
    const { me } = this.#options;
    const groups = safetyNumberOf(this.#fingerprint(me), this.#fingerprint(contact));
    return { groups, code: writeTrustCode(me, contact) };
  }

  /** Marks the contact verified when the code is theirs and meant for me. */
  async checkScanned(contact: AccountId, scanned: Uint8Array): Promise<Result<undefined, TrustCodeFailure>> {
    const checked = checkTrustCode(scanned, this.#options.me, contact);
    if (checked.ok) await this.setVerified(contact, true);
    return checked;
  }

  /** By the person's own word. Who has compared has looked: it ends a review, too. */
  async setVerified(contact: AccountId, verified: boolean): Promise<void> {
    await this.#change(contact, (before) => ({ ...before, verified, review: verified ? undefined : before.review }));
  }

  async acknowledgeReview(contact: AccountId): Promise<void> {
    await this.#change(contact, (before) => ({ ...before, review: undefined }));
  }

  async #change(id: AccountId, change: (contact: Contact) => Contact): Promise<void> {
    const { store, changed } = this.#options;
    let after: Contact | undefined;
    await store.commit([store.updateContact(id, (before) => (after = change(before)))]);
    if (after) changed(after);
  }

  #fingerprint(account: AccountId): readonly string[] {
    const known = this.#fingerprints.get(account) ?? fingerprintOf(account);
    this.#fingerprints.set(account, known);
    return known;
  }
}
