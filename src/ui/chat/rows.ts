/** How messages stand in the timeline: days apart, one author's lines together, a line where the new ones begin. */
import type { Message } from '../../chat/ports.ts';
import { dayKey } from '../../i18n/format.ts';

/** Lines of one author within this time belong together. */
const GROUP_MS = 5 * 60_000;

export interface Row {
  readonly message: Message;
  /** A day begins with this message. */
  readonly startsDay: boolean;
  /** The first of the new messages. */
  readonly startsNew: boolean;
  readonly startsGroup: boolean;
  readonly endsGroup: boolean;
}

/** The row a message stood in last: as long as nothing about it changes it is the same object, and nothing is drawn again. */
const lastRows = new WeakMap<Message, Row>();

/** `newAfter`: incoming messages above this lamport time, and notices, are new; undefined when none are. */
export function rowsOf(messages: readonly Message[], newAfter: number | undefined): readonly Row[] {
  const firstNew = newAfter === undefined ? -1 : messages.findIndex((message) => message.direction !== 'out' && message.lamport > newAfter);
  const days = messages.map(({ wall }) => dayKey(wall));
  const startsGroup = messages.map((message, index) => {
    const before = messages[index - 1];
    return !before || index === firstNew || days[index] !== days[index - 1] || !belongTogether(before, message);
  });
  return messages.map((message, index) => {
    const row: Row = {
      message,
      startsDay: days[index] !== days[index - 1],
      startsNew: index === firstNew,
      startsGroup: startsGroup[index] ?? true,
      endsGroup: startsGroup[index + 1] ?? true,
    };
    const last = lastRows.get(message);
    if (last && isSameRow(last, row)) return last;
    lastRows.set(message, row);
    return row;
  });
}

/** What is done, what a person is told, and a call, is nobody's line. */
function authorOf(message: Message): string {
  if ((message.direction === 'in' || message.direction === 'out') && message.call) return 'call';
  return message.direction === 'in' ? message.author : message.direction;
}

/** Of one day. */
function belongTogether(a: Message, b: Message): boolean {
  return authorOf(a) === authorOf(b) && Math.abs(b.wall - a.wall) < GROUP_MS;
}

function isSameRow(a: Row, b: Row): boolean {
  return a.startsDay === b.startsDay && a.startsNew === b.startsNew && a.startsGroup === b.startsGroup && a.endsGroup === b.endsGroup;
}
