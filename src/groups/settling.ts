/** What follows when operations, boxes or keys have come: the talk tells it, epochs open, what waited is shown. */
import { isAct, type Operation } from '../membership/operation.ts';
import type { Books } from './books.ts';
import type { GroupState } from '../membership/group-state.ts';
import type { GoodEpoch } from './ledger.ts';
import type { Step } from './step.ts';

/** Boxes are carried for those who were away during these. */
const CARRIED_EPOCHS = 8;

/** These operations are in the history; the step stores them and all that follows from them. */
export async function settleOperations(books: Books, step: Step, operations: readonly Operation[]): Promise<void> {
  if (operations.length === 0) return;
  const { group, store } = books.context;
  const before = books.state;
  const after = books.ledger.resolve();
  step.store(store.addOperations(operations.map(({ id, envelope }) => ({ id, group, envelope }))));
  step.operations.push(...operations);
  if (!after) return;
  takeStanding(books, step, after);
  if (books.record.standing === 'inside') {
    step.store(...(await books.talk.tell(before, after)), ...(await books.talk.reconsider(before, after)));
    for (const operation of operations) if (isAct(operation, 'epoch')) books.epochs.notice(operation.id);
    if (operations.some((operation) => isAct(operation, 'epoch'))) step.store(...books.epochs.dropOldBoxes(carriedEpochs(books)));
  }
  await settleSecrets(books, step);
}

/** Opens what boxes there are, and shows what waited for their secrets. */
export async function settleSecrets(books: Books, step: Step): Promise<void> {
  const { state, epochs } = books;
  if (!state) return;
  for (const epoch of closedEpochs(books)) {
    const opened = epochs.open(epoch);
    if (!opened) continue;
    if ('secret' in opened) {
      step.store(...epochs.keepSecret(epoch.id, opened.secret, { granted: false }));
    } else {
      epochs.giveUp(epoch.id);
      step.badEpochs.push(epoch.id);
    }
  }
  step.store(...(await books.talk.openWaiting(state)));
}

/** Good epochs since I came whose secret is not here. */
export function closedEpochs(books: Books): readonly GoodEpoch[] {
  const { state, membership, ledger, epochs } = books;
  if (!state || !membership) return [];
  const admitted = ledger.history.numberOf(membership.admitted) ?? 0;
  return state.epochs.flatMap(({ id }) => {
    const number = ledger.history.numberOf(id);
    if (epochs.secretOf(id) || number === undefined || ledger.history.precedes(number, admitted)) return [];
    const good = ledger.epoch(id);
    return good?.devices.has(books.context.device) ? [good] : [];
  });
}

/** The newest good epochs: their boxes are kept for everybody. */
export function carriedEpochs({ state, ledger }: Books): readonly GoodEpoch[] {
  return (state?.epochs ?? []).slice(-CARRIED_EPOCHS).flatMap(({ id }) => ledger.epoch(id) ?? []);
}

/** I am let in; and what is known of the owner's chain is shown from here on, so it is held to. */
function takeStanding(books: Books, step: Step, after: GroupState): void {
  const { record, context, ledger } = books;
  const isIn = after.members.has(context.me.account);
  if (isIn && record.standing !== 'inside' && record.standing !== 'invited') {
    books.change(step, { standing: 'inside', request: undefined, invitation: undefined });
  }
  if (after.tip === record.pin || books.record.standing !== 'inside') return;
  ledger.pin(after.tip);
  books.change(step, { pin: after.tip });
}
