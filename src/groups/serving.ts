/** Answering what a member asked for, a piece at a time: talk on the same link stands behind no more than a moment of it. */
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Give, Want } from '../protocol/group-frame.ts';
import type { LogRange } from '../protocol/group-message.ts';
import type { EpochKeeper } from './epoch-keeper.ts';
import type { Ledger } from './ledger.ts';
import type { LogKeeper } from './log-keeper.ts';
import type { MarkKeeper } from './mark-keeper.ts';
import { shortDevice } from './message-log.ts';
import type { Operation } from '../membership/operation.ts';
import { operationIdOf } from '../protocol/ids.ts';

/** Of one frame; its fields and the lengths before its parts fit in what is left of MAX_GROUP_BODY_BYTES. */
const PIECE_BYTES = 48_000;
/** Messages read from the store at once. */
const PAGE = 128;
const LENGTH_BYTES = 4;

export type Gift = Omit<Give, 'type' | 'last'>;

export const NOTHING: Gift = { operations: [], boxes: [], messages: [], marks: [] };

/** What a group has to give. */
export interface Shelves {
  readonly ledger: Ledger;
  readonly epochs: EpochKeeper;
  readonly logs: LogKeeper;
  readonly marks: MarkKeeper;
}

/** One answer under way. */
export class Serving {
  readonly #shelves: Shelves;
  readonly #operations: Operation[];
  readonly #boxes: Bytes[];
  readonly #ranges: LogRange[];

  private constructor(shelves: Shelves, operations: readonly Operation[], boxes: readonly Bytes[], ranges: readonly LogRange[]) {
    this.#shelves = shelves;
    this.#operations = [...operations];
    this.#boxes = [...boxes];
    this.#ranges = [...ranges];
  }

  static of(want: Want, shelves: Shelves): Serving {
    const { ledger, epochs } = shelves;
    const boxes = want.boxes.flatMap((hash) => epochs.box(hash) ?? []);
    return new Serving(shelves, wantedOperations(want, ledger), boxes, want.logs);
  }

  /** The next frame's worth; `last` when nothing is left behind it. */
  async next(): Promise<Omit<Give, 'type'>> {
    const room = { left: PIECE_BYTES };
    const operations = takeWhileRoom(this.#operations, room, ({ envelope }) => envelope).map(({ envelope }) => envelope);
    const boxes = takeWhileRoom(this.#boxes, room, (box) => box);
    const messages: Bytes[] = [];
    while (this.#operations.length === 0 && this.#boxes.length === 0 && this.#ranges.length > 0 && room.left > 0) {
      messages.push(...(await this.#nextMessages(room)));
    }
    const last = this.#operations.length + this.#boxes.length + this.#ranges.length === 0;
    return { last, operations, boxes, messages, marks: [] };
  }

  async #nextMessages(room: { left: number }): Promise<readonly Bytes[]> {
    const [range] = this.#ranges;
    if (!range) return [];
    const page = [...(await this.#shelves.logs.entries(range, PAGE))];
    const taken = takeWhileRoom(page, room, ({ envelope }) => envelope);
    const reached = taken.at(-1)?.seq;
    if (page.length > 0) {
      // The frame is full: the range goes on from here in the next.
      room.left = 0;
      this.#ranges[0] = { ...range, from: (reached ?? range.from - 1) + 1 };
    } else if (reached === undefined || reached >= range.to) {
      this.#ranges.shift();
    } else {
      this.#ranges[0] = { ...range, from: reached + 1 };
    }
    return taken.map(({ envelope }) => envelope);
  }
}

function wantedOperations({ operations, ids }: Want, { history }: Ledger): readonly Operation[] {
  const beyond = new Map(operations.map(({ device, count }) => [toBase64url(device), count]));
  const named = new Set(ids.map(operationIdOf));
  const shorts = new Map<string, number | undefined>();
  const isWanted = ({ device, seq, id }: Operation) => {
    if (named.has(id)) return true;
    if (!shorts.has(device)) shorts.set(device, beyond.get(toBase64url(shortDevice(device))));
    const count = shorts.get(device);
    return count !== undefined && seq > count;
  };
  return history.operations.filter(isWanted);
}

/** Takes items off the front as long as they fit; always one while there is room at all. */
export function takeWhileRoom<Item>(items: Item[], room: { left: number }, bytesOf: (item: Item) => Bytes): readonly Item[] {
  let count = 0;
  for (const item of items) {
    const cost = bytesOf(item).length + LENGTH_BYTES;
    if (cost > room.left) break;
    room.left -= cost;
    count += 1;
  }
  return items.splice(0, count);
}
