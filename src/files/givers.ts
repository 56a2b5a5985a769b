/** All who may give one file. */
import type { AccountId } from '../protocol/ids.ts';
import type { Obstacle } from './file-state.ts';
import { Giver } from './giver.ts';
import type { Supplier } from './supplier.ts';

export class Givers {
  readonly #chunks: number;
  readonly #linked = new Map<AccountId, Giver>();
  /** Said that they do not have it. */
  readonly #gone = new Set<AccountId>();
  /** Gave something else under its name: nothing more of it is asked of them, however often they come back (X4). */
  readonly #wrong = new Set<AccountId>();

  /** `chunks`: how many the file has. */
  constructor(chunks: number) {
    this.#chunks = chunks;
  }

  /** Those of now, whoever comes or goes meanwhile. */
  [Symbol.iterator](): Iterator<Giver> {
    return [...this.#linked.values()].values();
  }

  get(account: AccountId): Giver | undefined {
    return this.#linked.get(account);
  }

  meet(supplier: Supplier, now: number): Giver {
    const giver = this.get(supplier.account) ?? new Giver(supplier, this.#chunks, now);
    this.#linked.set(supplier.account, giver);
    return giver;
  }

  /** Their link is gone. */
  forget(account: AccountId): void {
    this.#linked.delete(account);
  }

  noteGone({ account }: Giver): void {
    this.#gone.add(account);
  }

  /** They have something of it, or are getting it. */
  noteBack({ account }: Giver): void {
    this.#gone.delete(account);
  }

  noteWrong({ account }: Giver): void {
    this.#wrong.add(account);
  }

  isWrong(account: AccountId): boolean {
    return this.#wrong.has(account);
  }

  /** Whether they may be asked what they have. */
  canSeek(account: AccountId, now: number): boolean {
    return !this.isWrong(account) && this.get(account)?.canBeSought(now) !== false;
  }

  /** Those who give, or are about to. */
  active(): readonly Giver[] {
    return [...this].filter(({ phase }) => phase.kind === 'active');
  }

  /** Others who are getting it as we are. */
  fellows(): readonly Giver[] {
    return [...this].filter(({ phase, has }) => (phase.kind === 'active' || phase.kind === 'listening') && !has.isFull);
  }

  /** Why it can be had of none of these, if so it is. */
  hopelessness(sources: () => ReadonlySet<AccountId>): Obstacle | undefined {
    if (this.#gone.size + this.#wrong.size === 0) return undefined;
    if (![...sources()].every((account) => this.#gone.has(account) || this.#wrong.has(account))) return undefined;
    return { why: this.#wrong.size > 0 ? 'damaged' : 'gone' };
  }
}
