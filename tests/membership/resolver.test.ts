/** What operations come to, as the rules say it (PROTOCOL.md G9–G20), and what becomes of those who do not keep to them (attacks 23–32, 38–40). */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import type { GroupState } from '../../src/membership/group-state.ts';
import type { Operation } from '../../src/membership/operation.ts';
import { createDevice } from '../../src/identity/device.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import type { GroupAct } from '../../src/protocol/group-operation.ts';
import { identityOf } from '../support/identities.ts';
import { seededRandom } from '../support/seeded-random.ts';
import * as acts from './acts.ts';
import { creation, realAuthor, type Author, type RealAuthor } from './authors.ts';
import { meet, Replica } from './replica.ts';
import { appearance, digest } from './state-digest.ts';

let made: Operation;
/** Alice is owner, bob and carol are admins, dave and erin are members; mallory is outside. All know it. */
let alice: Replica<RealAuthor>;
let bob: Replica<RealAuthor>;
let carol: Replica<RealAuthor>;
let dave: Replica<RealAuthor>;
let erin: Replica<RealAuthor>;
let mallory: Replica<RealAuthor>;
let everybody: readonly Replica[];
let start: readonly Operation[];

const known = new Map<string, RealAuthor>();
function person(name: string): Replica<RealAuthor> {
  const author = known.get(name) ?? realAuthor(name);
  known.set(name, author);
  return new Replica(author, made);
}

beforeAll(sodiumReady);
beforeEach(() => {
  made = creation(known.get('alice') ?? realAuthor('alice'), seededRandom(1));
  [alice, bob, carol, dave, erin, mallory] = [
    person('alice'),
    person('bob'),
    person('carol'),
    person('dave'),
    person('erin'),
    person('mallory'),
  ];
  for (const { who } of [bob, carol, dave, erin]) alice.admits(who);
  for (const { who } of [bob, carol]) alice.does(acts.grant(who));
  everybody = [alice, bob, carol, dave, erin];
  meet(...everybody);
  start = alice.history.heads;
});

const roleOf = (state: GroupState, { who }: Replica) => state.members.get(who.account)?.role;
const counts = (state: GroupState, operation: Operation) => state.effective.has(operation.id);

/** All know all, and all see the same; it is this. */
function settled(): GroupState {
  meet(...everybody);
  const [state] = everybody.map((replica) => replica.state);
  if (!state) throw new Error('Nobody is there.');
  for (const replica of everybody) expect(digest(replica.state)).toBe(digest(state));
  return state;
}

/** Nobody who hears of it sees anything else than before. */
function changesNothing(operation: Operation): void {
  for (const replica of everybody) {
    const before = appearance(replica.looks());
    replica.hears(operation);
    expect(appearance(replica.state)).toBe(before);
    expect(counts(replica.state, operation)).toBe(false);
  }
}

describe('a group', () => {
  it('has the owner who made it, and whom they let in', () => {
    const state = settled();

    expect(everybody.map((replica) => roleOf(state, replica))).toEqual(['owner', 'admin', 'admin', 'member', 'member']);
    expect(state).toMatchObject({ name: 'the garden', topic: '', allMuted: false, disbanded: false, owner: alice.who.account });
    expect([...state.names.values()].sort()).toEqual(['alice', 'bob', 'carol', 'dave', 'erin']);
    expect(state.devices.map(({ device }) => device).sort()).toEqual(everybody.map(({ who }) => who.device).sort());
    expect(state.voided.size).toBe(0);
  });
});

describe('whoever is no admin (attack 25)', () => {
  const admins: readonly [string, () => GroupAct][] = [
    ['kick', () => acts.kick(erin.who)],
    ['mute', () => acts.mute(erin.who)],
    ['unmute', () => acts.unmute(erin.who)],
    ['mute all', () => acts.muteAll],
    ['rename', () => acts.rename('dave’s')],
    ['set the topic', () => acts.topic('dave')],
    ['announce', () => acts.announce('dave')],
    ['pin', () => acts.pin('a message')],
    ['invite', () => acts.invite('a link', alice.state.tip)],
    ['decline', () => acts.decline(mallory.who)],
  ];
  const owners: readonly [string, () => GroupAct][] = [
    ['make an admin', () => acts.grant(dave.who)],
    ['unmake an admin', () => acts.revoke(carol.who)],
    ['expel', () => acts.expel(erin.who)],
    ['offer the ownership', () => acts.offer(bob.who)],
    ['take the ownership', () => acts.accept],
    ['change the policy', () => acts.openToAll],
    ['disband', () => acts.disband],
  ];

  it.each([...admins, ...owners])('cannot %s (G10, G15)', (_, act) => changesNothing(dave.does(act())));
  it.each(owners)('cannot %s as an admin either (G10)', (_, act) => changesNothing(bob.does(act())));
  it('cannot let anybody in (G15)', () => changesNothing(dave.admits(mallory.who)));

  it('cannot do what only members can without being one (G18)', () => {
    const request = mallory.who.request(alice.history.group);
    dave.carries(request);
    meet(...everybody);
    mallory.hearsAllFrom(dave);

    // Nothing has brought mallory's device in, so their operations do not even get into a history (G6).
    expect(alice.history.add(mallory.does(acts.nickname('m')), 'mallory')).toEqual({ kind: 'refused', because: 'unknown-device' });
  });
});

describe('admins', () => {
  it.each<[string, () => GroupAct]>([
    ['kick', () => acts.kick(carol.who)],
    ['mute', () => acts.mute(carol.who)],
    ['kick the owner', () => acts.kick(alice.who)],
    ['mute the owner', () => acts.mute(alice.who)],
  ])('cannot %s each other: nobody duels (G15, attack 26)', (_, act) => changesNothing(bob.does(act())));

  it('who fall upon each other in a circle are all still there (attack 26)', () => {
    bob.does(acts.kick(carol.who));
    carol.does(acts.kick(bob.who));
    alice.does(acts.grant(dave.who));
    meet(alice, dave);
    dave.does(acts.kick(bob.who));
    const state = settled();

    expect([bob, carol, dave].map((replica) => roleOf(state, replica))).toEqual(['admin', 'admin', 'admin']);
  });

  it('remove one and mute another at once, and both holds', () => {
    bob.does(acts.kick(dave.who));
    carol.does(acts.mute(erin.who));
    const state = settled();

    expect(state.members.has(dave.who.account)).toBe(false);
    expect(state.members.get(erin.who.account)?.muted).toBe('for-good');
    expect(state.former.get(dave.who.account)?.how).toBe('removed');
  });

  it('remove each other’s newcomers at once, and neither is left', () => {
    bob.does(acts.kick(dave.who));
    carol.does(acts.kick(erin.who));
    const state = settled();

    expect([dave, erin].map((replica) => roleOf(state, replica))).toEqual([undefined, undefined]);
  });
});

describe('the end of a right is a barrier for what it has not seen (G15, attack 27)', () => {
  const everyAct: readonly [string, () => GroupAct][] = [
    ['kick', () => acts.kick(erin.who)],
    ['mute', () => acts.mute(erin.who)],
    ['mute all', () => acts.muteAll],
    ['rename', () => acts.rename('bob’s')],
    ['set the topic', () => acts.topic('bob')],
    ['announce', () => acts.announce('bob')],
    ['pin', () => acts.pin('a message')],
    ['invite', () => acts.invite('a link', alice.state.tip)],
    ['decline', () => acts.decline(mallory.who)],
    ['make an admin', () => acts.grant(dave.who)],
    ['expel', () => acts.expel(carol.who)],
    ['take the ownership', () => acts.accept],
    ['disband', () => acts.disband],
  ];

  it.each(everyAct)('who was demoted and says to have acted before does not %s', (_, act) => {
    alice.does(acts.revoke(bob.who));
    meet(...everybody);

    changesNothing(bob.backdates(start, act()));
  });

  it.each([...everyAct, ['take a nickname', () => acts.nickname('b')] as const, ['begin an epoch', () => acts.epoch] as const])(
    'who was expelled and says to have acted before does not %s',
    (_, act) => {
      alice.does(acts.expel(bob.who));
      meet(...everybody);

      changesNothing(bob.backdates(start, act()));
    },
  );

  it.each<[string, () => GroupAct]>([
    ['take a nickname', () => acts.nickname('d')],
    ['begin an epoch', () => acts.epoch],
    ['acknowledge', () => acts.ack(alice.state.tip)],
    ['kick', () => acts.kick(erin.who)],
    ['bring in a device', () => ({ type: 'keyPackage', ...dave.who.keyPackage })],
  ])('who was kicked and says to have acted before does not %s (G18)', (_, act) => {
    bob.does(acts.kick(dave.who));
    meet(...everybody);

    changesNothing(dave.backdates(start, act()));
  });

  it.each<[string, () => GroupAct]>([
    ['rename', () => acts.rename('bob’s')],
    ['kick', () => acts.kick(erin.who)],
    ['take a nickname', () => acts.nickname('b')],
  ])('who left and says to have acted before does not %s', (_, act) => {
    bob.does(acts.leave);
    meet(...everybody);

    changesNothing(bob.backdates(start, act()));
  });

  it('lets nobody in who was let in before by somebody who was demoted', () => {
    alice.does(acts.revoke(bob.who));
    meet(...everybody);

    changesNothing(bob.backdatesAdmission(start, mallory.who));
  });

  it('also for what was honest and merely too late, and who was let in by it is named (G19, attack 29)', () => {
    alice.does(acts.revoke(bob.who));
    const admitted = bob.admits(mallory.who);
    mallory.hearsAllFrom(bob);
    expect(roleOf(bob.state, mallory)).toBe('member');
    const said = mallory.does(acts.nickname('m'));
    everybody = [...everybody, mallory];
    const state = settled();

    expect(counts(state, admitted) || counts(state, said)).toBe(false);
    expect(state.members.has(mallory.who.account)).toBe(false);
    expect([...state.ejected.keys()]).toEqual([mallory.who.account]);
    expect(state.former.get(mallory.who.account)?.how).toBe('ejected');
  });

  it('and whoever was let in so can be let in again with the request they made', () => {
    alice.does(acts.revoke(bob.who));
    const { request } = bob.admits(mallory.who);
    const before = settled();
    const again = before.ejected.get(mallory.who.account);
    carol.admits(mallory.who, again);
    const state = settled();

    expect(again?.id).toBe(request?.id);
    expect(roleOf(state, mallory)).toBe('member');
    expect(state.ejected.size).toBe(0);
  });

  it('but not for what the end of the right had seen', () => {
    const renamed = bob.does(acts.rename('bob’s'));
    meet(alice, bob);
    alice.does(acts.revoke(bob.who));
    const state = settled();

    expect(counts(state, renamed)).toBe(true);
    expect(state.name).toBe('bob’s');
  });

  it('and whoever only named an admin forged is no reason to name the applicants', () => {
    dave.admits(mallory.who);

    expect(settled().ejected.size).toBe(0);
  });
});

describe('the ownership', () => {
  const handOver = (to: Replica) => {
    alice.does(acts.offer(to.who));
    meet(...everybody);
    to.does(acts.accept);
    return settled();
  };

  it('goes to whom it was offered, and whoever had it is an admin (G11)', () => {
    const state = handOver(bob);

    expect(state.owner).toBe(bob.who.account);
    expect([alice, bob].map((replica) => roleOf(state, replica))).toEqual(['admin', 'owner']);
  });

  it('is offered to admins only (G11)', () => {
    changesNothing(alice.does(acts.offer(dave.who)));
    changesNothing(dave.does(acts.accept));
  });

  it.each<[string, () => GroupAct]>([
    ['takes the offer back', () => acts.offer(undefined)],
    ['offers it to somebody else', () => acts.offer(carol.who)],
    ['unmakes the admin', () => acts.revoke(bob.who)],
    ['expels them', () => acts.expel(bob.who)],
  ])('is nobody’s to take by an earlier offer once the owner %s (G11, attack 28)', (_, act) => {
    const offered = alice.does(acts.offer(bob.who));
    meet(...everybody);
    alice.does(act());
    meet(...everybody);
    for (const replica of everybody) replica.looks();

    changesNothing(bob.backdates([offered], acts.accept));
    expect(alice.state.owner).toBe(alice.who.account);
  });

  it('is not taken by who has left, or is a plain member by then (G11, attack 28)', () => {
    alice.does(acts.offer(bob.who));
    meet(...everybody);
    bob.does(acts.leave);
    const late = bob.does(acts.accept);

    expect(counts(settled(), late)).toBe(false);
  });

  it('leaves the one who has it where they are: an owner cannot leave (G17)', () => {
    changesNothing(alice.does(acts.leave));
  });

  it('is not undone by leaving at the same time (G17)', () => {
    alice.does(acts.offer(bob.who));
    meet(...everybody);
    const accepted = bob.does(acts.accept);
    const left = bob.backdates([alice.history.at(alice.history.size - 1)], acts.leave);
    const state = settled();

    expect(counts(state, accepted)).toBe(true);
    expect(counts(state, left)).toBe(false);
    expect(roleOf(state, bob)).toBe('owner');
  });

  it('once given away is not taken back by whoever says to have done something else instead (G12, attacks 26, 38)', () => {
    handOver(bob);
    for (const replica of everybody) replica.looks();

    for (const act of [acts.expel(bob.who), acts.offer(undefined), acts.openToAll, acts.disband, acts.grant(dave.who)]) {
      changesNothing(alice.backdates(start, act));
    }
    const state = bob.state;
    expect(state.owner).toBe(bob.who.account);
    expect(state.forks.length).toBeGreaterThan(0);
  });

  it('is what a newcomer was told it is, whatever branch they are shown (G12, attack 38)', () => {
    handOver(bob);
    const { tip } = bob.looks();
    const lies = [acts.expel(bob.who), acts.disband, acts.offer(carol.who)].map((act) => alice.backdates(start, act));
    const newcomer = person('frank');
    newcomer.pins = { tip };
    newcomer.hears(...start.flatMap(() => alice.history.operations.filter(({ id }) => id !== tip)));

    // Shown nothing but the lies, they know that something is missing.
    expect(newcomer.state.awaitsPin).toBe(true);
    newcomer.hearsAllFrom(bob);
    newcomer.hears(...lies);
    expect(newcomer.state).toMatchObject({ awaitsPin: false, owner: bob.who.account, tip });
  });
});

describe('a forked chain (G12, G13)', () => {
  /** Alice's devices have each said something without knowing of the other. */
  const fork = () => {
    const [one, other] = [alice.claims(acts.openToAll), alice.claims(acts.revoke(carol.who))];
    return { one, other };
  };
  const pinnedTo = (replica: Replica, operation: Operation) => {
    replica.hears(operation);
    replica.looks();
  };

  it('is followed by each as they first saw it, and all are told', () => {
    const { one, other } = fork();
    pinnedTo(bob, one);
    pinnedTo(carol, other);
    for (const replica of [bob, carol]) replica.hears(one, other);

    expect(bob.state).toMatchObject({ tip: one.id, forks: [other.id] });
    expect(carol.state).toMatchObject({ tip: other.id, forks: [one.id] });
  });

  it('without a pin goes by the lowest id, for all alike', () => {
    const { one, other } = fork();
    for (const replica of [dave, erin]) replica.hears(one, other);

    expect(dave.state.tip).toBe(erin.state.tip);
    expect(dave.state.forks).toHaveLength(1);
  });

  it('is healed by more than half of the owner and the admins, wherever one stood', () => {
    const { one, other } = fork();
    pinnedTo(dave, one);
    pinnedTo(erin, other);
    everybody = [bob, carol, dave, erin];
    for (const replica of everybody) replica.hears(one, other);
    bob.does(acts.settle(one.id));
    meet(...everybody);
    expect(erin.state.tip).toBe(other.id);
    carol.does(acts.settle(one.id));
    meet(...everybody);

    // On erin's branch carol is no admin any more, so that there bob alone has spoken of alice and bob.
    expect(dave.state).toMatchObject({ tip: one.id, forks: [] });
    expect(erin.state.tip).toBe(other.id);
    alice.hearsAllFrom(bob);
    everybody = [alice, ...everybody];
    alice.pins = { tip: one.id };
    alice.does(acts.settle(one.id));
    meet(...everybody);
    expect(erin.state).toMatchObject({ tip: one.id, forks: [] });
    expect(roleOf(erin.state, carol)).toBe('admin');
  });

  it('is not settled by members, nor by who was an admin once', () => {
    alice.does(acts.revoke(carol.who));
    meet(...everybody);
    const { one, other } = fork();
    for (const replica of everybody) pinnedTo(replica, one);
    for (const replica of everybody) replica.hears(other);
    for (const replica of [carol, dave, erin]) replica.does(acts.settle(other.id));
    bob.does(acts.settle(other.id));
    meet(...everybody);

    expect(everybody.map(({ state }) => state.tip)).toEqual(everybody.map(() => one.id));
  });
});

describe('membership (G17)', () => {
  it('a removal beats what let them in at the same time', () => {
    bob.does(acts.kick(dave.who));
    carol.admits(dave.who);

    expect(roleOf(settled(), dave)).toBeUndefined();
  });

  it('who comes back comes by somebody who knew that they had gone (attack 30)', () => {
    bob.does(acts.kick(dave.who));
    meet(bob, carol);
    carol.admits(dave.who);
    const state = settled();

    expect(roleOf(state, dave)).toBe('member');
    expect(state.former.has(dave.who.account)).toBe(false);
    const said = dave.does(acts.nickname('dave again'));
    expect(counts(settled(), said)).toBe(true);
  });

  it('and is not brought back by the request they once made (G19, attack 30)', () => {
    const first = alice.history.operations.find(({ act, target }) => act.type === 'admit' && target === dave.who.account);
    dave.does(acts.leave);
    meet(...everybody);

    changesNothing(bob.admits(dave.who, first?.request));
    expect(bob.state.former.get(dave.who.account)?.how).toBe('left');
  });

  it('the owner’s word that they are an admin beats an admin’s that they go', () => {
    alice.does(acts.grant(dave.who));
    const kicked = bob.does(acts.kick(dave.who));
    const state = settled();

    expect(roleOf(state, dave)).toBe('admin');
    expect(counts(state, kicked)).toBe(false);
  });

  it('who left is not brought back by being made an admin', () => {
    dave.does(acts.leave);
    meet(...everybody);

    changesNothing(alice.does(acts.grant(dave.who)));
  });

  it('nor by being let in with the request they once made, whatever the owner says of them then (G10)', () => {
    const first = alice.history.operations.find(({ act, target }) => act.type === 'admit' && target === dave.who.account);
    dave.does(acts.leave);
    meet(...everybody);
    alice.admits(dave.who, first?.request);
    alice.does(acts.grant(dave.who));
    meet(...everybody);

    changesNothing(alice.does(acts.grant(dave.who)));
    expect(roleOf(alice.state, dave)).toBeUndefined();
  });

  it('who made the group and gave it away can be made an admin again', () => {
    alice.does(acts.offer(bob.who));
    meet(...everybody);
    bob.does(acts.accept);
    bob.does(acts.revoke(alice.who));
    expect(roleOf(settled(), alice)).toBe('member');
    bob.does(acts.grant(alice.who));

    expect(roleOf(settled(), alice)).toBe('admin');
  });

  it('who left as an admin comes back as a member, until the owner says otherwise', () => {
    bob.does(acts.leave);
    meet(...everybody);
    carol.admits(bob.who);
    expect(roleOf(settled(), bob)).toBe('member');
    changesNothing(bob.does(acts.rename('bob’s')));
    alice.does(acts.grant(bob.who));

    expect(roleOf(settled(), bob)).toBe('admin');
    const renamed = bob.does(acts.rename('bob’s'));
    expect(counts(settled(), renamed)).toBe(true);
  });

  it('the owner expels admins, and what they were goes with them', () => {
    alice.does(acts.expel(bob.who));
    meet(...everybody);
    carol.admits(bob.who);

    expect(roleOf(settled(), bob)).toBe('member');
  });
});

describe('devices (G7)', () => {
  /** Somebody has restored their account on another device, which is the only one now. */
  const restored = (whom: Replica<RealAuthor>, name: string): Replica<RealAuthor> => {
    const identity = identityOf(whom.who.name);
    const device = createDevice(identity.account, 'a phone', 1_790_000_000_001 + name.length, seededRandom(utf8(name).length + 99));
    return new Replica(realAuthor(whom.who.name, { ...identity, device }), made);
  };

  it('a new one brings itself in, and the one before is out of force', () => {
    const phone = restored(dave, 'dave');
    phone.hearsAllFrom(dave);
    phone.does({ type: 'keyPackage', ...phone.who.keyPackage });
    everybody = [...everybody, phone];
    const state = settled();

    expect(state.devices.filter(({ account }) => account === dave.who.account).map(({ device }) => device)).toEqual([phone.who.device]);
    const [said, too] = [phone.does(acts.nickname('dave’s phone')), dave.does(acts.nickname('the old one'))];
    const after = settled();
    expect([counts(after, said), counts(after, too)]).toEqual([true, false]);
  });

  it('one that was stolen does not act in the past', () => {
    const phone = restored(bob, 'bob');
    phone.hearsAllFrom(bob);
    phone.does({ type: 'keyPackage', ...phone.who.keyPackage });
    everybody = [...everybody, phone];
    meet(...everybody);

    changesNothing(bob.backdates(start, acts.kick(erin.who)));
  });

  it('a belated list undoes nothing that somebody else’s operation of the chain has seen', () => {
    const kicked = bob.does(acts.kick(erin.who));
    meet(...everybody);
    alice.does(acts.openToAll);
    meet(...everybody);
    const phone = restored(bob, 'bob');
    phone.hears(...alice.history.operations.slice(0, alice.history.size - 2));
    phone.does({ type: 'keyPackage', ...phone.who.keyPackage });
    everybody = [...everybody, phone];

    expect(counts(settled(), kicked)).toBe(true);
  });

  it('nor what one did as an admin before one left', () => {
    const kicked = bob.does(acts.kick(erin.who));
    bob.does(acts.leave);
    meet(...everybody);
    const phone = restored(bob, 'bob');
    phone.hears(...alice.history.operations.slice(0, alice.history.size - 2));
    phone.does({ type: 'keyPackage', ...phone.who.keyPackage });
    everybody = [...everybody, phone];

    expect(counts(settled(), kicked)).toBe(true);
  });

  it('a request with a newer list undoes nothing by being carried as if long ago', () => {
    alice.does(acts.expel(carol.who));
    meet(...everybody);
    const renamed = bob.does(acts.rename('bob’s'));
    meet(...everybody);
    const request = restored(bob, 'bob').who.request(alice.history.group);

    carol.backdates(start, acts.admit(request, alice.state.tip), request);
    const state = settled();

    expect(counts(state, renamed)).toBe(true);
    expect(state.name).toBe('bob’s');
  });
});

describe('what stands (G20)', () => {
  it('of names given at once is the owner’s', () => {
    for (const replica of [bob, carol, alice]) replica.does(acts.rename(`${replica.who.name}’s`));

    expect(settled().name).toBe('alice’s');
  });

  it('of names by admins given at once is one of them, for all', () => {
    const renames = [bob, carol].map((replica) => replica.does(acts.rename(`${replica.who.name}’s`)));
    const state = settled();
    const lowest = renames.toSorted((a, b) => (Buffer.compare(a.idBytes, b.idBytes) < 0 ? -1 : 1))[0];

    expect(state.name).toBe(lowest?.account === bob.who.account ? 'bob’s' : 'carol’s');
  });

  it('is the last word of those who knew of the one before', () => {
    bob.does(acts.rename('first'));
    meet(bob, carol);
    carol.does(acts.rename('second'));
    bob.does(acts.topic('a topic'));
    alice.does(acts.announce('one'));
    meet(alice, carol);
    carol.does(acts.announce('two'));

    expect(settled()).toMatchObject({ name: 'second', topic: 'a topic', announcement: { text: 'two', by: carol.who.account } });
  });

  it('of an announcement is nothing once an empty one follows', () => {
    alice.does(acts.announce('one'));
    alice.does(acts.announce(' '));

    expect(settled().announcement).toBeUndefined();
  });

  it('of a mute and what lifts it at the same time is the mute', () => {
    bob.does(acts.mute(dave.who, 5_000));
    meet(...everybody);
    bob.does(acts.unmute(dave.who));
    carol.does(acts.mute(dave.who));
    expect(settled().members.get(dave.who.account)?.muted).toBe('for-good');
    carol.does(acts.unmute(dave.who));

    expect(settled().members.get(dave.who.account)?.muted).toBeUndefined();
  });

  it('of mutes given at once is the longest, of those after each other the last', () => {
    bob.does(acts.mute(dave.who, 9_000));
    carol.does(acts.mute(dave.who, 5_000));
    expect(settled().members.get(dave.who.account)?.muted).toBe(9_000);
    carol.does(acts.mute(dave.who, 7_000));

    expect(settled().members.get(dave.who.account)?.muted).toBe(7_000);
  });

  it('of a mute outlasts leaving and coming back', () => {
    bob.does(acts.mute(dave.who));
    meet(...everybody);
    dave.does(acts.leave);
    meet(...everybody);
    carol.admits(dave.who);

    expect(settled().members.get(dave.who.account)?.muted).toBe('for-good');
  });

  it('of silence for all and what lifts it at the same time is the silence', () => {
    bob.does(acts.muteAll);
    meet(...everybody);
    bob.does(acts.unmuteAll);
    carol.does(acts.muteAll);
    expect(settled().allMuted).toBe(true);
    alice.does(acts.unmuteAll);

    expect(settled().allMuted).toBe(false);
  });

  it('of pins are those that nobody took off who knew of them', () => {
    bob.does(acts.pin('one'));
    meet(...everybody);
    bob.does(acts.unpin('one'));
    carol.does(acts.pin('two'));
    const state = settled();

    expect(state.pinned).toEqual([expect.objectContaining({ by: carol.who.account })]);
  });

  it('of nicknames is one’s own last one', () => {
    dave.does(acts.nickname('d'));
    dave.does(acts.nickname('davy'));
    erin.does(acts.nickname('e'));
    erin.does(acts.nickname(''));
    const { members } = settled();

    expect(members.get(dave.who.account)?.nickname).toBe('davy');
    expect(members.get(erin.who.account)?.nickname).toBeUndefined();
  });

  it('of names is made harmless to show', () => {
    alice.does(acts.rename('the\u202e garden\n'));

    expect(settled().name).toBe('the garden');
  });
});

describe('coming in', () => {
  const apply = (whom: Author) => {
    const request = whom.request(alice.history.group);
    dave.carries(request);
    return request;
  };

  it('an application is there for every admin until one answers (G19)', () => {
    const request = apply(mallory.who);
    expect(settled().applications).toMatchObject([{ request: { account: mallory.who.account, id: request.id }, by: dave.who.account }]);
    bob.admits(mallory.who, request);

    expect(settled().applications).toEqual([]);
  });

  it('a declined one stays declined, however often it is carried in again (G19)', () => {
    const request = apply(mallory.who);
    meet(...everybody);
    bob.does(acts.decline(mallory.who));
    meet(...everybody);
    erin.carries(request);
    expect(settled().applications).toEqual([]);
    apply(mallory.who);

    expect(settled().applications).toHaveLength(1);
  });

  it('of several by one person the newest is shown', () => {
    apply(mallory.who);
    const second = apply(mallory.who);

    expect(settled().applications.map(({ request }) => request.id)).toEqual([second.id]);
  });

  it('invitations are there until they are revoked (G16)', () => {
    bob.does(acts.invite('one', alice.state.tip));
    bob.does(acts.invite('two', alice.state.tip));
    expect(settled().invites.map(({ id }) => id)).toEqual([acts.inviteIdOf('one'), acts.inviteIdOf('two')]);
    carol.does(acts.revokeInvite('one'));

    expect(settled().invites.map(({ id }) => id)).toEqual([acts.inviteIdOf('two')]);
  });

  it('members invite where the policy lets them, and only then (G16)', () => {
    alice.does(acts.openToAll);
    meet(...everybody);
    dave.does(acts.invite('dave’s', alice.state.tip));
    expect(settled().invites).toHaveLength(1);
    changesNothing(erin.does(acts.revokeInvite('dave’s')));
    alice.does(acts.keepHistory);
    const late = dave.does(acts.invite('too late', alice.state.tip));

    expect(counts(settled(), late)).toBe(false);
    dave.does(acts.revokeInvite('dave’s'));
    expect(settled().invites).toEqual([]);
  });
});

describe('the end (G14)', () => {
  it('what it has not seen counts for nothing, nor does what comes after (attack 39)', () => {
    const unseen = [bob.does(acts.rename('bob’s')), carol.admits(mallory.who), dave.does(acts.nickname('d'))];
    alice.does(acts.disband);
    meet(...everybody);
    const after = [alice.does(acts.rename('again')), alice.does(acts.grant(dave.who)), bob.does(acts.muteAll), erin.does(acts.leave)];
    const state = settled();

    expect(state).toMatchObject({ disbanded: true, name: 'the garden', allMuted: false });
    for (const operation of [...unseen, ...after]) expect(counts(state, operation)).toBe(false);
    expect(state.members.size).toBe(5);
  });
});

describe('nonsense (attack 40)', () => {
  it('counts for nothing or for little, and never keeps the rest from counting', () => {
    const nobody = realAuthor('nobody');
    const unknown = creation(nobody, seededRandom(9)).id;
    const nonsense: readonly GroupAct[] = [
      acts.grant(nobody),
      acts.revoke(nobody),
      acts.expel(nobody),
      acts.expel(alice.who),
      acts.offer(alice.who),
      acts.offer(nobody),
      acts.settle(unknown),
      acts.ack(unknown),
      acts.decline(nobody),
      acts.kick(nobody),
      acts.unmute(nobody),
      acts.mute(nobody, 0),
      acts.unpin('nothing'),
      acts.revokeInvite('nothing'),
      acts.unmuteAll,
      acts.accept,
      acts.rename('\u200b'),
    ];
    for (const replica of [dave, bob, alice]) for (const act of nonsense) replica.does(act);
    const { length } = everybody;
    const state = settled();

    expect(state.members.size).toBe(length);
    expect(state.owner).toBe(alice.who.account);
    alice.does(acts.rename('still here'));
    expect(settled().name).toBe('still here');
  });
});
