/** Fetches the outline of one file, of one giver at a time: were it wrong, nobody else would be to blame (PROTOCOL.md X2). */
import { assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { CHUNK_HASH_BYTES } from '../protocol/file-manifest.ts';
import type { FileWordBody } from '../protocol/file-word.ts';
import type { Giver } from './giver.ts';
import type { Givers } from './givers.ts';
import type { Holding } from './holdings.ts';
import { OutlineParts } from './outline-parts.ts';
import type { FileShelf, ShelfFailure } from './ports.ts';

export interface OutlineHouse {
  readonly clock: Clock;
  readonly shelf: FileShelf;
  readonly givers: Givers;
  /** What is here of the file; undefined unless its outline is what is lacking now. */
  lacking(): Holding | undefined;
  tell(giver: Giver, word: FileWordBody): void;
  /** They do not have it after all, or do not keep to the order; others may. */
  rest(giver: Giver): void;
  accuse(giver: Giver): void;
  completed(): void;
  stopped(failure: ShelfFailure): void;
}

export class OutlineFetch {
  readonly #house: OutlineHouse;
  readonly #chunks: number;
  #current: { readonly giver: Giver; readonly slot: string; readonly parts: OutlineParts } | undefined;

  /** `chunks`: how many the file has. */
  constructor(chunks: number, house: OutlineHouse) {
    this.#chunks = chunks;
    this.#house = house;
  }

  isAwaitedOf(giver: Giver): boolean {
    return this.#current?.giver === giver;
  }

  /** Asks for what may be asked for now. */
  ask(): void {
    const holding = this.#house.lacking();
    if (!holding) return;
    if (!this.#current) {
      const giver = this.#house.givers.active().find(({ has }) => has.size > 0);
      if (!giver) return;
      giver.progressAt = this.#house.clock.now();
      this.#current = { giver, slot: holding.slot, parts: new OutlineParts(this.#chunks, holding.hashes) };
    }
    const { giver, parts } = this.#current;
    for (const from of parts.next()) this.#house.tell(giver, { type: 'wantOutline', from });
  }

  /** They give no more: it is asked of another. */
  leave(giver: Giver): void {
    if (!this.isAwaitedOf(giver)) return;
    this.drop();
    this.ask();
  }

  /** Awaits it of nobody. */
  drop(): void {
    this.#current = undefined;
  }

  /** False when nobody had asked them for it. */
  heard(giver: Giver, from: number, hashes: Bytes): boolean {
    if (this.#current?.giver !== giver) return false;
    const { slot, parts } = this.#current;
    if (parts.accepts(from, hashes)) {
      giver.progressAt = this.#house.clock.now();
      void this.#put(giver, parts, slot, from, hashes);
    } else {
      this.#house.rest(giver);
    }
    return true;
  }

  async #put(giver: Giver, parts: OutlineParts, slot: string, from: number, hashes: Bytes): Promise<void> {
    const step = await parts.put(this.#house.shelf, slot, from, hashes);
    const holding = this.#house.lacking();
    if (!holding) return;
    switch (step.kind) {
      case 'more':
        holding.hashes = Math.max(holding.hashes, from + hashes.length / CHUNK_HASH_BYTES);
        if (this.#current?.parts === parts) this.ask();
        break;
      case 'complete':
        holding.hashes = this.#chunks;
        this.drop();
        this.#house.completed();
        break;
      case 'wrong':
        holding.hashes = 0;
        this.drop();
        if (step.blames) this.#house.accuse(giver);
        else this.ask();
        break;
      case 'failed':
        this.#house.stopped(step.failure);
        break;
      default:
        assertNever(step);
    }
  }
}
