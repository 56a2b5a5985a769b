/**
 * Who may do what, whenever they say they did it (PROTOCOL.md G15, G16). An operation is judged at every point of the owner's
 * chain that its author knew last or did not know: what ended a right is a barrier for everything it has not seen, so that
 * saying "I did that before" is of no use.
 */
import type { AccountId } from '../protocol/ids.ts';
import { overlaps, spanAlong, type Reign, type Span } from './chain-walk.ts';
import { departuresOf } from './departures.ts';
import { concurrentWithdrawals, isKnowinglyWithdrawn } from './device-lists.ts';
import type { OperationIndex } from './operation-index.ts';
import type { OwnerChain } from './owner-chain.ts';

export interface Rights {
  readonly index: OperationIndex;
  readonly chain: OwnerChain;
  /** Numbers of the `leave` operations that count, by who left. */
  readonly departures: ReadonlyMap<AccountId, readonly number[]>;
  /** How each operation lies to the chain, by its number. */
  readonly spans: readonly Span[];
}

export function rightsBy(index: OperationIndex, chain: OwnerChain): Rights {
  const spans = index.history.operations.map((_, number) => spanAlong(index, chain.links, number));
  return { index, chain, departures: departuresOf(index, chain), spans };
}

/**
 * The group was over before this was known, or its author's device was out of force. `isHeard`: which of the operations that took
 * it out of force, and that did not know of this one, have a say.
 */
export function isBarred(rights: Rights, number: number, isHeard: (withdrawal: number) => boolean): boolean {
  const { index, chain } = rights;
  const last = chain.links.at(-1) ?? 0;
  const isAfterTheEnd = index.history.at(last).act.type === 'disband' && !index.history.precedes(number, last);
  return isAfterTheEnd || isKnowinglyWithdrawn(index, number) || concurrentWithdrawals(index, number).some(isHeard);
}

/** Author is owner or admin wherever it is judged, and has not left meanwhile (G15). */
export function actsAsAdmin(rights: Rights, number: number): boolean {
  const { index, chain } = rights;
  const { account } = index.history.at(number);
  const span = spanOf(rights, number);
  const reigns = (chain.reigns.get(account) ?? []).filter((reign) => overlaps(reign, span));
  const [first] = reigns;
  return first !== undefined && covers(reigns, span) && !leftMeanwhile(rights, account, first, number);
}

/** Author was owner or admin as far as they knew: what they did was honest, whatever became of it. */
export function thoughtAdmin(rights: Rights, number: number): boolean {
  const { account } = rights.index.history.at(number);
  const { from } = spanOf(rights, number);
  return (rights.chain.reigns.get(account) ?? []).some((reign) => reign.from <= from && reign.to > from);
}

/** Somebody is owner or admin anywhere where this operation is judged: nothing can be done to them by admins (G15). */
export function isProtected(rights: Rights, account: AccountId, number: number): boolean {
  const { index, chain, departures } = rights;
  const span = spanOf(rights, number);
  const hadLeft = ({ by }: Reign) =>
    (departures.get(account) ?? []).some((leave) => index.history.precedes(leave, number) && !index.history.precedes(leave, by));
  return (chain.reigns.get(account) ?? []).some((reign) => overlaps(reign, span) && !hadLeft(reign));
}

export function isOwnerAt(rights: Rights, account: AccountId, number: number): boolean {
  const { from } = spanOf(rights, number);
  return (rights.chain.reigns.get(account) ?? []).some((reign) => reign.rank === 'owner' && reign.from <= from && reign.to > from);
}

/** How they stand at the end of the chain. Who left is no admin any more, even when they come back, until the owner says so again. */
export function rankAtEnd({ index, chain, departures }: Rights, account: AccountId): Reign['rank'] | undefined {
  const reign = chain.reigns.get(account)?.at(-1);
  if (reign?.to !== Infinity) return undefined;
  const hasLeft = (departures.get(account) ?? []).some((leave) => !index.history.precedes(leave, reign.by));
  return hasLeft ? undefined : reign.rank;
}

export function spanOf({ spans }: Rights, number: number): Span {
  return spans[number] ?? { from: 0, to: 0 };
}

/** Reigns of one account are in order and do not overlap. */
function covers(reigns: readonly Reign[], { from, to }: Span): boolean {
  let place = from;
  for (const reign of reigns) {
    if (reign.from > place) return false;
    place = reign.to;
  }
  return place >= to;
}

function leftMeanwhile({ index, departures }: Rights, account: AccountId, { by }: Reign, number: number): boolean {
  const { history } = index;
  return (departures.get(account) ?? []).some((leave) => !history.precedes(leave, by) && !history.precedes(number, leave));
}

/**
 * An operation of the owner's chain, not this account's, had seen the one and not the other: what was done is confirmed, and
 * nobody can undo what they once did as an admin by a belated new list (G7).
 */
export function isConfirmedBefore(rights: Rights, number: number, withdrawal: number): boolean {
  const { index, chain } = rights;
  const { account } = index.history.at(number);
  const between = chain.links.slice(spanOf(rights, number).to, spanOf(rights, withdrawal).to);
  return between.some((link) => index.history.at(link).account !== account);
}
