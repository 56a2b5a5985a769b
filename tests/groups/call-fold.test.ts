/** What members write of a call comes to one line and one roster, in whatever order it arrives (PROTOCOL.md V10). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { callRowId, foldCall, type WrittenAct } from '../../src/groups/call-fold.ts';
import type { CallAct } from '../../src/protocol/call-word.ts';
import { accountIdOf, callIdOf, groupIdOf, messageIdOf, operationIdOf } from '../../src/protocol/ids.ts';

await sodiumReady();

const GROUP = groupIdOf(operationIdOf(new Uint8Array(32).fill(7)));
const CALL = callIdOf(new Uint8Array(16).fill(1));
const [alice, bob, carol] = [1, 2, 3].map((byte) => accountIdOf(new Uint8Array(32).fill(byte)));
const PEOPLE = { alice, bob, carol };

function written(lamport: number, name: keyof typeof PEOPLE, act: CallAct): WrittenAct {
  const account = PEOPLE[name] ?? accountIdOf(new Uint8Array(32));
  return { message: messageIdOf(new Uint8Array(16).fill(lamport)), account, act, media: 'video', lamport, wall: lamport * 1_000 };
}

const fold = (...acts: readonly WrittenAct[]) => foldCall(GROUP, CALL, acts);

describe('the acts of a call in a group', () => {
  it('say who is in it: who came and has not left', () => {
    const folded = fold(
      written(1, 'alice', 'started'),
      written(2, 'bob', 'joined'),
      written(3, 'carol', 'joined'),
      written(4, 'bob', 'left'),
    );
    expect(folded?.roster).toMatchObject({ by: alice, began: 1_000, people: [alice, carol] });
    expect(folded?.entry).toMatchObject({ over: false, duration: 0, people: [alice, bob, carol] });
  });

  it('are over when the last one has left, and it took from the start to then', () => {
    const folded = fold(
      written(1, 'alice', 'started'),
      written(2, 'bob', 'joined'),
      written(5, 'alice', 'left'),
      written(9, 'bob', 'ended'),
    );
    expect(folded?.entry).toMatchObject({ over: true, duration: 8_000, people: [alice, bob] });
  });

  it('let the last one end it for those who crashed, but not for who came after', () => {
    const crashed = [written(1, 'alice', 'started'), written(2, 'bob', 'joined'), written(5, 'alice', 'ended')];
    expect(fold(...crashed)?.entry.over).toBe(true);
    expect(fold(...crashed, written(6, 'carol', 'joined'))?.roster.people).toEqual([carol]);
  });

  it('are nothing before anybody came', () => {
    expect(fold(written(3, 'bob', 'left'))).toBeUndefined();
  });

  it('come to the same for all, in whatever order they arrive', () => {
    const act = fc.record({
      lamport: fc.integer({ min: 1, max: 40 }),
      name: fc.constantFrom('alice' as const, 'bob' as const, 'carol' as const),
      act: fc.constantFrom<CallAct>('started', 'joined', 'left', 'ended'),
    });
    const shuffled = fc.uniqueArray(act, { selector: ({ lamport }) => lamport, maxLength: 12 }).chain((acts) => {
      const all = acts.map((each) => written(each.lamport, each.name, each.act));
      return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
    });
    fc.assert(
      fc.property(shuffled, ([acts, others]) => {
        expect(fold(...others)).toEqual(fold(...acts));
      }),
      { seed: 3 },
    );
  });

  it('stand under an id that no author of a call can choose', () => {
    expect(callRowId(GROUP, CALL)).not.toBe(CALL);
    expect(callRowId(GROUP, CALL)).toHaveLength(22);
  });
});
