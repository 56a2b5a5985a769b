/** What happens to a conversation's row when something happens in it. Pure. */
import type { AccountId, MessageId } from '../protocol/ids.ts';
import type { Attachment } from '../session/attachment.ts';
import type { GroupEvent } from '../session/group-talk.ts';
import type { Conversation, LastFile, LastLine, Message, Utterance } from './ports.ts';

/** Long enough for the list, short enough to be read for every row of it. */
const PREVIEW_LENGTH = 120;

/** What the list may show last: all but what is told to this person alone. */
type Line = Exclude<Message, { readonly direction: 'notice' }>;

/** I sent something: I have read all there is, and the draft is done with. */
export function withSent(before: Conversation, message: Utterance, now: number): Conversation {
  return { ...withRead(withLatest(before, [message], now)), draft: '' };
}

/** Told by this browser and not by its person: what they were writing, and what they have not read, stays. */
export function withEntered(before: Conversation, message: Utterance, now: number): Conversation {
  return withLatest(before, [message], now);
}

export function withReceived(before: Conversation, added: readonly Message[], now: number): Conversation {
  if (added.length === 0) return before;
  return { ...withLatest(before, added.filter(isLine), now), unread: before.unread + added.length };
}

/** It counts as unread, so that the list shows it; what was said last stays what it was. */
export function withNotice(before: Conversation, notice: Message, now: number): Conversation {
  return { ...before, lamport: Math.max(before.lamport, notice.lamport), unread: before.unread + 1, touched: now };
}

/** Everything seen so far is read. */
export function withRead(before: Conversation): Conversation {
  return { ...before, unread: 0, mentioned: false, readUpTo: before.lamport };
}

// ————— groups —————

/** Who is told, when, and which of it is no news (`TimelineEntry.past`). */
export interface Telling {
  readonly me: AccountId;
  readonly now: number;
  readonly past: ReadonlySet<MessageId>;
}

/** Something was said or done in a group, perhaps by me. What is past counts as read. */
export function withTold(before: Conversation, added: readonly Message[], { me, now, past }: Telling): Conversation {
  if (added.length === 0) return before;
  const news = added.filter(({ id }) => !past.has(id));
  const old = added.filter(({ id }) => past.has(id));
  const told: Conversation = {
    ...withLatest(before, added.filter(isLine), now),
    unread: before.unread + news.filter((message) => isNews(message, me)).length,
    mentioned: before.mentioned === true || news.some((message) => calls(message, me)),
    readUpTo: old.reduce((highest, { lamport }) => Math.max(highest, lamport), before.readUpTo),
  };
  return news.some(({ direction }) => direction === 'out') ? { ...withRead(told), draft: '' } : told;
}

/** A call is told of otherwise than before: what was last, if it was that. */
export function withReplaced(before: Conversation, message: Message): Conversation {
  const { last } = before;
  const isLast = last !== undefined && last.direction !== 'event' && last.call !== undefined && last.call.call === message.call?.call;
  return isLast && isLine(message) ? { ...before, last: lineOf(message) } : before;
}

/** `left`: the newest that remain, newest first. Messages that came late, below what was read, are not counted back. */
export function withRemoved(before: Conversation, removed: readonly Message[], left: readonly Message[], me: AccountId): Conversation {
  if (removed.length === 0) return before;
  const isUnread = ({ lamport }: Message): boolean => lamport > before.readUpTo;
  const unread = Math.max(0, before.unread - removed.filter((message) => isUnread(message) && isNews(message, me)).length);
  const isCalled = removed.some((message) => calls(message, me))
    ? left.some((message) => isUnread(message) && calls(message, me))
    : before.mentioned === true;
  const newest = left.find(isLine);
  return { ...before, unread, mentioned: unread > 0 && isCalled, last: newest && lineOf(newest) };
}

/** What makes a number at the talk: what others say, and of what they do, what is meant for everybody or done to me. */
function isNews(message: Message, me: AccountId): boolean {
  if (message.direction !== 'event') return message.direction === 'in';
  const { event } = message;
  return event.by !== me && (event.kind === 'announced' || ('account' in event && event.account === me));
}

function calls(message: Message, me: AccountId): boolean {
  const { direction, mentions } = message;
  return direction === 'in' && mentions !== undefined && (mentions.all || mentions.accounts.includes(me));
}

// ————— what was last —————

function isLine(message: Message): message is Line {
  return message.direction !== 'notice';
}

function withLatest(before: Conversation, added: readonly Line[], now: number): Conversation {
  const latest = added.reduce<Line | undefined>((best, message) => (best && best.lamport > message.lamport ? best : message), undefined);
  if (!latest) return before;
  const isLatest = latest.lamport >= before.lamport;
  return {
    ...before,
    lamport: Math.max(before.lamport, latest.lamport),
    last: isLatest ? lineOf(latest) : before.last,
    touched: now,
  };
}

function lineOf(message: Line): LastLine {
  const { wall } = message;
  if (message.direction === 'event') return { wall, direction: 'event', event: cutEvent(message.event) };
  const said = {
    wall,
    text: message.text.slice(0, PREVIEW_LENGTH),
    ...(message.file && { file: lastFileOf(message.file) }),
    ...(message.call && { call: message.call }),
  };
  return message.direction === 'out' ? { ...said, direction: 'out' } : { ...said, direction: 'in', author: message.author };
}

function lastFileOf({ name, view }: Attachment): LastFile {
  return { kind: view.kind, name, ...(view.kind === 'voice' && { duration: view.duration }) };
}

/** Announcements may be long. */
function cutEvent(event: GroupEvent): GroupEvent {
  return 'text' in event ? { ...event, text: event.text.slice(0, PREVIEW_LENGTH) } : event;
}
