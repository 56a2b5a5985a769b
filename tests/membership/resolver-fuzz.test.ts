/**
 * Random histories in which some are hostile: whoever has the same operations sees the same group, in whatever order they came
 * (PROTOCOL.md G9; attacks 26, 27, 32, 40). Histories are made without keys: what signatures keep out is not the resolver's.
 */
import { expect, test } from 'vitest';
import type { GroupState } from '../../src/membership/group-state.ts';
import { History } from '../../src/membership/history.ts';
import type { Operation } from '../../src/membership/operation.ts';
import { resolve } from '../../src/membership/resolver.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { hostileHistory, type HostileHistory } from './hostile-history.ts';
import { digest } from './state-digest.ts';

/** Some seconds; each has its own seed, so what fails can be made again. */
const HISTORIES = 400;
const FIRST_SEED = 20_260_101;
const TIME_LIMIT_MS = 120_000;

test('hostile histories end the same for everybody, whatever the order, and backdating changes nothing', { timeout: TIME_LIMIT_MS }, () => {
  const sums = { operations: 0, divergences: 0, stateChanges: 0, allowed: 0, dishonoured: 0, withoutOneOwner: 0 };
  const backdated = { removed: 0, demoted: 0, 'ex-owner': 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
    const history = hostileHistory(seed);
    sums.operations += history.operations.length;
    sums.divergences += divergencesOf(history, seed);
    sums.withoutOneOwner += hasOneOwner(history.observer.state) ? 0 : 1;
    sums.stateChanges += history.stateChanges;
    sums.allowed += history.allowed;
    sums.dishonoured += history.dishonoured;
    for (const loss of ['removed', 'demoted', 'ex-owner'] as const) backdated[loss] += history.backdated[loss];
  }
  const { operations, divergences } = sums;
  console.log(`histories ${String(HISTORIES)}, operations ${String(operations)}, divergences ${String(divergences)}`);

  expect(sums).toMatchObject({ divergences: 0, stateChanges: 0, dishonoured: 0, withoutOneOwner: 0 });
  // It has tried what it says it tried.
  expect(sums.allowed).toBeGreaterThan(HISTORIES);
  expect(Math.min(...Object.values(backdated))).toBeGreaterThan(HISTORIES / 10);
});

/** In how many of the orders the same operations came to something else. */
function divergencesOf({ observer, operations }: HostileHistory, seed: number): number {
  const expected = digest(observer.state);
  const here = ordersOf(operations, seed).map((order) => {
    const history = new History(observer.history.group);
    for (const operation of order) history.add(operation, 'somebody');
    const state = resolve(history, observer.pins);
    return state && digest(state);
  });
  return here.filter((state) => state !== expected).length;
}

function hasOneOwner({ members, owner }: GroupState): boolean {
  const owners = [...members.values()].filter(({ role }) => role === 'owner');
  return owners.length === 1 && owners[0]?.account === owner;
}

/** As they came; the other way round, where nearly all have to wait; and shuffled twice. */
function ordersOf(operations: readonly Operation[], seed: number): readonly (readonly Operation[])[] {
  return [operations, operations.toReversed(), shuffled(operations, seed), shuffled(operations, seed + 1)];
}

function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const random = seededRandom(seed);
  const drawn = items.map((item) => {
    const [a = 0, b = 0, c = 0] = random(3);
    return { item, place: (a << 16) | (b << 8) | c };
  });
  return drawn.sort((a, b) => a.place - b.place).map(({ item }) => item);
}
