/** How far a message or an announcement has come, as the marks say it: "held by 3 of 5", "read by". */
import { toBase64url } from '../lib/bytes.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { CarriedMark, MarkedLog } from './mark.ts';
import { shortDevice } from './message-log.ts';
import type { Spread } from './ports.ts';

/** `marks`: the newest of each device. `members`: as they are now; the author and former members do not count. */
export function spreadOf(
  message: { readonly account: AccountId; readonly device: string; readonly seq: number },
  marks: readonly CarriedMark[],
  members: readonly AccountId[],
): Spread {
  const device = toBase64url(shortDevice(message.device));
  const others = members.filter((account) => account !== message.account);
  const sayingOf = (says: (log: MarkedLog) => boolean) => {
    const saying = new Set(
      marks
        .filter(({ logs }) => {
          const log = logs.get(device);
          return log !== undefined && message.seq > log.from && says(log);
        })
        .map(({ account }) => account),
    );
    return others.filter((account) => saying.has(account));
  };
  return {
    held: sayingOf(({ have }) => message.seq <= have),
    read: sayingOf(({ read }) => message.seq <= read),
    of: others.length,
  };
}

/** Who has read this announcement. It is asked of the newest only: a mark names no older one. */
export function readersOf(announcement: OperationId, marks: readonly CarriedMark[], members: readonly AccountId[]): readonly AccountId[] {
  const readers = new Set(marks.filter((mark) => mark.announcement === announcement).map(({ account }) => account));
  return members.filter((account) => readers.has(account));
}
