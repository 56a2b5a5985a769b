/** Which devices an account has taken out of force, and what that does to their operations (PROTOCOL.md G7). */
import type { DeviceWord, OperationIndex, Withdrawal } from './operation-index.ts';

const IN_FORCE: Withdrawal = { ever: false, known: false, concurrent: [] };

/**
 * Whether and how the device of an operation's author is out of force: by a list of its account that is newer than the newest that
 * its author knew to have the device in it. An account's list is signed by its account key, so it holds whatever becomes of the
 * operation that brought it.
 */
export function withdrawalOf(index: OperationIndex, number: number): Withdrawal {
  const { history, relisted, withdrawals } = index;
  if (!relisted.has(history.at(number).account)) return IN_FORCE;
  const found = withdrawals.get(number) ?? findWithdrawal(index, number);
  withdrawals.set(number, found);
  return found;
}

function findWithdrawal({ history, lists }: OperationIndex, number: number): Withdrawal {
  const { account, device } = history.at(number);
  const words = lists.get(account) ?? [];
  const isKnown = (word: number) => word === number || history.precedes(word, number);
  const certificates = new Set<string>();
  for (const word of history.introductionsOf(account, device)) {
    const certificate = history.at(word).introduces?.certificate;
    if (certificate !== undefined && isKnown(word)) certificates.add(certificate);
  }
  const isIn = ({ active }: DeviceWord) => {
    for (const certificate of certificates) if (active.has(certificate)) return true;
    return false;
  };

  let newest = 0;
  // From the end, where the newest are.
  for (const word of words.toReversed()) if (word.version > newest && isKnown(word.number) && isIn(word)) newest = word.version;
  let [ever, known] = [false, false];
  const concurrent: number[] = [];
  for (const word of words) {
    const isLater = history.precedes(number, word.number);
    // Later lists say only that there is one.
    if (word.version <= newest || (isLater && ever) || isIn(word)) continue;
    ever = true;
    if (history.precedes(word.number, number)) known = true;
    // Whoever carries somebody's request could say to have done so long ago, and undo what they did meanwhile.
    else if (word.isOwn && !isLater) concurrent.push(word.number);
  }
  return { ever, known, concurrent };
}
