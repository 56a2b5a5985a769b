/** Which devices an account has taken out of force, and what that does to their operations (PROTOCOL.md G7). */
import type { OperationIndex } from './operation-index.ts';

/**
 * Numbers of the operations whose list takes the device of this one out of force: those with a newer list than the newest that
 * its author knew to have the device in it. An account's list is signed by its account key, so it holds whatever becomes of the
 * operation that brought it.
 */
export function withdrawalsOf(index: OperationIndex, number: number): readonly number[] {
  const { history, introductions, relisted } = index;
  const { account, device } = history.at(number);
  if (!relisted.has(account)) return [];

  const words = introductions.get(account) ?? [];
  const isKnown = (word: number) => word === number || history.precedes(word, number);
  const certificates = new Set(
    history
      .introductionsOf(account, device)
      .filter(isKnown)
      .map((word) => introductionAt(word)?.certificate),
  );
  const isListedIn = (word: number) => [...(introductionAt(word)?.list.active ?? [])].some((certificate) => certificates.has(certificate));
  const newest = words.filter((word) => isKnown(word) && isListedIn(word)).reduce((highest, word) => Math.max(highest, versionAt(word)), 0);
  return words.filter((word) => versionAt(word) > newest && !isListedIn(word));

  function introductionAt(word: number) {
    return history.at(word).introduces;
  }

  function versionAt(word: number): number {
    return introductionAt(word)?.list.version ?? 0;
  }
}

/** Its author's device was out of force, and they knew. */
export function isKnowinglyWithdrawn(index: OperationIndex, number: number): boolean {
  return withdrawalsOf(index, number).some((word) => index.history.precedes(word, number));
}

/**
 * Those of its withdrawals that its author did not know of, nor they of it. Only what a device of the account says itself counts
 * here: whoever carries somebody's request could otherwise say to have done so long ago, and undo what they did meanwhile.
 */
export function concurrentWithdrawals(index: OperationIndex, number: number): readonly number[] {
  const { history } = index;
  const isConcurrent = (word: number) => !history.precedes(word, number) && !history.precedes(number, word);
  return withdrawalsOf(index, number).filter((word) => history.at(word).act.type === 'keyPackage' && isConcurrent(word));
}
