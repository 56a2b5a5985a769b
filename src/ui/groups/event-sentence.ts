/** Who did what, in words: with "you" where it was me, or was done to me. */
import type { Format } from '../../i18n/format.ts';
import type { Words } from '../../i18n/en.ts';
import { assertNever } from '../../lib/assert.ts';
import type { AccountId } from '../../protocol/ids.ts';
import type { GroupEvent } from '../../session/group-talk.ts';

interface Reader {
  readonly me: AccountId;
  readonly words: Words['groups'];
  readonly format: Format;
}

/** `wall`: when it was done; a deadline on the same day is told by its time alone. */
export function eventSentence(event: GroupEvent, wall: number, { me, words, format }: Reader): string {
  const { events, you } = words;
  const by = event.by === me ? you.subject : event.byName;
  const of = ({ account, name }: { account: AccountId; name: string }): string => (account === me ? you.object : name);
  switch (event.kind) {
    case 'created':
    case 'left':
    case 'disbanded':
    case 'picture-changed':
    case 'all-muted':
    case 'all-unmuted':
    case 'policy-changed':
    case 'pinned':
    case 'unpinned':
      return events[event.kind](by);
    case 'renamed':
      return events.renamed(by, event.text);
    case 'topic-changed':
      return event.text === '' ? events['topic-removed'](by) : events['topic-changed'](by, event.text);
    case 'announced':
      return event.text === '' ? events['announcement-removed'](by) : events.announced(by, event.text);
    case 'joined':
      if (event.by === event.account) return events.joined(by);
      return events.admitted(by, of(event));
    case 'removed':
    case 'made-admin':
    case 'unmade-admin':
    case 'unmuted':
    case 'offered':
      return events[event.kind](by, of(event));
    case 'became-owner':
      return events['became-owner'](of(event));
    case 'muted':
      return event.until === 'for-good'
        ? events['muted-for-good'](by, of(event))
        : events.muted(by, of(event), format.deadline(event.until, wall));
    default:
      return assertNever(event);
  }
}
