import type { AccountId } from '../protocol/ids.ts';
import { overlaps, spanAlong, type ChainWalk } from './chain-walk.ts';
import { withdrawalOf } from './device-lists.ts';
import type { OperationIndex } from './operation-index.ts';

/** Numbers of the `leave` operations that count, by who left. The owner has to hand over first, and cannot leave meanwhile (G17). */
export function departuresOf(
  index: OperationIndex,
  { links, reigns }: Pick<ChainWalk, 'links' | 'reigns'>,
): ReadonlyMap<AccountId, readonly number[]> {
  const counts = (account: AccountId, leave: number) => {
    const span = spanAlong(index, links, leave);
    const isOwner = (reigns.get(account) ?? []).some((reign) => reign.rank === 'owner' && overlaps(reign, span));
    return !isOwner && !isAfterTheEnd(index, links, leave) && !withdrawalOf(index, leave).known;
  };
  return new Map([...index.leaves].map(([account, leaves]) => [account, leaves.filter((leave) => counts(account, leave))]));
}

/** The group was disbanded, and that had not seen this (G14). */
export function isAfterTheEnd({ history }: OperationIndex, links: readonly number[], number: number): boolean {
  const last = links.at(-1) ?? 0;
  return history.at(last).act.type === 'disband' && !history.precedes(number, last);
}
