/** What happens to a conversation's row when something happens in it. Pure. */
import type { Conversation, Message, Utterance } from './ports.ts';

/** Long enough for the list, short enough to be read for every row of it. */
const PREVIEW_LENGTH = 120;

/** I sent something: I have read all there is, and the draft is done with. */
export function withSent(before: Conversation, message: Utterance, now: number): Conversation {
  return { ...withRead(withLatest(before, [message], now)), draft: '' };
}

export function withReceived(before: Conversation, added: readonly Message[], now: number): Conversation {
  if (added.length === 0) return before;
  return { ...withLatest(before, added.filter(isUtterance), now), unread: before.unread + added.length };
}

/** It counts as unread, so that the list shows it; what was said last stays what it was. */
export function withNotice(before: Conversation, notice: Message, now: number): Conversation {
  return { ...before, lamport: Math.max(before.lamport, notice.lamport), unread: before.unread + 1, touched: now };
}

/** Everything seen so far is read. */
export function withRead(before: Conversation): Conversation {
  return { ...before, unread: 0, readUpTo: before.lamport };
}

function isUtterance(message: Message): message is Utterance {
  return message.direction === 'in' || message.direction === 'out';
}

function withLatest(before: Conversation, added: readonly Utterance[], now: number): Conversation {
  const latest = added.reduce<Utterance | undefined>(
    (best, message) => (best && best.lamport > message.lamport ? best : message),
    undefined,
  );
  if (!latest) return before;
  const isLatest = latest.lamport >= before.lamport;
  return {
    ...before,
    lamport: Math.max(before.lamport, latest.lamport),
    last: isLatest ? { text: latest.text.slice(0, PREVIEW_LENGTH), wall: latest.wall, direction: latest.direction } : before.last,
    touched: now,
  };
}
