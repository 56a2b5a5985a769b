import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { History } from '../../src/membership/history.ts';
import type { Operation } from '../../src/membership/operation.ts';
import { MAX_OPERATIONS, MAX_PREVIOUS } from '../../src/protocol/group-operation.ts';
import { operationIdOf } from '../../src/protocol/ids.ts';
import { seededRandom } from '../support/seeded-random.ts';
import * as acts from './acts.ts';
import { creation, fabricatedAuthor, realAuthor, type Author } from './authors.ts';
import { meet, Replica } from './replica.ts';

let alice: Replica;
let bob: Replica;
let made: Operation;

beforeAll(sodiumReady);
beforeEach(() => {
  made = creation(realAuthor('alice'), seededRandom(1));
  alice = new Replica(realAuthor('alice'), made);
  bob = new Replica(realAuthor('bob'), made);
  alice.admits(bob.who);
  meet(alice, bob);
});

describe('a history', () => {
  it('knows what follows from what, however they came (G3)', () => {
    const [one, other] = [alice.does(acts.rename('one')), bob.does(acts.nickname('other'))];
    meet(alice, bob);
    const both = alice.does(acts.topic('both'));
    const { history } = alice;
    const number = (operation: Operation) => history.numberOf(operation.id) ?? -1;

    expect(history.precedes(number(one), number(both))).toBe(true);
    expect(history.precedes(number(other), number(both))).toBe(true);
    expect(history.precedes(number(one), number(other))).toBe(false);
    expect(history.precedes(number(other), number(one))).toBe(false);
    expect(history.precedes(number(both), number(both))).toBe(false);
    expect(history.heads).toEqual([both]);
  });

  it('lets an operation wait for what it follows from, and says what that is (G3)', () => {
    const [first, second, third] = [alice.does(acts.rename('1')), alice.does(acts.rename('2')), alice.does(acts.rename('3'))];

    expect(bob.history.add(third, 'alice')).toEqual({ kind: 'pending', missing: [second.id] });
    expect(bob.history.add(third, 'alice')).toEqual({ kind: 'known' });
    expect(bob.history.add(second, 'alice')).toEqual({ kind: 'pending', missing: [first.id] });
    expect(bob.history.missing()).toEqual([first.id]);
    expect(bob.history.add(first, 'alice')).toEqual({ kind: 'added', operations: [first, second, third] });
    expect(bob.history.missing()).toEqual([]);
    expect(bob.history.add(second, 'alice')).toEqual({ kind: 'known' });
  });

  it('keeps at most a thousand waiting operations of one peer, and the others’ beside them (G3)', () => {
    const owner = fabricatedAuthor('owner', seededRandom(5));
    const far = new Replica(owner, creation(owner, seededRandom(6)));
    const hidden = far.does(acts.rename('what all others follow from'));
    const flood = Array.from({ length: 1_001 }, () => far.claims(acts.rename('more'), { wall: 1 }));
    const here = new History(far.history.group);
    here.add(far.history.at(0), 'somebody');
    for (const operation of flood.slice(0, 1_000)) here.add(operation, 'mallory');
    here.add(far.claims(acts.rename('mine')), 'bob');
    const isKept = (operation: Operation) => here.add(operation, 'again').kind === 'known';
    expect(isKept(flood[0] ?? hidden)).toBe(true);
    here.add(flood[1_000] ?? hidden, 'mallory');
    const added = here.add(hidden, 'bob');

    // The first of the flood went when the last came; of bob's nothing did.
    expect(added.kind === 'added' && added.operations.length).toBe(1 + 1_000 + 1);
    expect(here.has(flood[0]?.id ?? hidden.id)).toBe(false);
  });

  it('refuses a Lamport time that is not one more than what it follows from, whoever says it (G4, attack 37)', () => {
    for (const lamport of [2, 4, 2 ** 40]) {
      const inflated = alice.claims(acts.rename('the last word'), { lamport });
      expect(bob.history.add(inflated, 'alice')).toEqual({ kind: 'refused', because: 'wrong-lamport' });
    }
  });

  it('refuses what skips a number of its device, or follows another device’s (G4)', () => {
    const [last] = alice.history.heads;
    if (!last) throw new Error('There is no group.');

    expect(bob.history.add(alice.claims(acts.rename('later'), { seq: 9 }), 'alice')).toEqual({
      kind: 'refused',
      because: 'broken-sequence',
    });
    const foreign = bob.claims(acts.nickname('bobby'), { seq: last.seq + 1, own: last.id });
    expect(alice.history.add(foreign, 'bob')).toEqual({ kind: 'refused', because: 'broken-sequence' });
  });

  it('refuses what follows from what was refused, and does not wait for it again (G4)', () => {
    const wrong = alice.claims(acts.rename('wrong'), { lamport: 77 });
    const after = alice.claims(acts.rename('after'), { prev: [wrong.id], lamport: 78, seq: wrong.seq + 1, own: wrong.id });

    expect(bob.history.add(after, 'alice').kind).toBe('pending');
    expect(bob.history.add(wrong, 'alice').kind).toBe('refused');
    expect(bob.history.missing()).toEqual([]);
    expect(bob.history.size).toBe(2);
  });

  it('takes nothing of another group, and no second beginning', () => {
    const other = creation(realAuthor('alice'), seededRandom(2));

    expect(bob.history.add(other, 'alice')).toEqual({ kind: 'refused', because: 'foreign-group' });
  });

  it('keeps both of two operations that one device signed as one, and shows them (G5, attack 31)', () => {
    const [one, other] = [bob.claims(acts.nickname('bobby')), bob.claims(acts.nickname('robert'))];
    alice.hears(one);
    alice.hears(other);
    const elsewhere = new Replica(alice.who, made);
    elsewhere.hearsAllFrom(alice);
    const backwards = new Replica(alice.who, made);
    backwards.hears(other, one, ...alice.history.operations);

    const [proof] = alice.state.equivocations;
    expect(proof).toMatchObject({ account: bob.who.account, device: bob.who.device, seq: 1 });
    expect(new Set(proof?.proof.map(({ id }) => id))).toEqual(new Set([one.id, other.id]));
    expect(elsewhere.state.equivocations).toEqual(alice.state.equivocations);
    expect(backwards.state.equivocations).toEqual(alice.state.equivocations);
    expect(alice.history.heads).toHaveLength(2);
  });

  it('says nothing of a device that keeps to one line', () => {
    bob.does(acts.nickname('bobby'));
    bob.does(acts.nickname('robert'));
    meet(alice, bob);

    expect(alice.state.equivocations).toEqual([]);
  });

  it('is full at ten thousand (G2)', () => {
    const owner = fabricatedAuthor('owner', seededRandom(7));
    const { history } = new Replica(owner, creation(owner, seededRandom(8)));
    const next = () => {
      const [head] = history.heads;
      if (!head) throw new Error('There is no group.');
      const { id, seq, lamport } = head;
      const after = {
        group: history.group,
        seq: seq + 1,
        own: id,
        prev: [id],
        ownerPrev: undefined,
        lamport: lamport + 1,
        wall: 0,
        place: 0,
      };
      return owner.sign({ ...after, act: acts.muteAll });
    };
    while (history.size < MAX_OPERATIONS) history.add(next(), 'owner');

    expect(history.add(next(), 'owner')).toEqual({ kind: 'refused', because: 'full' });
  });

  it('says what somebody lacks from how much they have of each device', () => {
    const before = bob.history.vector();
    const news = [alice.does(acts.rename('1')), alice.does(acts.rename('2'))];

    expect(alice.history.beyond(before)).toEqual(news);
    expect(alice.history.beyond(alice.history.vector())).toEqual([]);
  });

  it('can be looked at as it was for whoever knew no more', () => {
    const first = alice.does(acts.rename('then'));
    alice.does(acts.rename('now'));
    const then = alice.history.upTo([first.id]);

    expect(then?.heads.map(({ id }) => id)).toEqual([first.id]);
    expect(then?.size).toBe(alice.history.size - 1);
    expect(alice.history.upTo([operationIdOf(new Uint8Array(32))])).toBeUndefined();
  });

  it('of more ends than an operation can name gives the newest, and those before the next time (G3)', () => {
    const owner = fabricatedAuthor('owner', seededRandom(9));
    const crowd: readonly Author[] = Array.from({ length: MAX_PREVIOUS + 4 }, (_, index) =>
      fabricatedAuthor(`m${String(index)}`, seededRandom(10 + index)),
    );
    const start = creation(owner, seededRandom(11));
    const all = new Replica(owner, start);
    for (const member of crowd) all.admits(member);
    const members = crowd.map((member) => new Replica(member, start));
    for (const member of members) member.hearsAllFrom(all);
    for (const member of members) all.hears(member.does(acts.nickname('again')));

    expect(all.history.heads).toHaveLength(crowd.length);
    expect(all.does(acts.rename('one')).prev).toHaveLength(MAX_PREVIOUS);
    expect(all.history.heads).toHaveLength(crowd.length - MAX_PREVIOUS + 1);
    all.does(acts.rename('two'));
    expect(all.history.heads).toHaveLength(1);
    expect(all.state.members.get(crowd[0]?.account ?? owner.account)?.nickname).toBe('again');
  });
});
