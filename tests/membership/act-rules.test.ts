import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { mayAct, mayWrite } from '../../src/membership/act-rules.ts';
import { createGroup, writeOperation } from '../../src/membership/drafting.ts';
import { eventOf } from '../../src/membership/group-event.ts';
import { History } from '../../src/membership/history.ts';
import { resolve } from '../../src/membership/resolver.ts';
import type { GroupEvent } from '../../src/session/group-talk.ts';
import { MAX_GROUP_NAME_BYTES, MAX_MEMBERS, MAX_TOPIC_BYTES, type GroupAct } from '../../src/protocol/group-operation.ts';
import { seededRandom } from '../support/seeded-random.ts';
import * as acts from './acts.ts';
import { creation, fabricatedAuthor, realAuthor } from './authors.ts';
import { Replica } from './replica.ts';

const random = seededRandom(12);
const [alice, bob, carol, dave, mallory] = [
  fabricatedAuthor('alice', random),
  fabricatedAuthor('bob', random),
  fabricatedAuthor('carol', random),
  fabricatedAuthor('dave', random),
  fabricatedAuthor('mallory', random),
];
/** Alice is owner, bob and carol are admins, dave is a member. */
let group: Replica;

beforeAll(sodiumReady);
beforeEach(() => {
  group = new Replica(alice, creation(alice, random));
  for (const whom of [bob, carol, dave]) group.admits(whom);
  for (const whom of [bob, carol]) group.does(acts.grant(whom));
});

const ownerOnly = { kind: 'not-allowed', because: 'owner-only' };
const adminsOnly = { kind: 'not-allowed', because: 'admins-only' };
const may = (who: { readonly account: typeof alice.account }, act: GroupAct) => mayAct(group.state, who.account, act);

describe('whoever asks before they act', () => {
  it('is told that only the owner may', () => {
    for (const act of [
      acts.grant(dave),
      acts.revoke(carol),
      acts.expel(dave),
      acts.offer(carol),
      acts.openToAll,
      acts.disband,
      acts.accept,
    ]) {
      expect(may(bob, act)).toEqual(ownerOnly);
      expect(may(dave, act)).toEqual(ownerOnly);
    }
  });

  it('is told that only admins may', () => {
    const { tip } = group.state;
    for (const act of [acts.kick(dave), acts.mute(dave), acts.muteAll, acts.rename('x'), acts.announce('x'), acts.invite('x', tip)]) {
      expect(may(dave, act)).toEqual(adminsOnly);
      expect(may(bob, act)).toBeUndefined();
      expect(may(alice, act)).toBeUndefined();
    }
  });

  it('is told who is above them', () => {
    expect(may(bob, acts.kick(carol))).toEqual({ kind: 'not-allowed', because: 'target-is-admin' });
    expect(may(bob, acts.mute(alice))).toEqual({ kind: 'not-allowed', because: 'target-is-owner' });
    expect(may(alice, acts.expel(alice))).toEqual({ kind: 'not-allowed', because: 'target-is-owner' });
    expect(may(alice, acts.expel(carol))).toBeUndefined();
  });

  it('is told that there is no such member', () => {
    for (const act of [acts.grant(mallory), acts.expel(mallory), acts.kick(mallory), acts.mute(mallory), acts.offer(mallory)]) {
      expect(may(alice, act)).toEqual({ kind: 'no-such-member' });
    }
    expect(may(mallory, acts.nickname('m'))).toEqual({ kind: 'not-a-member' });
  });

  it('is told that the owner has to stay', () => {
    expect(may(alice, acts.leave)).toEqual({ kind: 'not-allowed', because: 'owner-must-stay' });
    expect(may(bob, acts.leave)).toBeUndefined();
  });

  it('can offer the ownership to admins, and take what is offered', () => {
    expect(may(alice, acts.offer(dave))).toEqual(adminsOnly);
    expect(may(alice, acts.offer(alice))).toEqual({ kind: 'not-allowed', because: 'target-is-owner' });
    expect(may(alice, acts.offer(bob))).toBeUndefined();
    group.does(acts.offer(bob));

    expect(may(bob, acts.accept)).toBeUndefined();
    expect(may(carol, acts.accept)).toEqual(ownerOnly);
  });

  it('may invite as a member where the policy lets them, and revoke their own', () => {
    const { tip } = group.state;
    group.does(acts.openToAll);
    const member = new Replica(dave, group.history.at(0));
    member.hearsAllFrom(group);
    group.hears(member.does(acts.invite('mine', tip)));
    group.does(acts.invite('not mine', tip));

    expect(may(dave, acts.invite('another', tip))).toBeUndefined();
    expect(may(dave, acts.revokeInvite('mine'))).toBeUndefined();
    expect(may(dave, acts.revokeInvite('not mine'))).toEqual(adminsOnly);
  });

  it('is told what is empty and what is too long, in bytes', () => {
    expect(may(bob, acts.rename(' \u200b'))).toEqual({ kind: 'empty' });
    expect(may(bob, acts.rename('园'.repeat(100)))).toEqual({ kind: 'too-long', bytes: 300, limit: MAX_GROUP_NAME_BYTES });
    expect(may(bob, acts.topic('x'.repeat(MAX_TOPIC_BYTES + 1)))).toMatchObject({ kind: 'too-long', limit: MAX_TOPIC_BYTES });
    expect(may(bob, acts.topic(''))).toBeUndefined();
  });

  it('is told that the group is full (G2)', () => {
    while (group.state.members.size < MAX_MEMBERS) for (let some = 0; some < 28; some++) group.admits(fabricatedAuthor('one more', random));

    expect(may(bob, acts.admit(mallory.request(group.history.group), group.state.tip))).toEqual({ kind: 'group-full', limit: MAX_MEMBERS });
  });

  it('is told that the group is over', () => {
    group.does(acts.disband);

    expect(may(alice, acts.rename('x'))).toEqual({ kind: 'group-over' });
    expect(mayWrite(group.state, bob.account, 0)).toEqual({ kind: 'group-over' });
  });
});

describe('whoever wants to write', () => {
  it('may as a member, unless they are muted', () => {
    group.does(acts.mute(dave, 5_000));

    expect(mayWrite(group.state, dave.account, 4_999)).toEqual({ kind: 'muted', until: 5_000 });
    expect(mayWrite(group.state, dave.account, 5_000)).toBeUndefined();
    expect(mayWrite(group.state, mallory.account, 0)).toEqual({ kind: 'not-a-member' });
  });

  it('may as an admin even where all are muted', () => {
    group.does(acts.muteAll);

    expect([dave, bob, alice].map(({ account }) => mayWrite(group.state, account, 0))).toEqual([
      { kind: 'all-muted' },
      undefined,
      undefined,
    ]);
  });

  it('may again once they are an admin', () => {
    group.does(acts.mute(dave));
    group.does(acts.grant(dave));

    expect(mayWrite(group.state, dave.account, 0)).toBeUndefined();
  });
});

describe('what was done', () => {
  const told = (act: GroupAct): GroupEvent | undefined => eventOf(group.does(act), group.state);

  it('is told with who did it, to whom, and as what they were known', () => {
    const by = { by: alice.account, byName: 'alice' };
    const toDave = { account: dave.account, name: 'dave' };

    expect(eventOf(group.history.at(0), group.state)).toEqual({ ...by, kind: 'created' });
    expect(told(acts.mute(dave, 7))).toEqual({ ...by, kind: 'muted', ...toDave, until: 7 });
    expect(told(acts.mute(dave))).toEqual({ ...by, kind: 'muted', ...toDave, until: 'for-good' });
    expect(told(acts.unmute(dave))).toEqual({ ...by, kind: 'unmuted', ...toDave });
    expect(told(acts.grant(dave))).toEqual({ ...by, kind: 'made-admin', ...toDave });
    expect(told(acts.offer(dave))).toEqual({ ...by, kind: 'offered', ...toDave });
    expect(told(acts.revoke(dave))).toEqual({ ...by, kind: 'unmade-admin', ...toDave });
    expect(told(acts.rename('the orchard'))).toEqual({ ...by, kind: 'renamed', text: 'the orchard' });
    expect(told(acts.muteAll)).toEqual({ ...by, kind: 'all-muted' });
    expect(told(acts.kick(dave))).toEqual({ ...by, kind: 'removed', ...toDave });
    expect(eventOf(group.admits(mallory), group.state)).toEqual({ ...by, kind: 'joined', account: mallory.account, name: 'mallory' });
  });

  it('is not told when nothing came of it, or it is nobody’s business', () => {
    const member = new Replica(dave, group.history.at(0));
    member.hearsAllFrom(group);

    expect(eventOf(member.does(acts.kick(bob)), member.state)).toBeUndefined();
    expect(told(acts.ack(group.state.tip))).toBeUndefined();
    expect(told(acts.offer(undefined))).toBeUndefined();
  });
});

describe('a person’s app', () => {
  it('makes a group and acts in it, each time after all it knows', () => {
    const { identity, keyPackage } = realAuthor('alice');
    const { kemKey } = keyPackage;
    const policy = { history: { kind: 'days', days: 3 }, invites: 'everybody' } as const;
    const made = createGroup(
      identity.device,
      { name: 'the garden', picture: undefined, policy, ownerName: 'alice', kemKey },
      { wall: 5, place: 0 },
    );
    const history = new History(made.group);
    history.add(made, 'me');
    for (const act of [acts.rename('the orchard'), acts.keepHistory]) {
      const state = resolve(history, { tip: undefined });
      if (!state) throw new Error('There is no group.');
      expect(history.add(writeOperation(history, state, identity.device, act, { wall: 6, place: 1 }), 'me').kind).toBe('added');
    }

    const state = resolve(history, { tip: undefined });
    expect(state).toMatchObject({ name: 'the orchard', policy: { history: { kind: 'all' }, invites: 'admins' }, voided: new Set() });
    expect(history.heads).toHaveLength(1);
  });
});
