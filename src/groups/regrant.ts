/**
 * Epochs that a member should be able to read and cannot: their box opens nothing, or it was for a device they had before and
 * have no more (PROTOCOL.md G65). Whoever holds the secret hands it to them.
 */
import { bytesOf, type AccountId, type OperationId } from '../protocol/ids.ts';
import type { Books } from './books.ts';
import type { GoodEpoch, Ledger } from './ledger.ts';
import type { Step } from './step.ts';

/** Epochs messages are waiting for that were begun for an earlier device of mine. */
export function epochsOfEarlierDevices({ talk, ledger, epochs, context }: Books): readonly OperationId[] {
  return [...talk.lockedEpochs].filter((id) => {
    const epoch = epochs.secretOf(id) ? undefined : ledger.epoch(id);
    return epoch !== undefined && !epoch.devices.has(context.device) && isMeantFor(epoch, context.me.account, ledger);
  });
}

/** Does nothing for who was not meant to have the epoch's secret. */
export function regrant(books: Books, step: Step, account: AccountId, id: OperationId): void {
  const { ledger, epochs, state, context } = books;
  const epoch = ledger.epoch(id);
  if (!epoch || !isMeantFor(epoch, account, ledger)) return;
  // A box for a device they still have is no good: nothing more is written here that they could not read.
  if (state?.devices.some(({ account: owner, device }) => owner === account && epoch.devices.has(device))) epochs.giveUp(id);
  const known = epochs.secretOf(id);
  if (!known) return;
  const granted = { epoch: bytesOf(id), secret: known.secret.expose().slice() };
  const grant = {
    type: 'groupHistory' as const,
    group: bytesOf(context.group),
    lamport: 0,
    beginnings: [],
    epochs: [granted],
    messages: [],
  };
  step.mail = { to: account, contents: [grant] };
}

/** Some device of the account is among its recipients. */
function isMeantFor({ devices }: GoodEpoch, account: AccountId, { history }: Ledger): boolean {
  return [...devices].some((device) => history.introductionsOf(account, device).length > 0);
}
