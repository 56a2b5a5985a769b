import type { Utterance } from '../../chat/ports.ts';
import type { Talk } from '../chat/talk.ts';
import type { Speech } from '../speech.svelte.ts';
import { eventSentence } from './event-sentence.ts';
import type { GroupView } from './group-view.svelte.ts';
import { callsIn } from './mentions.ts';

/** The talk of a group, for the timeline. What it tells follows names and language. */
export function talkOfGroup(view: GroupView, speech: Speech): Talk {
  return {
    get beginning() {
      return speech.words.groups.chat.beginning(view.group.name);
    },
    isGroup: true,
    nameOf: (author) => view.nameOf(author),
    callsIn: ({ text, mentions }) => (mentions ? callsIn(text, view.called(mentions)) : []),
    callsMe: (message) => callsMe(message, view),
    eventSentence: (event, wall) => eventSentence(event, wall, { me: view.me, words: speech.words.groups, format: speech.format }),
    // A group has no notices: those are about one contact.
    noticeSentence: () => '',
  };
}

function callsMe({ direction, mentions }: Utterance, { me }: GroupView): boolean {
  return direction === 'in' && mentions !== undefined && (mentions.all || mentions.accounts.includes(me));
}
