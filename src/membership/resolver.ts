/** What the operations of a group come to (PROTOCOL.md G9–G22). */
import { operationIdOf, type AccountId, type OperationId } from '../protocol/ids.ts';
import { appearanceBy } from './appearance.ts';
import type { GroupState, Pins } from './group-state.ts';
import type { History } from './history.ts';
import { counted, judge, type Judged } from './judged.ts';
import { newcomersBy } from './newcomers.ts';
import type { Operation } from './operation.ts';
import { peopleBy } from './people.ts';
import { silencesBy } from './silences.ts';

/**
 * Judges all operations of a group from scratch. Pure: the same operations and pins give the same state, in whatever order
 * they came; no clock has a say. Total: nothing a member can sign makes it throw. Undefined while the operation that made the
 * group has not come.
 */
export function resolve(history: History, pins: Pins): GroupState | undefined {
  if (history.size === 0) return undefined;
  const judged = judge(history, pins);
  return {
    group: history.group,
    awaitsPin: pins.tip !== undefined && !history.has(pins.tip),
    ...chainState(judged),
    ...appearanceBy(judged),
    ...peopleBy(judged),
    ...newcomersBy(judged),
    ...silencesBy(judged),
    ...verdictsIn(judged),
    epochs: counted(judged, 'epoch').map(({ operation }) => operation),
    acknowledged: acknowledgedIn(judged),
    equivocations: history.equivocations,
  };
}

function chainState({ index, rights }: Judged): Pick<GroupState, 'owner' | 'tip' | 'forks' | 'disbanded' | 'offeredTo'> {
  const { links, owner, offeredTo, forks } = rights.chain;
  const tip = index.history.at(links.at(-1) ?? 0);
  return { owner, tip: tip.id, forks, disbanded: tip.act.type === 'disband', offeredTo };
}

function verdictsIn({ index, verdicts }: Judged): Pick<GroupState, 'effective' | 'voided'> {
  const effective = new Map<OperationId, Operation>();
  const voided = new Set<OperationId>();
  for (const number of index.order) {
    const operation = index.history.at(number);
    if (verdicts[number]) effective.set(operation.id, operation);
    else voided.add(operation.id);
  }
  return { effective, voided };
}

function acknowledgedIn(judged: Judged): ReadonlyMap<AccountId, OperationId> {
  return new Map(counted(judged, 'ack').map(({ operation, act }) => [operation.account, operationIdOf(act.tip)]));
}
