/** The sentence for what could not be sent, with the way forward. */
import { groupSentence } from '../../groups/failure-sentence.ts';
import type { Speech } from '../../speech.svelte.ts';
import type { FileSendFailure } from '../contract.ts';

export function sendingSentence(failure: FileSendFailure, speech: Pick<Speech, 'words' | 'format'>): string {
  const { failures } = speech.words.sending;
  const { format } = speech;
  switch (failure.kind) {
    case 'disk-full':
      return failures['disk-full'](format.size(failure.needed), format.size(failure.free));
    case 'too-large':
      return failures['too-large'](format.size(failure.limit));
    case 'not-allowed':
    case 'muted':
    case 'all-muted':
    case 'group-over':
      return groupSentence(failure, speech);
    default:
      return failures[failure.kind];
  }
}
