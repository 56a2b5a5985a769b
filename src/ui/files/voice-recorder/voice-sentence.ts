/** The sentence for a voice message that could not be recorded or sent. */
import type { Speech } from '../../speech.svelte.ts';
import { sendingSentence } from '../send/failure-sentence.ts';
import type { VoiceView } from './voice-view.svelte.ts';

export function voiceSentence(failure: NonNullable<VoiceView['failure']>, speech: Pick<Speech, 'words' | 'format'>): string {
  const words = speech.words.sending.voice;
  switch (failure.kind) {
    case 'too-short':
      return words.tooShort;
    case 'refused':
    case 'no-microphone':
    case 'in-use':
      return words.failures[failure.kind];
    default:
      return sendingSentence(failure, speech);
  }
}
