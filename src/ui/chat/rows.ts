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

/** `newAfter`: incoming messages above this lamport time, and notices, are new; undefined when none are. */
export function rowsOf(messages: readonly Message[], newAfter: number | undefined): readonly Row[] {
  const firstNew = newAfter === undefined ? -1 : messages.findIndex((message) => message.direction !== 'out' && message.lamport > newAfter);
  const startsGroup = (index: number): boolean => {
    const message = messages[index];
    const before = messages[index - 1];
    return !message || !before || index === firstNew || !belongTogether(before, message);
  };
  return messages.map((message, index) => {
    const before = messages[index - 1];
    return {
      message,
      startsDay: !before || dayKey(before.wall) !== dayKey(message.wall),
      startsNew: index === firstNew,
      startsGroup: startsGroup(index),
      endsGroup: startsGroup(index + 1),
    };
  });
}

function belongTogether(a: Message, b: Message): boolean {
  return a.direction === b.direction && Math.abs(b.wall - a.wall) < GROUP_MS && dayKey(a.wall) === dayKey(b.wall);
}
