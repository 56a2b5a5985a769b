import { afterEach, describe, expect, it } from 'vitest';
import type { World } from '../support/world.ts';
import { aWhile, done, fourInGroup } from './group-people.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

describe('bob restores a backup in another browser', () => {
  it('and is in his groups as before: he reads what was said, hears what is said now, and is heard', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, carol } = people;
    await alice.say(group, 'before');
    await bob.say(group, 'from the old browser');
    await aWhile(people);
    const backup = await bob.backUp();
    await bob.close();
    // Sealed to a key of the old browser's, which no backup holds.
    await done(people, alice.app.groups.remove(group, people.dave.id));
    await alice.say(group, 'while he was moving');
    await aWhile(people);

    const returned = await people.restore(bob, backup, 'bob’s new browser');
    await aWhile(people);
    await aWhile(people);
    expect(returned.group(group).phase).toBe('active');
    await alice.say(group, 'welcome');
    await aWhile(people);
    await returned.say(group, 'thank you');
    await aWhile(people);
    const all = ['before', 'from the old browser', 'while he was moving', 'welcome', 'thank you'];
    expect(await carol.heard(group)).toEqual(all);
    expect(await returned.heard(group)).toEqual(all);
    expect(carol.membersOf(group)).toEqual(['alice', 'bob', 'carol']);
  });
});
