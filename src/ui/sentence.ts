/** The sentence for each expected failure, chosen by its kind. */
import type { Words } from '../i18n/en.ts';
import type {
  InviteFailure,
  LockedOut,
  LogInFailure,
  NameFailure,
  PasskeyFailure,
  PasswordFailure,
  RestoreFailure,
  SendFailure,
  StorageFailure,
  WordsFailure,
} from './parley.ts';

/** Having to wait is said by a clock (lockout.svelte.ts), not by one sentence. */
export type AnyFailure =
  | NameFailure
  | PasswordFailure
  | Exclude<LogInFailure, LockedOut>
  | { readonly kind: 'wrong-password' }
  | WordsFailure
  | PasskeyFailure
  | { readonly kind: 'passkey-exists' }
  | RestoreFailure
  | StorageFailure
  | InviteFailure
  | SendFailure;

export function sentenceFor(failure: AnyFailure, words: Words): string {
  switch (failure.kind) {
    case 'name-too-long':
      return words.failures['name-too-long'](failure.limit);
    case 'words-count':
      return words.failures['words-count'](failure.count);
    case 'words-unknown':
      return words.failures['words-unknown'](...failure.places);
    case 'text-too-long':
      return words.failures['text-too-long'](failure.bytes, failure.limit);
    default:
      return words.failures[failure.kind];
  }
}
