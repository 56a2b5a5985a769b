/** Who belongs to the group, now and as an operation's author knew it (PROTOCOL.md G17–G19). */
import type { AccountId } from '../protocol/ids.ts';
import { bitsWhere, isSubset } from './bits.ts';
import type { History } from './history.ts';
import { collect, inOrder, numbersOf } from './operation-index.ts';
import { actsAsAdmin, isBarred, endsActsOfAdmin, isProtected, type Rights } from './rights.ts';

/** What made and ended memberships, by account: numbers of operations that count, causes first. */
export interface Memberships {
  readonly history: History;
  readonly grants: ReadonlyMap<AccountId, readonly number[]>;
  readonly removals: ReadonlyMap<AccountId, readonly number[]>;
  /** For each grant the removals of the same account that it has seen, as places in their list. Whoever lets somebody in and out thousands of times makes this cost something, and nothing worse. */
  readonly seen: ReadonlyMap<number, Uint32Array>;
  /** What makes somebody a member: the first grant that has seen all removals of theirs (G17). Of members alone. */
  readonly standing: ReadonlyMap<AccountId, number>;
}

export function membershipsBy(rights: Rights): Memberships {
  const { index, chain, departures } = rights;
  const { history } = index;
  const grants = new Map<AccountId, number[]>();
  const removals = new Map<AccountId, number[]>();

  for (const number of inOrder(index, [...chain.links, ...admissionsBy(rights)])) {
    const { act, account, target } = history.at(number);
    if (act.type === 'create' || act.type === 'accept') collect(grants, account, number);
    if (target && (act.type === 'grant' || act.type === 'admit')) collect(grants, target, number);
    if (target && act.type === 'expel') collect(removals, target, number);
  }
  for (const number of numbersOf(index, 'kick')) {
    const { target } = history.at(number);
    if (target && isRightful(rights, number)) collect(removals, target, number);
  }
  for (const [account, leaves] of departures) for (const leave of leaves) collect(removals, account, leave);
  for (const [account, ended] of removals) removals.set(account, [...inOrder(index, ended)]);

  const seen = new Map<number, Uint32Array>();
  const standing = new Map<AccountId, number>();
  for (const [account, made] of grants) {
    const ended = removals.get(account) ?? [];
    const all = bitsWhere(ended, () => true);
    for (const grant of made)
      seen.set(
        grant,
        bitsWhere(ended, (removal) => history.precedes(removal, grant)),
      );
    const first = made.find((grant) => isSubset(all, seen.get(grant) ?? all));
    if (first !== undefined) standing.set(account, first);
  }
  return { history, grants, removals, seen, standing };
}

/** Done to plain members by admins, or to nobody. */
export function isRightful(rights: Rights, number: number): boolean {
  const { act, target } = rights.index.history.at(number);
  const isAgainst = act.type === 'kick' || act.type === 'mute' || act.type === 'unmute';
  const isTargetSafe = isAgainst && target !== undefined && isProtected(rights, target, number);
  const isHeard = (withdrawal: number) => endsActsOfAdmin(rights, withdrawal, number);
  return !isBarred(rights, number, isHeard) && actsAsAdmin(rights, number) && !isTargetSafe;
}

/** The author was a member as far as they knew, and nothing that they did not know has ended it (G18). */
export function actsAsMember({ history, grants, removals, seen }: Memberships, number: number): boolean {
  const { account } = history.at(number);
  const ended = removals.get(account) ?? [];
  const isKnown = (other: number) => history.precedes(other, number);
  if (ended.some((removal) => !isKnown(removal) && !history.precedes(number, removal))) return false;
  const known = bitsWhere(ended, isKnown);
  const made = grants.get(account) ?? [];
  return made.findLast((grant) => isKnown(grant) && isSubset(known, seen.get(grant) ?? known)) !== undefined;
}

/** `admit` operations that count. A request lets somebody in once: who left is not brought back with the request they once made (G19). */
function admissionsBy(rights: Rights): readonly number[] {
  const { index } = rights;
  const { history } = index;
  const used = new Map<string, number[]>();
  const counting: number[] = [];
  for (const number of numbersOf(index, 'admit')) {
    const { request } = history.at(number);
    if (!request || !isRightful(rights, number)) continue;
    if (used.get(request.id)?.some((earlier) => history.precedes(earlier, number))) continue;
    collect(used, request.id, number);
    counting.push(number);
  }
  return counting;
}
