/** Scenes of groups that several scenarios begin with. */
import { expect, vi } from 'vitest';
import type { GroupPolicy } from '../../src/membership/policy.ts';
import type { GroupId } from '../../src/protocol/ids.ts';
import { setup, type Person, type World } from '../support/world.ts';

export type Four = World & Readonly<Record<'alice' | 'bob' | 'carol' | 'dave', Person>>;

/** Four apps with real cryptography in one process: a second on a free machine, several on a busy one. */
vi.setConfig({ testTimeout: 30_000 });

/** Long enough for links to be made anew, marks to be told and news to have come round. */
const A_WHILE_MS = 20_000;

/** Alice, who knows everybody; the others know nobody else. */
export async function fourPeople(): Promise<Four> {
  const people = await setup('alice', 'bob', 'carol', 'dave');
  for (const other of [people.bob, people.carol, people.dave]) await people.introduce(people.alice, other);
  return people;
}

/** A group of alice's that all four are in. */
export async function fourInGroup(policy?: GroupPolicy): Promise<{ people: Four; group: GroupId }> {
  const people = await fourPeople();
  const { alice, bob, carol, dave } = people;
  const group = await alice.createGroup('Climbing', [bob, carol, dave], policy);
  await people.settle();
  for (const friend of [bob, carol, dave]) {
    await friend.acceptGroup(group);
    await people.settle();
  }
  await aWhile(people);
  for (const person of [alice, bob, carol, dave]) expect(person.membersOf(group)).toEqual(['alice', 'bob', 'carol', 'dave']);
  return { people, group };
}

export async function aWhile(world: World): Promise<void> {
  await world.network.clock.advance(A_WHILE_MS);
  await world.settle();
}

/** An act that succeeds, and has come round. */
export async function done(world: World, act: Promise<{ readonly ok: boolean }>): Promise<void> {
  expect(await act).toMatchObject({ ok: true });
  await world.settle();
}
