/** The sentence for each expected failure, chosen by its kind. */
import type { Words } from '../i18n/en.ts';
import type { InviteFailure, LockedOut, LogInFailure, NameFailure, PasswordFailure, SendFailure, StorageFailure } from './parley.ts';

/** Having to wait is said by a clock (LogIn.svelte), not by one sentence. */
type AnyFailure = NameFailure | PasswordFailure | Exclude<LogInFailure, LockedOut> | StorageFailure | InviteFailure | SendFailure;

export function sentenceFor(failure: AnyFailure, words: Words): string {
  switch (failure.kind) {
    case 'name-too-long':
      return words.failures['name-too-long'](failure.limit);
    case 'text-too-long':
      return words.failures['text-too-long'](failure.bytes, failure.limit);
    default:
      return words.failures[failure.kind];
  }
}
