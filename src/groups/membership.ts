/** Who belongs to the group, now and as an operation's author knew it (PROTOCOL.md G17–G19). */
import type { AccountId } from '../protocol/ids.ts';
import type { History } from './history.ts';
import { collect, inOrder, numbersOf } from './operation-index.ts';
import { actsAsAdmin, isBarred, isConfirmedBefore, isProtected, type Rights } from './rights.ts';

/** What made and ended memberships, by account: numbers of operations that count, in the order of the index. */
export interface Memberships {
  readonly history: History;
  readonly grants: ReadonlyMap<AccountId, readonly number[]>;
  readonly removals: ReadonlyMap<AccountId, readonly number[]>;
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
  return { history, grants, removals };
}

/** Done to plain members by admins, or to nobody. */
export function isRightful(rights: Rights, number: number): boolean {
  const { act, target } = rights.index.history.at(number);
  const isAgainst = act.type === 'kick' || act.type === 'mute' || act.type === 'unmute';
  const isTargetSafe = isAgainst && target !== undefined && isProtected(rights, target, number);
  const isHeard = (withdrawal: number) => !isConfirmedBefore(rights, number, withdrawal);
  return !isBarred(rights, number, isHeard) && actsAsAdmin(rights, number) && !isTargetSafe;
}

/** What makes somebody a member: the first grant that has seen all removals of theirs (G17). */
export function standingGrant({ history, grants, removals }: Memberships, account: AccountId): number | undefined {
  const ended = removals.get(account) ?? [];
  return (grants.get(account) ?? []).find((grant) => ended.every((removal) => history.precedes(removal, grant)));
}

/** The author was a member as far as they knew, and nothing that they did not know has ended it (G18). */
export function actsAsMember({ history, grants, removals }: Memberships, number: number): boolean {
  const { account } = history.at(number);
  const known: number[] = [];
  for (const removal of removals.get(account) ?? []) {
    if (history.precedes(removal, number)) known.push(removal);
    else if (!history.precedes(number, removal)) return false;
  }
  const isKnown = (grant: number) => grant === number || history.precedes(grant, number);
  return (grants.get(account) ?? []).some((grant) => isKnown(grant) && known.every((removal) => history.precedes(removal, grant)));
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
