/** Which chunks of a file are on their way, so that each is asked for once, or knowingly twice. */
import { ChunkSet } from './chunk-set.ts';
import type { Giver } from './giver.ts';

export class Claims {
  readonly #claimed: ChunkSet;
  /** Awaited of two. */
  readonly #twice: ChunkSet;

  constructor(chunks: number) {
    this.#claimed = new ChunkSet(chunks);
    this.#twice = new ChunkSet(chunks);
  }

  /** Awaited, or being written. */
  get claimed(): ChunkSet {
    return this.#claimed;
  }

  isAwaitedOfTwo(index: number): boolean {
    return this.#twice.has(index);
  }

  /** Nobody else owes it. */
  claim(giver: Giver, index: number, now: number): void {
    this.#claimed.add(index);
    giver.owe(index, now);
  }

  /** One other owes it already. */
  claimAgain(giver: Giver, index: number, now: number): void {
    this.#twice.add(index);
    giver.owe(index, now);
  }

  /** One of those who owed this chunk does no longer. */
  disclaim(index: number): void {
    if (this.#twice.has(index)) this.#twice.delete(index);
    else this.#claimed.delete(index);
  }

  /** Awaits nothing of them any more. */
  release(giver: Giver): void {
    for (const index of giver.release()) this.disclaim(index);
  }
}
