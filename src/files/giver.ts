/** Somebody as the giver of one file we want. */
import type { AccountId } from '../protocol/ids.ts';
import { ChunkSet } from './chunk-set.ts';
import type { Supplier } from './supplier.ts';

export type GiverPhase =
  /** Was asked what they have, and has not answered. */
  | { readonly kind: 'sought' }
  /** Has nothing for us now, and tells us when that changes. */
  | { readonly kind: 'listening' }
  /** Gives, or is about to. */
  | { readonly kind: 'active' }
  /** Owed us something for too long. */
  | { readonly kind: 'resting'; readonly until: number }
  /** Does not have it, or gave something else under its name. */
  | { readonly kind: 'out' };

/** Nothing came for so long of what was asked for: others are asked instead. A screen that stands still any longer looks broken. */
export const STALL_MS = 10_000;
const FIRST_REST_MS = 15_000;
const MAX_REST_MS = 300_000;

export class Giver {
  readonly supplier: Supplier;
  phase: GiverPhase = { kind: 'sought' };
  /** As far as they told, and did not take back. */
  has: ChunkSet;
  /** Asked for and awaited: when it was asked for, oldest first. */
  readonly owed = new Map<number, number>();
  /** Asked for, and given up since: it may still come. */
  readonly late = new Set<number>();
  /** When something last came, or was asked for after nothing had been. */
  progressAt: number;
  #rest = FIRST_REST_MS;

  constructor(supplier: Supplier, chunks: number, now: number) {
    this.supplier = supplier;
    this.has = new ChunkSet(chunks);
    this.progressAt = now;
  }

  get account(): AccountId {
    return this.supplier.account;
  }

  /** Whether they may be asked what they have. */
  canBeSought(now: number): boolean {
    return this.phase.kind === 'listening' || (this.phase.kind === 'resting' && now >= this.phase.until);
  }

  owe(index: number, now: number): void {
    if (this.owed.size === 0) this.progressAt = now;
    this.owed.set(index, now);
    this.late.delete(index);
    this.supplier.owed++;
  }

  /** A chunk came: `asked` lately, `late`, or by nobody. */
  settle(index: number, now: number): 'asked' | 'late' | 'unasked' {
    if (this.owed.delete(index)) {
      this.supplier.owed--;
      this.progressAt = now;
      this.#rest = FIRST_REST_MS;
      return 'asked';
    }
    return this.late.delete(index) ? 'late' : 'unasked';
  }

  /** Awaits nothing of them any more; what was awaited. */
  release(): readonly number[] {
    const released = [...this.owed.keys()];
    this.supplier.owed -= released.length;
    this.owed.clear();
    for (const index of released) this.late.add(index);
    return released;
  }

  /** Each time longer. */
  rest(now: number): void {
    this.phase = { kind: 'resting', until: now + this.#rest };
    this.#rest = Math.min(this.#rest * 2, MAX_REST_MS);
  }
}
