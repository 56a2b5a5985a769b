import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { proveFork } from '../../src/groups/log-fork.ts';
import type { CarriedMessage } from '../../src/groups/message.ts';
import {
  emptyLog,
  forkedAt,
  isInStore,
  MAX_AHEAD,
  missingFrom,
  place,
  restoreLog,
  shortDevice,
  vectorOf,
  type DeviceLog,
  type DeviceLogs,
  type LogLink,
  type Placement,
} from '../../src/groups/message-log.ts';
import { groupIdOf, type OperationId } from '../../src/protocol/ids.ts';
import { valueOf } from '../support/value-of.ts';
import { fourTalkers, operationCalled, type BegunEpoch, type Talker } from './talkers.ts';

let alice: Talker;
let bob: Talker;
let epoch: BegunEpoch;

beforeAll(async () => {
  [alice, bob] = await fourTalkers();
  epoch = alice.begin('epoch', [alice, bob]);
});

type Entry = LogLink & { readonly seq: number };

/** The messages a device writes, as its log sees them. */
function chain(length: number, name = 'message'): readonly Entry[] {
  return Array.from({ length }, (_, index) => ({
    seq: index + 1,
    id: operationCalled(`${name} ${index + 1}`),
    own: index === 0 ? undefined : operationCalled(`${name} ${index}`),
    lamport: (index + 1) * 3,
  }));
}

/** A log with the store it is the index of. */
class Replica {
  log: DeviceLog;
  readonly stored = new Map<number, Entry>();

  constructor(from = 0) {
    this.log = emptyLog(from);
  }

  take(entry: Entry): Placement['kind'] {
    const stored = isInStore(this.log, entry.seq) ? this.stored.get(entry.seq)?.id : undefined;
    const placement = place(this.log, entry, stored);
    if (placement.kind === 'added') {
      this.log = placement.log;
      this.stored.set(entry.seq, entry);
    }
    return placement.kind;
  }
}

function replicaWith(...entries: readonly Entry[]): Replica {
  const replica = new Replica();
  for (const entry of entries) replica.take(entry);
  return replica;
}

const entryAt = (entries: readonly Entry[], seq: number): Entry => entries[seq - 1] ?? expect.fail(`no message ${seq}`);
const logsOf = (log: DeviceLog, device = bob.device): DeviceLogs => new Map([[device, log]]);

describe('the log of a device', () => {
  it('[G50] is whole in the end, in whatever order and however often its messages come', () => {
    const entries = chain(40);
    fc.assert(
      fc.property(fc.array(fc.nat(39), { maxLength: 60 }), fc.shuffledSubarray([...entries], { minLength: 40 }), (repeated, order) => {
        const replica = new Replica();
        const arrivals = [...repeated.map((index) => entryAt(entries, index + 1)), ...order];
        for (const entry of arrivals) expect(['added', 'held']).toContain(replica.take(entry));
        expect(replica.log).toEqual({
          from: 0,
          upTo: 40,
          tip: { id: operationCalled('message 40'), own: operationCalled('message 39'), lamport: 120 },
          ahead: new Map(),
        });
        expect(replica.stored.size).toBe(40);
      }),
      { numRuns: 200 },
    );
  });

  it('[G50] [G51] says at any time exactly what is missing, and is whole once that has come', () => {
    const entries = chain(60);
    const all = replicaWith(...entries);
    fc.assert(
      fc.property(fc.shuffledSubarray([...entries]), fc.integer({ min: 1, max: 60 }), (some, limit) => {
        const replica = replicaWith(...some);
        const missing = new Set(entries.map(({ seq }) => seq));
        for (const { seq } of some) missing.delete(seq);
        while (missing.size > 0) {
          const asked = missingFrom(logsOf(replica.log), vectorOf(logsOf(all.log)), limit).flatMap(({ from, to }) =>
            Array.from({ length: to - from + 1 }, (_, index) => from + index),
          );
          expect(asked).toEqual([...missing].sort((a, b) => a - b).slice(0, limit));
          for (const seq of asked) {
            expect(replica.take(entryAt(entries, seq))).toBe('added');
            missing.delete(seq);
          }
        }
        expect(missingFrom(logsOf(replica.log), vectorOf(logsOf(all.log)))).toEqual([]);
        expect(replica.log).toEqual(all.log);
      }),
      { numRuns: 100 },
    );
  });

  it('[G51] is asked for whole of somebody who has it, by whoever has nothing, but not all at once', () => {
    const log = replicaWith(...chain(600)).log;
    const device = shortDevice(bob.device);
    expect(missingFrom(new Map(), vectorOf(logsOf(log)))).toEqual([{ device, from: 1, to: 256 }]);
    expect(vectorOf(new Map([[bob.device, emptyLog()]]))).toEqual([]);
  });

  it('[G51] begins for a new member where the group lets them read', () => {
    const entries = chain(10);
    const replica = new Replica(6);
    expect(replica.take(entryAt(entries, 6))).toBe('too-old');
    expect(missingFrom(logsOf(replica.log), vectorOf(logsOf(replicaWith(...entries).log)))).toEqual([
      { device: shortDevice(bob.device), from: 7, to: 10 },
    ]);
    expect(replica.take(entryAt(entries, 8))).toBe('added');
    expect(replica.take(entryAt(entries, 7))).toBe('added');
    expect(replica.log.upTo).toBe(8);
  });

  it('[G50] takes nothing so far ahead that it could not be kept', () => {
    const far = { seq: MAX_AHEAD + 1, id: operationCalled('far'), own: operationCalled('before'), lamport: 1 };
    expect(new Replica().take(far)).toBe('too-far-ahead');
    expect(new Replica().take({ ...far, seq: MAX_AHEAD })).toBe('added');
    expect(new Replica().take({ ...far, seq: Number.MAX_SAFE_INTEGER })).toBe('too-far-ahead');
  });

  it('[G49] grows in Lamport time from message to message', () => {
    const entries = chain(3);
    const first = replicaWith(entryAt(entries, 1));
    expect(first.take({ ...entryAt(entries, 2), lamport: 3 })).toBe('out-of-order');
    expect(first.take({ ...entryAt(entries, 2), lamport: 4 })).toBe('added');
    const last = replicaWith(entryAt(entries, 3));
    expect(last.take({ ...entryAt(entries, 2), lamport: 9 })).toBe('out-of-order');
  });

  it('[G50] is found again in the store as it was', () => {
    const entries = chain(12);
    const { log } = replicaWith(...entries.filter(({ seq }) => seq !== 6 && seq !== 9));
    expect(log.upTo).toBe(5);
    const found = entries.filter(({ seq }) => seq >= 5 && seq !== 6 && seq !== 9).reverse();
    expect(restoreLog(0, 5, found)).toEqual(log);
  });
});

describe('a device that says two things as one', () => {
  it('[G53] [attack 31] is found out wherever its two branches meet', () => {
    const entries = chain(8);
    const branch = chain(8, 'other').map((entry) => (entry.seq === 5 ? { ...entry, own: operationCalled('message 4') } : entry));
    const placed = (held: readonly Entry[], entry: Entry) => {
      const replica = replicaWith(...held);
      return place(replica.log, entry, isInStore(replica.log, entry.seq) ? replica.stored.get(entry.seq)?.id : undefined);
    };
    // Behind the tip, at it, as its successor, and among what is ahead.
    expect(placed(entries, entryAt(branch, 5))).toEqual({ kind: 'contradiction', seq: 5 });
    expect(placed(entries.slice(0, 5), entryAt(branch, 5))).toEqual({ kind: 'contradiction', seq: 5 });
    expect(placed(entries.slice(0, 5), entryAt(branch, 6))).toEqual({ kind: 'contradiction', seq: 5 });
    expect(placed([entryAt(entries, 7)], entryAt(branch, 7))).toEqual({ kind: 'contradiction', seq: 7 });
    expect(placed([entryAt(entries, 7)], entryAt(branch, 6))).toEqual({ kind: 'contradiction', seq: 7 });
    expect(placed([entryAt(entries, 7)], entryAt(branch, 8))).toEqual({ kind: 'contradiction', seq: 7 });
  });

  it('[G52] [G53] shows in the vectors of two who hold different branches', () => {
    const mine = logsOf(replicaWith(...chain(3)).log);
    const theirs = logsOf(replicaWith(...chain(3, 'other')).log);
    expect(forkedAt(mine, vectorOf(theirs))).toEqual([{ device: shortDevice(bob.device), from: 3, to: 3 }]);
    expect(forkedAt(mine, vectorOf(mine))).toEqual([]);
    expect(forkedAt(mine, vectorOf(logsOf(replicaWith(...chain(2)).log)))).toEqual([]);
    expect(forkedAt(new Map(), vectorOf(theirs))).toEqual([]);
  });

  it('[G53] is proven by the two messages, to anybody and in either order', () => {
    const [one, two] = [bob.draft(epoch, 'to alice: yes'), bob.draft(epoch, 'to carol: no')];
    const { account, device } = bob;
    const { group } = one;
    const proofs = [one, two].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ envelope }) => envelope);
    expect(proveFork(one.envelope, two.envelope)).toEqual({ ok: true, value: { group, account, device, proofs } });
    expect(proveFork(two.envelope, one.envelope)).toEqual({ ok: true, value: { group, account, device, proofs } });
  });

  it('[G53] is proven by a message and one that names another before it', () => {
    const one = bob.draft(epoch, 'one');
    const second = bob.draft(epoch, 'two', { seq: 2, own: operationCalled('another first') });
    expect(valueOf(proveFork(second.envelope, one.envelope)).proofs).toEqual([one.envelope, second.envelope]);
  });

  it('[G53] is not proven by honest messages, by those of two devices or groups, or by what nobody signed', () => {
    const one = bob.draft(epoch, 'one');
    const two = bob.draft(epoch, 'two', { seq: 2, own: one.id });
    const fourth = bob.draft(epoch, 'four', { seq: 4, own: operationCalled('three') });
    const elsewhere = bob.draft(epoch, 'elsewhere', { group: groupIdOf(operationCalled('another group')) });
    const by = alice.draft(epoch, 'one');
    const proves = (a: CarriedMessage, b: CarriedMessage) => proveFork(a.envelope, b.envelope).ok;
    expect([proves(one, one), proves(one, two), proves(two, fourth), proves(one, elsewhere), proves(one, by)]).not.toContain(true);
    const forged = one.envelope.slice();
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    expect(proveFork(forged, bob.draft(epoch, 'other').envelope).ok).toBe(false);
  });

  it('keeps what was there first', () => {
    const entries = chain(3);
    const replica = replicaWith(...entries);
    const other: OperationId = operationCalled('other');
    expect(replica.take({ ...entryAt(entries, 2), id: other })).toBe('contradiction');
    expect(replica.stored.get(2)?.id).toBe(entryAt(entries, 2).id);
  });
});
