/** How far one message has come, as it changes. */
import type { Observable } from '../lib/observable.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { Books } from './books.ts';
import type { CarriedMessage } from './message.ts';
import { timelineIdOf } from './message.ts';
import type { Spread } from './ports.ts';
import { spreadOf } from './spread.ts';

/** What the timeline knows of a message. */
export interface ShownMessage {
  readonly id: string;
  readonly lamport: number;
  readonly author: AccountId;
}

const NOBODY: Spread = { held: [], read: [], of: 0 };

/** `changes`: tells whenever marks or members may be others. `find`: what the timeline knows of the message. */
export function watchSpread(books: Books, changes: Observable<unknown>, find: () => Promise<ShownMessage | undefined>): Observable<Spread> {
  return {
    subscribe: (next, error) => {
      let message: CarriedMessage | undefined;
      let isOver = false;
      let told: Spread | undefined;
      const tell = () => {
        if (isOver) return;
        const spread = message ? spreadOf(message, books.marks.all, [...(books.state?.members.keys() ?? [])]) : NOBODY;
        if (told && isSame(told, spread)) return;
        told = spread;
        next(spread);
      };
      const watching = changes.subscribe(() => {
        if (message) tell();
      });
      locate(books, find).then(
        (found) => {
          message = found;
          tell();
        },
        (reason: unknown) => error?.(reason),
      );
      return {
        unsubscribe: () => {
          isOver = true;
          watching.unsubscribe();
        },
      };
    },
  };
}

/** A device's Lamport times grow with its numbers, so its log is searched by halves. */
async function locate({ logs }: Books, find: () => Promise<ShownMessage | undefined>): Promise<CarriedMessage | undefined> {
  const shown = await find();
  if (!shown) return undefined;
  for (const device of logs.devicesOf(shown.author)) {
    let { from: low, upTo: high } = logs.of(device);
    while (low < high) {
      const middle = Math.floor((low + high) / 2) + 1;
      const [message] = await logs.read(device, middle, 1);
      if (!message) break;
      if (timelineIdOf(message) === shown.id) return message;
      if (message.lamport <= shown.lamport) low = middle;
      else high = middle - 1;
    }
  }
  return undefined;
}

function isSame(one: Spread, other: Spread): boolean {
  return one.of === other.of && one.held.join() === other.held.join() && one.read.join() === other.read.join();
}
