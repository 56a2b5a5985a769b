/** How a forked owner's chain is healed: those who have the owner's trust say which branch counts (PROTOCOL.md G13). */
import { operationIdOf, type AccountId, type OperationId } from '../protocol/ids.ts';
import { branchOf, type ChainWalk } from './chain-walk.ts';
import { departuresOf } from './departures.ts';
import { withdrawalOf } from './device-lists.ts';
import { numbersOf, type OperationIndex } from './operation-index.ts';

export interface Votes {
  /** Owner and admins at the end of the chain as it is pinned. */
  readonly voters: number;
  /** For each who has voted: the branch they voted for, back to the beginning. */
  readonly branches: readonly ReadonlySet<OperationId>[];
}

/** Each voter's last word. Who are voters is asked of the pinned chain: a branch cannot name the judges of itself. */
export function votesAt(index: OperationIndex, pinnedChain: Pick<ChainWalk, 'links' | 'reigns'>): Votes {
  const { history } = index;
  const departures = departuresOf(index, pinnedChain);
  const isVoter = (account: AccountId) => {
    const reign = pinnedChain.reigns.get(account)?.at(-1);
    const stays = (since: number) => (departures.get(account) ?? []).every((leave) => history.precedes(leave, since));
    return reign?.to === Infinity && stays(reign.by);
  };
  const words = new Map<AccountId, OperationId>();
  for (const number of numbersOf(index, 'settle')) {
    const { account, act } = history.at(number);
    const isWord = act.type === 'settle' && isVoter(account) && !withdrawalOf(index, number).ever;
    if (isWord) words.set(account, operationIdOf(act.tip));
  }
  return {
    voters: [...pinnedChain.reigns.keys()].filter(isVoter).length,
    branches: [...words.values()].map((tip) => branchOf(index, tip)),
  };
}

/** The one of these that more than half of the voters voted for. */
export function majorityOf({ voters, branches }: Votes, candidates: readonly OperationId[]): OperationId | undefined {
  return candidates.find((id) => branches.filter((branch) => branch.has(id)).length * 2 > voters);
}
