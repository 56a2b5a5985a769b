/** How messages stand in the timeline: days apart, one author's lines together, a line where the new ones begin. */
import type { Message, Utterance } from '../../chat/ports.ts';
import { dayKey } from '../../i18n/format.ts';

/** Lines of one author within this time belong together. */
const GROUP_MS = 5 * 60_000;
/** Pictures of one author, each within this time of the one before, were chosen together. */
const ALBUM_MS = 60_000;

export interface Row {
  /** Of pictures that stand together, the first. */
  readonly message: Message;
  /** All the pictures that stand together, the first included; empty when it is not several. */
  readonly album: readonly Utterance[];
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
  const beginnings = messages.flatMap((message, index) => {
    const before = messages[index - 1];
    return before && !startsGroup[index] && isOneAlbum(before, message) ? [] : [index];
  });
  return beginnings.flatMap((from, at) => {
    const to = beginnings[at + 1] ?? messages.length;
    const message = messages[from];
    if (!message) return [];
    const row: Row = {
      message,
      album: to - from > 1 ? messages.slice(from, to).filter(isUtterance) : ALONE,
      startsDay: days[from] !== days[from - 1],
      startsNew: from === firstNew,
      startsGroup: startsGroup[from] ?? true,
      endsGroup: startsGroup[to] ?? true,
    };
    const last = lastRows.get(message);
    if (last && isSameRow(last, row)) return [last];
    lastRows.set(message, row);
    return [row];
  });
}

const ALONE: readonly Utterance[] = [];

/** True when the row shows the message, alone or among others. */
export function showsMessage({ message, album }: Row, id: Message['id']): boolean {
  return message.id === id || album.some((each) => each.id === id);
}

function isUtterance(message: Message): message is Utterance {
  return message.direction === 'in' || message.direction === 'out';
}

/** Of one group of lines. What is said of a later picture belongs to it alone: it begins anew. */
function isOneAlbum(before: Message, message: Message): boolean {
  const arePictures = before.file?.view.kind === 'picture' && message.file?.view.kind === 'picture';
  return arePictures && message.text === '' && Math.abs(message.wall - before.wall) < ALBUM_MS;
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
  const areSameMarks =
    a.startsDay === b.startsDay && a.startsNew === b.startsNew && a.startsGroup === b.startsGroup && a.endsGroup === b.endsGroup;
  return areSameMarks && a.album.length === b.album.length && a.album.every((message, at) => message === b.album[at]);
}
