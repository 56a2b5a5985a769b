import { describe, expect, it } from 'vitest';
import { hash } from '../../src/crypto/hash.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { MAX_NEIGHBOURS, neighboursOf } from '../../src/groups/neighbours.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { accountIdOf, groupIdOf, operationIdOf, type AccountId } from '../../src/protocol/ids.ts';

await sodiumReady();
const group = groupIdOf(operationIdOf(hash(utf8('a group'))));
const people = (count: number) => new Set(Array.from({ length: count }, (_, index) => accountIdOf(hash(utf8(`person ${index}`)))));

/** How many links news passes on its longest way; Infinity when it does not come to all. */
function longestWay(all: ReadonlySet<AccountId>): number {
  const [first] = all;
  if (!first) return 0;
  const distances = new Map([[first, 0]]);
  for (const [account, distance] of distances) {
    for (const next of neighboursOf(account, all, group)) if (!distances.has(next)) distances.set(next, distance + 1);
  }
  return distances.size === all.size ? Math.max(...distances.values()) : Infinity;
}

describe('[G67] neighbours', () => {
  it('are all others in a group of nine', () => {
    const nine = people(9);
    for (const account of nine) expect(neighboursOf(account, nine, group).size).toBe(8);
  });

  it.each([10, 31, 100, 256])('of %i people are a few, mutual, and news comes to everybody soon', (count) => {
    const all = people(count);
    for (const account of all) {
      const mine = neighboursOf(account, all, group);
      expect(mine.size).toBeLessThanOrEqual(MAX_NEIGHBOURS);
      expect(mine.has(account)).toBe(false);
      for (const other of mine) expect(neighboursOf(other, all, group).has(account)).toBe(true);
    }
    expect(longestWay(all)).toBeLessThanOrEqual(9);
  });

  it('are nobody for somebody alone', () => {
    const [alice] = people(1);
    expect(alice && neighboursOf(alice, new Set([alice]), group).size).toBe(0);
  });
});
