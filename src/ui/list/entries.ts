/** The rows of the conversation list: everybody we know and every group, with what was said last. */
import type { Conversation } from '../../chat/ports.ts';
import type { Contact } from '../../contacts/ports.ts';
import type { Group } from '../../groups/ports.ts';
import { conversationOf, conversationWith, type ConversationId } from '../../protocol/ids.ts';

export type Entry = PersonEntry | GroupEntry;

export interface PersonEntry {
  readonly kind: 'person';
  readonly id: ConversationId;
  readonly name: string;
  readonly contact: Contact;
  /** Undefined until something was said or written in it. */
  readonly conversation: Conversation | undefined;
}

export interface GroupEntry {
  readonly kind: 'group';
  readonly id: ConversationId;
  readonly name: string;
  readonly group: Group;
  readonly conversation: Conversation | undefined;
}

interface Known {
  readonly contacts: readonly Contact[];
  readonly groups: readonly Group[];
  readonly conversations: readonly Conversation[];
}

/** Whatever happened last comes first. */
export function entriesOf({ contacts, groups, conversations }: Known): readonly Entry[] {
  const byId = new Map(conversations.map((conversation) => [conversation.id, conversation]));
  const people = contacts.map((contact): Entry => {
    const id = conversationWith(contact.id);
    return { kind: 'person', id, name: contact.name, contact, conversation: byId.get(id) };
  });
  const rooms = groups.map((group): Entry => {
    const id = conversationOf(group.id);
    return { kind: 'group', id, name: group.name, group, conversation: byId.get(id) };
  });
  return [...people, ...rooms].sort((a, b) => lastTouched(b) - lastTouched(a));
}

/** By any part of the name; case, width and accents of the typed text do not matter. */
export function filterEntries(entries: readonly Entry[], filter: string): readonly Entry[] {
  return filterByName(entries, filter, ({ name }) => [name]);
}

/** Those of whom one of the names holds what was typed; all of them when nothing was. */
export function filterByName<Item>(items: readonly Item[], filter: string, namesOf: (item: Item) => readonly string[]): readonly Item[] {
  const wanted = folded(filter.trim());
  return wanted === '' ? items : items.filter((item) => namesOf(item).some((name) => folded(name).includes(wanted)));
}

/** What does not matter when names are searched for is taken out of them. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase();
}

/** True when a talk with it can be opened: somebody who has not confirmed yet cannot be talked to. */
export function canOpen(entry: Entry): boolean {
  return entry.kind === 'group' || entry.contact.phase === 'active';
}

/** Unread messages that the person wants to be told of. */
export function unreadNews({ conversation, ...entry }: Entry): number {
  const unread = conversation?.unread ?? 0;
  if (entry.kind === 'person' || entry.group.notify === 'all') return unread;
  return entry.group.notify === 'mentions' && conversation?.mentioned ? unread : 0;
}

function lastTouched(entry: Entry): number {
  const touched = entry.conversation?.touched ?? 0;
  if (entry.kind === 'person') return Math.max(touched, entry.contact.since);
  // What waits for an answer has no talk yet, and must not be lost at the end of the list.
  const isNews = entry.group.phase === 'joining' || entry.group.phase === 'applied' || entry.group.phase === 'declined';
  return isNews ? Infinity : touched;
}
