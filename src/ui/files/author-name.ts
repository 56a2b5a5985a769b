import type { AccountId, ConversationId } from '../../protocol/ids.ts';
import { shownName } from '../groups/people.ts';
import type { HomeView } from '../home/home-view.svelte.ts';
import type { Speech } from '../speech.svelte.ts';

/** Who somebody is in a talk, as the list of talks knows it. */
export function authorName(author: AccountId, home: HomeView, speech: Speech, conversation: ConversationId): string {
  if (author === home.home.me.id) return speech.words.chat.you;
  const entry = home.entries?.find(({ id }) => id === conversation);
  if (entry?.kind === 'group') {
    const member = entry.group.members.find(({ account }) => account === author);
    const former = entry.group.former.find(({ account }) => account === author);
    return member ? shownName(member) : (former?.name ?? home.contactWith(author)?.name ?? speech.words.groups.chat.formerMember);
  }
  return entry?.name ?? home.contactWith(author)?.name ?? speech.words.files.storage.unknownTalk;
}
