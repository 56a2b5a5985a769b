import { describe, expect, it } from 'vitest';
import { claimNext } from '../../src/files/chunk-choice.ts';
import { ChunkSet } from '../../src/files/chunk-set.ts';
import { Claims } from '../../src/files/claims.ts';
import type { Giver } from '../../src/files/giver.ts';
import { Givers } from '../../src/files/givers.ts';
import { Supplier } from '../../src/files/supplier.ts';
import type { ChunkRun } from '../../src/protocol/file-word.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';

const CHUNKS = 100;
const OWED_FOR_LONG_MS = 2_000;
const ALL = { from: 0, to: CHUNKS };

/** Carol is getting a file of a hundred chunks. */
class Carol {
  readonly claims = new Claims(CHUNKS);
  readonly #have: ChunkSet;
  readonly #givers = new Givers(CHUNKS);
  readonly #clock = new ManualClock();

  constructor(...have: readonly ChunkRun[]) {
    this.#have = new ChunkSet(CHUNKS, have);
  }

  hasFrom(name: string, ...runs: readonly ChunkRun[]): Giver {
    const giver = this.#givers.meet(new Supplier(name as AccountId, this.#clock), 0);
    giver.phase = { kind: 'active' };
    giver.has = new ChunkSet(CHUNKS, runs);
    return giver;
  }

  asks(giver: Giver, limit: number, { needs = [], now = 0 }: { needs?: readonly ChunkRun[]; now?: number } = {}): readonly ChunkRun[] {
    const me = 'carol' as AccountId;
    return claimNext(giver, limit, { me, now, have: this.#have, needs, givers: this.#givers, claims: this.claims });
  }
}

describe('a giver is asked', () => {
  it('for what is not here and not on its way, in order', () => {
    const carol = new Carol({ from: 0, to: 10 });
    const [alice, bob] = [carol.hasFrom('alice', ALL), carol.hasFrom('bob', ALL)];
    expect(carol.asks(alice, 20)).toEqual([{ from: 10, to: 30 }]);
    expect(carol.asks(bob, 20)).toEqual([{ from: 30, to: 50 }]);
    expect([alice.owed.size, bob.owed.size]).toEqual([20, 20]);
  });

  it('for what somebody looks at before everything else, and for none of it twice', () => {
    const carol = new Carol();
    const alice = carol.hasFrom('alice', ALL);
    const needs = [
      { from: 60, to: 64 },
      { from: 62, to: 66 },
    ];
    expect(carol.asks(alice, 10, { needs })).toEqual([
      { from: 60, to: 64 },
      { from: 64, to: 66 },
      { from: 0, to: 4 },
    ]);
  });

  it('for what others who are getting it lack, when they have everything; and each of those begins in a part of their own', () => {
    const carol = new Carol();
    const alice = carol.hasFrom('alice', ALL);
    const bob = carol.hasFrom('bob', { from: 50, to: 60 });
    // Bob begins at 0, carol in the middle: names in order.
    expect(carol.asks(alice, 5)).toEqual([{ from: 60, to: 65 }]);
    expect(carol.asks(bob, 50)).toEqual([{ from: 50, to: 60 }]);
  });

  it('for a little of what another has owed for long, once there is nothing else; and nobody for it a third time', () => {
    const carol = new Carol({ from: 20, to: CHUNKS });
    const [alice, bob, dave] = ['alice', 'bob', 'dave'].map((name) => carol.hasFrom(name, ALL)) as [Giver, Giver, Giver];
    carol.asks(alice, 20);
    expect(carol.asks(bob, 20, { now: OWED_FOR_LONG_MS - 1 })).toEqual([]);
    expect(carol.asks(bob, 20, { now: OWED_FOR_LONG_MS })).toHaveLength(8);
    const third = carol.asks(dave, 20, { now: OWED_FOR_LONG_MS });
    expect(third.map(({ from }) => from)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect(bob.owed.has(8)).toBe(false);
  });
});

describe('a chunk that two owe', () => {
  it('stays claimed until neither owes it', () => {
    const carol = new Carol({ from: 1, to: CHUNKS });
    const [alice, bob] = [carol.hasFrom('alice', ALL), carol.hasFrom('bob', ALL)];
    carol.asks(alice, 1);
    carol.asks(bob, 1, { now: OWED_FOR_LONG_MS });
    carol.claims.release(alice);
    expect(carol.claims.claimed.has(0)).toBe(true);
    carol.claims.release(bob);
    expect(carol.claims.claimed.has(0)).toBe(false);
  });
});
