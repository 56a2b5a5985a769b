/** Fetches the chunks of one file, of all who have some at once. */
import { chunkLength } from '../crypto/file-chunks.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { ChunkRun, FileWordBody } from '../protocol/file-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import { claimNext } from './chunk-choice.ts';
import { ChunkSet, countChunks, runsOf } from './chunk-set.ts';
import { Claims } from './claims.ts';
import type { Giver } from './giver.ts';
import type { Givers } from './givers.ts';
import type { Holding } from './holdings.ts';
import type { FileShelf, ShelfFailure } from './ports.ts';
import { SpeedMeter } from './speed-meter.ts';
import type { Supplier } from './supplier.ts';

/** How often what somebody looks at may turn the order of everything over. */
const REORDER_MS = 250;

export interface ChunkHouse {
  readonly me: AccountId;
  readonly clock: Clock;
  readonly shelf: FileShelf;
  readonly givers: Givers;
  /** What is here of the file; undefined unless chunks are what is lacking now. */
  lacking(): Holding | undefined;
  tell(giver: Giver, word: FileWordBody): void;
  /** There may be something to ask this one for. */
  hungry(supplier: Supplier): void;
  hungryAll(): void;
  /** A chunk came. */
  kept(holding: Holding): void;
  accuse(giver: Giver): void;
  stopped(failure: ShelfFailure): void;
}

export class ChunkFetch {
  readonly meter: SpeedMeter;
  readonly #house: ChunkHouse;
  readonly #chunks: number;
  readonly #claims: Claims;
  readonly #needs = new Set<ChunkRun>();
  #reorderedAt = -Infinity;

  /** `chunks`: how many the file has. */
  constructor(chunks: number, house: ChunkHouse) {
    this.#chunks = chunks;
    this.#house = house;
    this.#claims = new Claims(chunks);
    this.meter = new SpeedMeter(house.clock);
  }

  /** Somebody looks at these bytes, or will: they come first, until it is undone. */
  need(run: ChunkRun): () => void {
    this.#needs.add(run);
    this.#reorder(run);
    return () => {
      this.#needs.delete(run);
    };
  }

  /** Asks those who give for what is needed before what they were asked for. */
  #reorder(run: ChunkRun): void {
    const { clock, givers } = this.#house;
    const have = this.#house.lacking()?.have;
    if (!have || clock.now() - this.#reorderedAt < REORDER_MS) return;
    const isOnItsWay = runsOf(ChunkSet.full(this.#chunks), [have, this.#claims.claimed], run, 1).length === 0;
    if (isOnItsWay) return;
    this.#reorderedAt = clock.now();
    for (const giver of givers) {
      if (giver.owed.size === 0) continue;
      this.#claims.release(giver);
      this.#house.tell(giver, { type: 'enough' });
    }
    this.#house.hungryAll();
  }

  /** Asks this giver for up to `limit` chunks; how many it were. */
  ask(giver: Giver, limit: number): number {
    const { me, clock, givers } = this.#house;
    const have = this.#house.lacking()?.have;
    if (!have) return 0;
    const runs = claimNext(giver, limit, { me, now: clock.now(), have, needs: this.#needs, givers, claims: this.#claims });
    if (runs.length > 0) this.#house.tell(giver, { type: 'want', runs });
    return countChunks(runs);
  }

  /** They do not have these chunks (any more). */
  lacked(giver: Giver, runs: readonly ChunkRun[]): void {
    for (const { from, to } of runs) {
      for (let index = from; index < Math.min(to, this.#chunks); index++) {
        giver.has.delete(index);
        if (giver.owed.has(index)) {
          giver.settle(index, this.#house.clock.now());
          this.#claims.disclaim(index);
        }
      }
    }
  }

  /** Awaits nothing of them any more. */
  release(giver: Giver): void {
    this.#claims.release(giver);
  }

  /** False when nobody had asked them for it. */
  arrived(giver: Giver, index: number, sealed: Bytes): boolean {
    const settled = giver.settle(index, this.#house.clock.now());
    if (settled === 'unasked') return false;
    const isAwaited = settled === 'asked';
    const holding = this.#house.lacking();
    giver.supplier.arrived(sealed.length);
    if (holding && !holding.have.has(index)) void this.#put(giver, holding, index, sealed, isAwaited);
    else if (isAwaited) this.#claims.disclaim(index);
    this.#house.hungry(giver.supplier);
    return true;
  }

  async #put(giver: Giver, holding: Holding, index: number, sealed: Bytes, isAwaited: boolean): Promise<void> {
    const { supplier } = giver;
    supplier.putting++;
    const put = await this.#house.shelf.put(holding.slot, index, sealed);
    supplier.putting--;
    if (isAwaited) this.#claims.disclaim(index);
    if (!this.#house.lacking()) return;
    if (put.ok) {
      if (!holding.have.has(index)) this.meter.add(chunkLength(index, holding.size));
      holding.have.add(index);
      this.#house.kept(holding);
      if (!holding.have.isFull) this.#house.hungry(supplier);
    } else if (put.failure.kind === 'wrong') {
      this.#house.accuse(giver);
    } else {
      this.#house.stopped(put.failure);
    }
  }
}
