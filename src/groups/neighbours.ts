/** To whom of a large group one keeps links: few enough to carry, enough that what is new comes to everybody soon (PROTOCOL.md G67). */
import { hash } from '../crypto/hash.ts';
import { compareBytes, concat } from '../lib/bytes.ts';
import { accountKeyOf, bytesOf, type AccountId, type GroupId } from '../protocol/ids.ts';

/** Links one keeps for one group. */
export const MAX_NEIGHBOURS = 8;
/** Steps along the ring, both ways: with 256 members anybody is reached in eight, and cutting one link cuts nobody off. */
const STEPS = [1, 4, 16, 64];

/**
 * All of them in small groups; in larger ones those at certain distances on a ring, whose order is another in each group.
 * Who has me as a neighbour is one of mine, as far as both see the same people online.
 */
export function neighboursOf(me: AccountId, online: ReadonlySet<AccountId>, group: GroupId): ReadonlySet<AccountId> {
  const others = [...online].filter((account) => account !== me);
  if (others.length <= MAX_NEIGHBOURS) return new Set(others);
  const groupKey = bytesOf(group);
  const ring = [me, ...others]
    .map((account) => ({ account, place: hash(concat(groupKey, accountKeyOf(account))) }))
    .sort((a, b) => compareBytes(a.place, b.place))
    .map(({ account }) => account);
  const here = ring.indexOf(me);
  const at = (step: number) => ring[(((here + step) % ring.length) + ring.length) % ring.length];
  const neighbours = STEPS.flatMap((step) => [at(step), at(-step)]).filter((account) => account !== undefined);
  return new Set(neighbours.filter((account) => account !== me));
}
