/** The sentence for what an act in a group comes to, when it comes to nothing. */
import type { GroupFailure, GroupInviteFailure, SendFailure } from '../parley.ts';
import { sentenceFor } from '../sentence.ts';
import type { Speech } from '../speech.svelte.ts';

export type AnyGroupFailure = GroupFailure | GroupInviteFailure | SendFailure;

export function groupSentence(failure: AnyGroupFailure, { words, format }: Pick<Speech, 'words' | 'format'>): string {
  const { failures } = words;
  switch (failure.kind) {
    case 'not-allowed':
      return failures['not-allowed'][failure.because];
    case 'muted':
      return failure.until === 'for-good' ? failures['muted-for-good'] : failures.muted(format.deadline(failure.until, Date.now()));
    case 'group-full':
      return failures['group-full'](failure.limit);
    case 'too-long':
      return failures['too-long'](failure.bytes, failure.limit);
    case 'all-muted':
    case 'not-a-member':
    case 'group-over':
    case 'no-such-member':
    case 'empty':
    case 'already-a-member':
      return failures[failure.kind];
    default:
      return sentenceFor(failure, words);
  }
}
