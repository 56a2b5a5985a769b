/**
 * Who may do what, whenever they say they did it (PROTOCOL.md G15, G16). An operation is judged at every point of the owner's
 * chain that its author knew last or did not know: what ended a right is a barrier for everything it has not seen, so that
 * saying "I did that before" is of no use.
 */
import type { AccountId } from '../protocol/ids.ts';
import { overlaps, type Reign, type Span } from './chain-walk.ts';
import { departuresOf, isAfterTheEnd } from './departures.ts';
import { withdrawalOf } from './device-lists.ts';
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
  return { index, chain, departures: departuresOf(index, chain), spans: spansOf(index, chain) };
}

/**
 * What `spanAlong` says, of all operations at once: what an operation has seen of the chain is what its parents have, and what has
 * seen it of the chain is what has seen its children.
 */
function spansOf({ history }: OperationIndex, { links }: OwnerChain): readonly Span[] {
  const places = new Map(links.map((link, place) => [link, place]));
  const from: number[] = [];
  const to = new Array<number>(history.size).fill(links.length);
  for (let number = 0; number < history.size; number++) {
    let newest = places.get(number) ?? 0;
    for (const parent of history.parentsOf(number)) newest = Math.max(newest, from[parent] ?? 0);
    from.push(newest);
  }
  for (let number = history.size - 1; number >= 0; number--) {
    const oldest = places.get(number) ?? to[number] ?? 0;
    for (const parent of history.parentsOf(number)) to[parent] = Math.min(to[parent] ?? 0, oldest);
  }
  return from.map((place, number) => ({ from: place, to: to[number] ?? 0 }));
}

/**
 * The group was over before this was known, or its author's device was out of force. `isHeard`: which of the operations that took
 * it out of force, and that did not know of this one, have a say.
 */
export function isBarred(rights: Rights, number: number, isHeard: (withdrawal: number) => boolean): boolean {
  const { index, chain } = rights;
  if (isAfterTheEnd(index, chain.links, number)) return true;
  if (!index.relisted.has(index.history.at(number).account)) return false;
  const { known, concurrent } = withdrawalOf(index, number);
  return known || concurrent.some(isHeard);
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
 * Whether what took an admin's device out of force, without knowing of this act of theirs, ends it. Not if an operation of the
 * owner's chain, not this account's, had seen the one and not the other; nor if they have left without having said so: nobody
 * undoes what they did as an admin by a belated new list (G7).
 */
export function endsActsOfAdmin(rights: Rights, withdrawal: number, number: number): boolean {
  const { index, chain } = rights;
  const { account } = index.history.at(number);
  const span = spanOf(rights, number);
  const between = chain.links.slice(span.to, spanOf(rights, withdrawal).to);
  const isConfirmed = between.some((link) => index.history.at(link).account !== account);
  const reign = (chain.reigns.get(account) ?? []).find((candidate) => overlaps(candidate, span));
  return !isConfirmed && !(reign && leftMeanwhile(rights, account, reign, withdrawal));
}
