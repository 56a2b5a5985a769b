import { afterEach, describe, expect, it } from 'vitest';
import type { GroupId } from '../../src/protocol/ids.ts';
import type { World } from '../support/world.ts';
import { aWhile, done, fourInGroup, type Four } from './group-people.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function scene(): Promise<Four & { group: GroupId }> {
  const { people, group } = await fourInGroup();
  world = people;
  return { ...people, group };
}

describe('leaving and being removed', () => {
  it('dave leaves: he keeps what he read, and hears no more', async () => {
    const { alice, bob, dave, group, ...people } = await scene();
    await alice.say(group, 'before');
    await people.settle();
    await done(people, dave.app.groups.leave(group));
    await aWhile(people);
    await alice.say(group, 'after');
    await aWhile(people);
    expect(dave.group(group).phase).toBe('left');
    expect(await dave.heard(group)).toEqual(['before']);
    expect(bob.membersOf(group)).toEqual(['alice', 'bob', 'carol']);
    expect(await bob.heard(group)).toEqual(['before', 'after']);
  });

  it('alice cannot leave what she owns, and is told why', async () => {
    const { alice, group } = await scene();
    expect(await alice.app.groups.leave(group)).toEqual({ ok: false, failure: { kind: 'not-allowed', because: 'owner-must-stay' } });
  });

  it('[33] dave is removed while away: he learns of it when he is back, and reads nothing that was said afterwards', async () => {
    const { alice, bob, dave, group, ...people } = await scene();
    await alice.say(group, 'before');
    await aWhile(people);
    await dave.close();
    await done(people, alice.app.groups.remove(group, dave.id));
    await alice.say(group, 'after');
    await aWhile(people);
    await dave.open();
    await aWhile(people);
    expect(dave.group(group).phase).toBe('removed');
    expect(await dave.heard(group)).toEqual(['before']);
    expect(await bob.heard(group)).toEqual(['before', 'after']);
    expect(await dave.app.groups.send(group, 'let me', { all: false, accounts: [] })).toMatchObject({
      ok: false,
      failure: { kind: 'not-a-member' },
    });
  });

  it('dave may come back when he is asked in again', async () => {
    const { alice, bob, dave, group, ...people } = await scene();
    await done(people, alice.app.groups.remove(group, dave.id));
    await aWhile(people);
    await done(people, alice.app.groups.inviteFriends(group, [dave.id]));
    await aWhile(people);
    await dave.acceptGroup(group);
    await aWhile(people);
    expect(dave.group(group).phase).toBe('active');
    await bob.say(group, 'welcome back');
    await aWhile(people);
    expect(await dave.heard(group)).toContain('welcome back');
  });

  it('the group is disbanded: everybody reads on, nobody writes', async () => {
    const { alice, bob, group, ...people } = await scene();
    await bob.say(group, 'good while it lasted');
    await people.settle();
    await done(people, alice.app.groups.disband(group));
    await aWhile(people);
    expect(bob.group(group).phase).toBe('disbanded');
    expect(await bob.app.groups.send(group, 'still here?', { all: false, accounts: [] })).toMatchObject({
      failure: { kind: 'group-over' },
    });
    await bob.app.groups.forget(group);
    expect(bob.knowsGroup(group)).toBe(false);
  });
});

describe('muting', () => {
  it('bob may not write for an hour, and may again after it', async () => {
    const { alice, bob, group, ...people } = await scene();
    const until = people.network.clock.now() + 3_600_000;
    await done(people, alice.app.groups.mute(group, bob.id, until));
    await aWhile(people);
    expect(await bob.app.groups.send(group, 'but', { all: false, accounts: [] })).toEqual({ ok: false, failure: { kind: 'muted', until } });
    await people.network.clock.advance(3_600_000);
    await bob.say(group, 'thank you');
    await aWhile(people);
    expect(await alice.heard(group)).toEqual(['thank you']);
  });

  it('for good means until it is lifted', async () => {
    const { alice, bob, group, ...people } = await scene();
    await done(people, alice.app.groups.mute(group, bob.id, 'for-good'));
    await aWhile(people);
    expect(await bob.app.groups.send(group, 'but', { all: false, accounts: [] })).toMatchObject({
      failure: { kind: 'muted', until: 'for-good' },
    });
    await done(people, alice.app.groups.mute(group, bob.id, undefined));
    await aWhile(people);
    await bob.say(group, 'thank you');
    await aWhile(people);
    expect(await alice.heard(group)).toEqual(['thank you']);
  });

  it('all but admins: bob is told, alice goes on', async () => {
    const { alice, bob, group, ...people } = await scene();
    await done(people, alice.app.groups.muteAll(group, true));
    await aWhile(people);
    expect(await bob.app.groups.send(group, 'but', { all: false, accounts: [] })).toMatchObject({ failure: { kind: 'all-muted' } });
    await alice.say(group, 'quiet please');
    await done(people, alice.app.groups.muteAll(group, false));
    await aWhile(people);
    await bob.say(group, 'thank you');
    await aWhile(people);
    expect(await alice.heard(group)).toEqual(['quiet please', 'thank you']);
  });
});

describe('rights', () => {
  it('what bob may not do, he is told, and nothing of it happens', async () => {
    const { alice, bob, carol, group } = await scene();
    const { groups } = bob.app;
    const adminsOnly = { ok: false, failure: { kind: 'not-allowed', because: 'admins-only' } };
    const ownerOnly = { ok: false, failure: { kind: 'not-allowed', because: 'owner-only' } };
    expect(await groups.rename(group, 'Bob’s')).toEqual(adminsOnly);
    expect(await groups.remove(group, carol.id)).toEqual(adminsOnly);
    expect(await groups.mute(group, carol.id, 'for-good')).toEqual(adminsOnly);
    expect(await groups.setAdmin(group, bob.id, true)).toEqual(ownerOnly);
    expect(await groups.disband(group)).toEqual(ownerOnly);
    expect(await groups.setPolicy(group, { history: { kind: 'all' }, invites: 'everybody' })).toEqual(ownerOnly);
    expect(await groups.makeInvite(group, { mode: 'auto', expires: undefined, uses: undefined })).toEqual(adminsOnly);
    expect(await groups.send(group, '@all', { all: true, accounts: [] })).toEqual(adminsOnly);
    expect(alice.group(group).name).toBe('Climbing');
  });

  it('an admin may act on members, and neither on admins nor on the owner', async () => {
    const { alice, bob, carol, group, ...people } = await scene();
    await done(people, alice.app.groups.setAdmin(group, bob.id, true));
    await done(people, alice.app.groups.setAdmin(group, carol.id, true));
    await aWhile(people);
    const target = (because: string) => ({ ok: false, failure: { kind: 'not-allowed', because } });
    expect(await bob.app.groups.remove(group, carol.id)).toEqual(target('target-is-admin'));
    expect(await bob.app.groups.remove(group, alice.id)).toEqual(target('target-is-owner'));
    await done(people, alice.app.groups.remove(group, carol.id));
    await aWhile(people);
    expect(bob.membersOf(group)).toEqual(['alice', 'bob', 'dave']);
  });

  it('the ownership goes to an admin who accepts it', async () => {
    const { alice, bob, dave, group, ...people } = await scene();
    await done(people, alice.app.groups.setAdmin(group, bob.id, true));
    await done(people, alice.app.groups.offerOwnership(group, bob.id));
    await aWhile(people);
    expect(bob.group(group).offeredTo).toBe(bob.id);
    await done(people, bob.app.groups.acceptOwnership(group));
    await aWhile(people);
    expect(bob.group(group).me.role).toBe('owner');
    expect(dave.group(group).members[0]).toMatchObject({ name: 'bob', role: 'owner' });
    await done(people, alice.app.groups.leave(group));
  });
});

describe('what a group looks like', () => {
  it('picture, topic, announcement with its readers, pins and nicknames are the same for all', async () => {
    const { alice, bob, carol, group, ...people } = await scene();
    await done(people, alice.app.groups.setPicture(group, Uint8Array.of(1, 2, 3)));
    await done(people, alice.app.groups.announce(group, 'Saturday, nine'));
    const message = await bob.say(group, 'pin this');
    await aWhile(people);
    await done(people, alice.app.groups.pin(group, message, true));
    await done(people, bob.app.groups.setNickname(group, 'Bobby'));
    await carol.app.groups.markRead(group, carol.group(group).announcement?.id);
    await aWhile(people);
    const seen = alice.group(group);
    expect(seen.picture).toEqual(Uint8Array.of(1, 2, 3));
    expect(seen.announcement).toMatchObject({ text: 'Saturday, nine', readBy: [carol.id] });
    expect(seen.pinned).toEqual([{ message, by: alice.id }]);
    expect(carol.group(group).members.map(({ nickname }) => nickname)).toContain('Bobby');
  });
});
