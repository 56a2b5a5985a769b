/** Somebody's box of an epoch opens nothing: nothing more is written in it, and they are let read what was (PROTOCOL.md G65). */
import { bytesOf, type AccountId, type OperationId } from '../protocol/ids.ts';
import type { Books } from './books.ts';
import type { Step } from './step.ts';

/** Does nothing for who was not meant to have the epoch's secret. */
export function regrant(books: Books, step: Step, account: AccountId, epoch: OperationId): void {
  const { ledger, epochs, state, context } = books;
  const devices = ledger.epoch(epoch)?.devices;
  const isMeant = state?.devices.some((device) => device.account === account && devices?.has(device.device)) ?? false;
  if (!isMeant) return;
  epochs.giveUp(epoch);
  const known = epochs.secretOf(epoch);
  if (!known) return;
  const granted = { epoch: bytesOf(epoch), secret: known.secret.expose().slice() };
  const content = {
    type: 'groupHistory' as const,
    group: bytesOf(context.group),
    lamport: 0,
    beginnings: [],
    epochs: [granted],
    messages: [],
  };
  step.mail = { to: account, contents: [content] };
}
