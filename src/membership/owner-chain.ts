/**
 * The owner's chain: the one line of operations that says who is owner, who are admins, and what the policy is
 * (PROTOCOL.md G10–G13). Everything else is judged by it, and it by nothing but itself and who has left.
 */
import { compareBytes } from '../lib/bytes.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import { branchOf, ChainWalk, type Reign } from './chain-walk.ts';
import { withdrawalOf } from './device-lists.ts';
import type { Pins } from './group-state.ts';
import type { OperationIndex } from './operation-index.ts';
import { majorityOf, votesAt, type Votes } from './settlement.ts';

export interface OwnerChain {
  /** Numbers of its operations, `create` first. */
  readonly links: readonly number[];
  /** Each account's times as owner or admin, in order. */
  readonly reigns: ReadonlyMap<AccountId, readonly Reign[]>;
  readonly owner: AccountId;
  readonly offeredTo: AccountId | undefined;
  /** Where branches begin that could have been followed as well, and that no majority has settled. */
  readonly forks: readonly OperationId[];
}

export function followChain(index: OperationIndex, pins: Pins): OwnerChain {
  const pinned = branchOf(index, pins.tip);
  const asPinned = follow(index, pinned, undefined);
  if (asPinned.forks.length === 0) return asPinned;
  const votes = votesAt(index, asPinned);
  return votes.branches.length > 0 ? follow(index, pinned, votes) : asPinned;
}

function follow(index: OperationIndex, pinned: ReadonlySet<OperationId>, votes: Votes | undefined): OwnerChain {
  const { history } = index;
  const idOf = (number: number) => history.at(number).id;
  const walk = new ChainWalk(index);
  const forks: OperationId[] = [];
  for (let next = walk.continuations; next.length > 0; next = walk.continuations) {
    const settled = votes && majorityOf(votes, next.map(idOf));
    const chosen = next.find((number) => idOf(number) === settled) ?? choose(index, next, pinned);
    if (settled === undefined) forks.push(...next.filter((number) => number !== chosen).map(idOf));
    walk.advance(chosen);
  }
  const { links, reigns, owner, offeredTo } = walk;
  return { links, reigns, owner, offeredTo, forks };
}

/** What is pinned; else what no device has signed that was out of force by then; else the lowest id, which all choose alike. */
function choose(index: OperationIndex, next: readonly number[], pinned: ReadonlySet<OperationId>): number {
  const { history } = index;
  const held = next.find((number) => pinned.has(history.at(number).id));
  if (held !== undefined) return held;
  const undisputed = next.length > 1 ? next.filter((number) => withdrawalOf(index, number).concurrent.length === 0) : [];
  const candidates = undisputed.length > 0 ? undisputed : next;
  return candidates.reduce((lowest, number) =>
    compareBytes(history.at(number).idBytes, history.at(lowest).idBytes) < 0 ? number : lowest,
  );
}
