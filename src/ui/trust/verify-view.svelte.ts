import type { AccountId } from '../../protocol/ids.ts';
import type { Trust } from '../parley.ts';

/** Comparing with one contact. That it is done, the contact itself tells. */
export class VerifyView {
  isScanning = $state(false);
  /** What is wrong with the code scanned last. A difference stays on the screen until something else is scanned. */
  problem = $state.raw<'code-foreign' | 'code-differs'>();
  readonly number: ReturnType<Trust['safetyNumber']>;
  readonly #trust: Trust;
  readonly #contact: AccountId;

  constructor(trust: Trust, contact: AccountId) {
    this.#trust = trust;
    this.#contact = contact;
    this.number = trust.safetyNumber(contact);
  }

  startScanning(): void {
    this.problem = undefined;
    this.isScanning = true;
  }

  stopScanning(): void {
    this.isScanning = false;
    if (this.problem === 'code-foreign') this.problem = undefined;
  }

  async scanned(code: Uint8Array): Promise<void> {
    const checked = await this.#trust.checkScanned(this.#contact, code);
    this.problem = checked.ok ? undefined : checked.failure.kind;
    // A code of something else is a slip of the hand: the camera goes on looking.
    if (this.problem !== 'code-foreign') this.isScanning = false;
  }

  async setVerified(verified: boolean): Promise<void> {
    this.problem = undefined;
    await this.#trust.setVerified(this.#contact, verified);
  }
}
