/** What a timeline has to know of the talk it shows: with one person, or in a group. */
import type { Message, Utterance } from '../../chat/ports.ts';
import type { Words } from '../../i18n/en.ts';
import { entrySentence } from '../calls/sentences.ts';
import type { AccountId } from '../../protocol/ids.ts';
import type { GroupEvent } from '../../session/group-talk.ts';
import type { Contact } from '../../contacts/ports.ts';

export interface Talk {
  /** Stands above the first message. */
  readonly beginning: string;
  /** Lines carry the face and the name of their author. */
  readonly isGroup: boolean;
  nameOf(author: AccountId): string;
  /** In a group: where in a text people are called. */
  callsIn(message: Utterance): readonly Mark[];
  /** In a group: whether a message calls me. */
  callsMe(message: Utterance): boolean;
  /** What was done, in a sentence; `wall`: when. */
  eventSentence(event: GroupEvent, wall: number): string;
  /** What a person is told between the messages. */
  noticeSentence(notice: NoticeOf<Message>): string;
}

/** A stretch of a text that stands out. */
export interface Mark {
  readonly from: number;
  readonly to: number;
}

type NoticeOf<Any> = Any extends { readonly direction: 'notice'; readonly notice: infer Notice } ? Notice : never;

/** The talk with one person. */
export function talkWith(contact: Contact, words: Words): Talk {
  return {
    beginning: words.chat.beginning(contact.name),
    isGroup: false,
    nameOf: () => contact.name,
    callsIn: () => [],
    callsMe: () => false,
    eventSentence: () => '',
    noticeSentence: (notice) => words.chat.notices[notice](contact.name),
  };
}

function utteranceSaid({ call, file, text }: Utterance, words: Words): string {
  if (call) return entrySentence(call, false, words.calls);
  const named = file ? words.files.named(words.files.kinds[file.view.kind], file.name) : '';
  return [named, text].filter(Boolean).join(' ');
}

/** What is read aloud when a message arrives. */
export function heardSentence(message: Message, talk: Talk, words: Words): string {
  switch (message.direction) {
    case 'notice':
      return talk.noticeSentence(message.notice);
    case 'event':
      return talk.eventSentence(message.event, message.wall);
    case 'in':
      return words.chat.announced(talk.nameOf(message.author), utteranceSaid(message, words));
    case 'out':
      return '';
  }
}
