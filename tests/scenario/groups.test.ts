import { afterEach, describe, expect, it } from 'vitest';
import { setup, type World } from '../support/world.ts';
import { aWhile, done, fourInGroup, fourPeople } from './group-people.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

describe('alice makes a group of friends', () => {
  it('bob accepts, and both talk', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    const { alice, bob } = people;
    await people.introduce(alice, bob);
    const group = await alice.createGroup('Climbing', [bob]);
    await people.settle();
    await bob.acceptGroup(group);
    await people.settle();
    expect(alice.membersOf(group)).toEqual(['alice', 'bob']);
    expect(bob.group(group)).toMatchObject({ phase: 'active', name: 'Climbing' });
    await alice.say(group, 'Hello');
    await people.settle();
    await bob.say(group, 'Hello alice');
    await people.settle();
    expect(await bob.heard(group)).toEqual(['Hello', 'Hello alice']);
    expect(await alice.heard(group)).toEqual(['Hello', 'Hello alice']);
  });

  it('those who do not know each other talk as well, and see the same', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, carol, dave } = people;
    await bob.say(group, 'from bob');
    await carol.say(group, 'from carol');
    await dave.say(group, 'from dave');
    await aWhile(people);
    const heard = await alice.heard(group);
    expect([...heard].sort()).toEqual(['from bob', 'from carol', 'from dave']);
    for (const person of [bob, carol, dave]) expect(await person.heard(group)).toEqual(heard);
  });

  it('bob declines: he sees nothing of it any more, and is no member', async () => {
    const people = await fourPeople();
    world = people;
    const { alice, bob } = people;
    const group = await alice.createGroup('Climbing', [bob]);
    await people.settle();
    await bob.declineGroup(group);
    await people.settle();
    expect(bob.knowsGroup(group)).toBe(false);
    expect(alice.membersOf(group)).toEqual(['alice']);
  });

  it('bob says yes while alice is away, and is let in when both are back', async () => {
    const people = await fourPeople();
    world = people;
    const { alice, bob } = people;
    const group = await alice.createGroup('Climbing', [bob]);
    await people.settle();
    await alice.close();
    await bob.acceptGroup(group);
    await aWhile(people);
    expect(bob.group(group).phase).toBe('joining');
    await alice.open();
    await aWhile(people);
    expect(bob.group(group).phase).toBe('active');
    await alice.say(group, 'There you are');
    await people.settle();
    expect(await bob.heard(group)).toEqual(['There you are']);
  });

  it('the talk tells who did what, the same to all who were there', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, dave } = people;
    await done(people, alice.app.groups.rename(group, 'Bouldering'));
    await done(people, alice.app.groups.setAdmin(group, bob.id, true));
    await done(people, bob.app.groups.setTopic(group, 'Saturdays'));
    await aWhile(people);
    expect(await alice.told(group)).toEqual(['created', 'joined', 'joined', 'joined', 'renamed', 'made-admin', 'topic-changed']);
    expect(await dave.told(group)).toEqual(['joined', 'renamed', 'made-admin', 'topic-changed']);
    expect(dave.group(group)).toMatchObject({ name: 'Bouldering', topic: 'Saturdays' });
  });
});

describe('a link to the group', () => {
  it('brings eve in at once, who knows nobody', async () => {
    const people = await setup('alice', 'eve');
    world = people;
    const { alice, eve } = people;
    const group = await alice.createGroup('Open evening', []);
    const link = await alice.groupLink(group, { mode: 'auto' });
    await eve.joinGroup(link);
    await aWhile(people);
    expect(eve.group(group).phase).toBe('active');
    expect(alice.membersOf(group)).toEqual(['alice', 'eve']);
    await eve.say(group, 'Good evening');
    await aWhile(people);
    expect(await alice.heard(group)).toEqual(['Good evening']);
  });

  it('with approval: alice sees the application and what eve wrote, and lets her in', async () => {
    const people = await setup('alice', 'eve');
    world = people;
    const { alice, eve } = people;
    const group = await alice.createGroup('By request', []);
    await eve.joinGroup(await alice.groupLink(group, { mode: 'approval' }), 'It is me');
    await aWhile(people);
    expect(eve.group(group).phase).toBe('applied');
    expect(alice.group(group).applications).toMatchObject([{ account: eve.id, name: 'eve', greeting: 'It is me' }]);
    await done(people, alice.app.groups.approve(group, eve.id));
    await aWhile(people);
    expect(eve.group(group).phase).toBe('active');
    expect(alice.group(group).applications).toEqual([]);
  });

  it('with approval: alice declines, and eve is told', async () => {
    const people = await setup('alice', 'eve');
    world = people;
    const { alice, eve } = people;
    const group = await alice.createGroup('By request', []);
    await eve.joinGroup(await alice.groupLink(group, { mode: 'approval' }));
    await aWhile(people);
    await done(people, alice.app.groups.decline(group, eve.id));
    await aWhile(people);
    expect(eve.group(group).phase).toBe('declined');
    expect(alice.membersOf(group)).toEqual(['alice']);
  });

  it('for one use: the second who comes with it stays out', async () => {
    const people = await setup('alice', 'eve', 'mallory');
    world = people;
    const { alice, eve, mallory } = people;
    const group = await alice.createGroup('For two', []);
    const link = await alice.groupLink(group, { mode: 'auto', uses: 1 });
    await eve.joinGroup(link);
    await aWhile(people);
    await mallory.joinGroup(link);
    await aWhile(people);
    expect(alice.membersOf(group)).toEqual(['alice', 'eve']);
    expect(mallory.group(group).phase).not.toBe('active');
  });

  it('revoked or expired: nobody comes in with it', async () => {
    const people = await setup('alice', 'eve', 'mallory');
    world = people;
    const { alice, eve, mallory } = people;
    const group = await alice.createGroup('Closed', []);
    const revoked = await alice.groupLink(group, { mode: 'auto' });
    await done(people, alice.app.groups.revokeInvite(group, alice.group(group).invites[0]?.id ?? ''));
    await eve.joinGroup(revoked);
    const expiring = await alice.groupLink(group, { mode: 'auto', expires: people.network.clock.now() + 1_000 });
    await people.network.clock.advance(2_000);
    expect(mallory.app.groups.read(expiring)).toEqual({ ok: false, failure: { kind: 'invite-expired' } });
    await aWhile(people);
    expect(alice.membersOf(group)).toEqual(['alice']);
    expect(eve.group(group).phase).not.toBe('active');
  });

  it('leads in by any member who is here: bob, no admin, carries the request, and alice lets eve in when she is back', async () => {
    const people = await setup('alice', 'bob', 'eve');
    world = people;
    const { alice, bob, eve } = people;
    await people.introduce(alice, bob);
    const group = await alice.createGroup('Open evening', [bob]);
    await people.settle();
    await bob.acceptGroup(group);
    await people.settle();
    const link = await alice.groupLink(group, { mode: 'auto' });
    await aWhile(people);
    await alice.close();
    await eve.joinGroup(link);
    await aWhile(people);
    expect(eve.group(group).phase).toBe('joining');
    await alice.open();
    await aWhile(people);
    expect(bob.membersOf(group)).toEqual(['alice', 'bob', 'eve']);
    expect(eve.group(group).phase).toBe('active');
  });
});
