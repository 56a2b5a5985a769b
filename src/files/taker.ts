/** Somebody linked as the one who takes: what they asked for and still are to get. */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { ChunkRun } from '../protocol/file-word.ts';
import type { AccountId, FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import { countChunks } from './chunk-set.ts';
import { SpeedMeter } from './speed-meter.ts';

/** Twice what we would ask for ourselves; who asks for more at a time does not keep to X21, and gets no more. */
export const MAX_AWAITED = 1_024;

/** One file for one taker. */
export interface Offer {
  readonly card: FileCard;
  readonly meter: SpeedMeter;
  /** What is still to be read, in the order in which it was asked for. */
  readonly queue: { from: number; readonly to: number }[];
  /** Grows when all that was asked for is taken back: what was being read then is not sent. */
  generation: number;
  /** Bytes that are there, as they told. */
  there: number;
  /** Chunks were asked for. */
  isTaken: boolean;
}

/** A chunk as it goes out, and whether it still is to. */
interface Ready {
  readonly offer: Offer;
  readonly generation: number;
  readonly bytes: Bytes;
}

export class Taker {
  readonly account: AccountId;
  readonly offers = new Map<FileId, Offer>();
  /** Read, and waiting for room on the link. */
  readonly ready: Ready[] = [];
  /** Chunks being read. */
  reading = 0;
  readonly #clock: Clock;
  /** Those with something in their queue, next first. */
  readonly #turns: Offer[] = [];
  #awaited = 0;

  constructor(account: AccountId, clock: Clock) {
    this.account = account;
    this.#clock = clock;
  }

  get isWaiting(): boolean {
    return this.#turns.length > 0;
  }

  offer(card: FileCard): Offer {
    const known = this.offers.get(card.file);
    if (known) return known;
    const offer: Offer = { card, meter: new SpeedMeter(this.#clock), queue: [], generation: 0, there: 0, isTaken: false };
    this.offers.set(card.file, offer);
    return offer;
  }

  ask(offer: Offer, runs: readonly ChunkRun[]): void {
    offer.isTaken = true;
    for (const { from, to } of runs) {
      const end = Math.min(to, from + MAX_AWAITED - this.#awaited);
      if (end <= from) break;
      if (offer.queue.length === 0) this.#turns.push(offer);
      offer.queue.push({ from, to: end });
      this.#awaited += end - from;
    }
  }

  /** The next chunk to read: of each file in turn (X22). */
  next(): { readonly offer: Offer; readonly index: number } | undefined {
    const offer = this.#turns.shift();
    const [run] = offer?.queue ?? [];
    if (!offer || !run) return undefined;
    const index = run.from++;
    this.#awaited--;
    if (run.from === run.to) offer.queue.shift();
    if (offer.queue.length > 0) this.#turns.push(offer);
    return { offer, index };
  }

  /** Nothing more of this file that has not left. */
  cease(offer: Offer): void {
    offer.generation++;
    this.#awaited -= countChunks(offer.queue.splice(0));
    const turn = this.#turns.indexOf(offer);
    if (turn >= 0) this.#turns.splice(turn, 1);
  }
}
