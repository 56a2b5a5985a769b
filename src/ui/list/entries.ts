/** The rows of the conversation list: everybody we know, with what was said last. */
import type { Conversation } from '../../chat/ports.ts';
import type { Contact } from '../../contacts/ports.ts';
import { conversationWith } from '../../protocol/ids.ts';

export interface Entry {
  readonly contact: Contact;
  /** Undefined until something was said or written in it. */
  readonly conversation: Conversation | undefined;
}

/** Whatever happened last comes first. */
export function entriesOf(contacts: readonly Contact[], conversations: readonly Conversation[]): readonly Entry[] {
  const byId = new Map(conversations.map((conversation) => [conversation.id, conversation]));
  return contacts
    .map((contact) => ({ contact, conversation: byId.get(conversationWith(contact.id)) }))
    .sort((a, b) => lastTouched(b) - lastTouched(a));
}

/** By any part of the name; case, width and accents of the typed text do not matter. */
export function filterEntries(entries: readonly Entry[], filter: string): readonly Entry[] {
  const wanted = folded(filter.trim());
  return wanted === '' ? entries : entries.filter(({ contact }) => folded(contact.name).includes(wanted));
}

function lastTouched({ contact, conversation }: Entry): number {
  return Math.max(conversation?.touched ?? 0, contact.since);
}

function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase();
}
