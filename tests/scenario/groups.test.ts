import { afterEach, describe, expect, it } from 'vitest';
import { setup, type Person, type World } from '../support/world.ts';

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
    void (0 as unknown as Person);
  });
});
