import { afterEach, describe, expect, it } from 'vitest';
import type { Spread } from '../../src/groups/ports.ts';
import type { GroupId, MessageId } from '../../src/protocol/ids.ts';
import type { Person, World } from '../support/world.ts';
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

function spreadOf(person: Person, group: GroupId, message: MessageId): () => Spread | undefined {
  let latest: Spread | undefined;
  person.app.groups.spread(group, message).subscribe((spread) => (latest = spread));
  return () => latest;
}

describe('whoever was away is brought up to date', () => {
  it('carol comes back after days while only bob is online, and gets what alice wrote', async () => {
    const { alice, bob, carol, dave, group, ...people } = await scene();
    await carol.close();
    await dave.close();
    await alice.say(group, 'one');
    await alice.say(group, 'two');
    await aWhile(people);
    await alice.close();
    await people.network.clock.advance(3 * 86_400_000);
    await carol.open();
    await aWhile(people);
    expect(await carol.heard(group)).toEqual(['one', 'two']);
    expect(bob.group(group).phase).toBe('active');
  });

  it('many messages come in order', async () => {
    const { alice, carol, group, ...people } = await scene();
    await carol.close();
    const numbers = Array.from({ length: 60 }, (_, index) => `${index}`);
    for (const number of numbers) await alice.say(group, number);
    await aWhile(people);
    await carol.open();
    await aWhile(people);
    expect(await carol.heard(group)).toEqual(numbers);
  });

  it('what alice writes while nobody is here waits, and is sent when somebody comes', async () => {
    const { alice, bob, carol, dave, group, ...people } = await scene();
    for (const person of [bob, carol, dave]) await person.close();
    await aWhile(people);
    await alice.say(group, 'anybody?');
    const statuses = async () =>
      (await alice.groupMessages(group)).flatMap((message) => (message.direction === 'out' ? [message.status] : []));
    expect(await statuses()).toEqual(['queued']);
    await bob.open();
    await aWhile(people);
    expect(await statuses()).toEqual(['sent']);
    await carol.open();
    await dave.open();
    await aWhile(people);
    expect(await statuses()).toEqual(['delivered']);
  });

  it('alice sees who has a message and who has read it', async () => {
    const { alice, bob, carol, dave, group, ...people } = await scene();
    await dave.close();
    const message = await alice.say(group, 'look');
    await aWhile(people);
    const spread = spreadOf(alice, group, message);
    await bob.app.groups.markRead(group, undefined);
    await aWhile(people);
    expect(spread()).toEqual({ held: expect.arrayContaining([bob.id, carol.id]) as unknown, read: [bob.id], of: 3 });
    expect(spread()?.held).toHaveLength(2);
  });
});

describe('a crash', () => {
  it('between saving and sending loses nothing', async () => {
    const { alice, bob, group, ...people } = await scene();
    people.network.frames.hold();
    await alice.say(group, 'just in time');
    await alice.die();
    people.network.frames.release();
    await aWhile(people);
    await alice.open();
    await aWhile(people);
    expect(await bob.heard(group)).toEqual(['just in time']);
  });

  it('or a full disk: what was not saved was not sent, and it goes on when there is room', async () => {
    const { alice, bob, group, ...people } = await scene();
    const disk = alice.fillDisk();
    await expect(alice.app.groups.send(group, 'lost', { all: false, accounts: [] })).rejects.toMatchObject({ kind: 'storage-full' });
    await expect(alice.app.groups.rename(group, 'Lost')).rejects.toMatchObject({ kind: 'storage-full' });
    disk.free();
    await alice.say(group, 'kept');
    await aWhile(people);
    expect(await bob.heard(group)).toEqual(['kept']);
    expect(bob.group(group).name).toBe('Climbing');
  });
});

describe('two and two apart', () => {
  it('act on both sides, and are all equal when they meet again', async () => {
    const { alice, bob, carol, dave, group, ...people } = await scene();
    await done(people, alice.app.groups.setAdmin(group, carol.id, true));
    await aWhile(people);
    const together = [
      [alice, bob],
      [carol, dave],
    ] as const;
    // One side stays while the other is away, and the other way round: nothing passes between them.
    for (const person of together[1]) await person.close();
    await alice.say(group, 'from alice');
    await bob.say(group, 'from bob');
    await done(people, alice.app.groups.rename(group, 'By alice'));
    await done(people, alice.app.groups.mute(group, bob.id, 'for-good'));
    await aWhile(people);
    for (const person of together[0]) await person.close();
    for (const person of together[1]) await person.open();
    await aWhile(people);
    await carol.say(group, 'from carol');
    await done(people, carol.app.groups.rename(group, 'By carol'));
    await done(people, carol.app.groups.remove(group, bob.id));
    await dave.say(group, 'from dave');
    await aWhile(people);
    for (const person of together[0]) await person.open();
    await aWhile(people);
    await aWhile(people);
    const everybodyLeft = [alice, carol, dave];
    expect(alice.membersOf(group)).toEqual(['alice', 'carol', 'dave']);
    const [name, heard, told] = [alice.group(group).name, await alice.heard(group), await alice.told(group)];
    for (const person of everybodyLeft) {
      expect(person.membersOf(group)).toEqual(alice.membersOf(group));
      expect(person.group(group).name).toBe(name);
      expect(await person.heard(group)).toEqual(heard);
    }
    expect(told).toContain('removed');
    expect(bob.group(group).phase).toBe('removed');
  });
});
