import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setup, type Person } from '../support/world.ts';

const numberOf = (person: Person, other: Person) => person.app.trust.safetyNumber(other.id);

/** Mallory meets somebody under a name that is not hers. */
async function callYourself(mallory: Person, name: string): Promise<void> {
  await mallory.close();
  mallory.called = name;
  await mallory.open();
}

describe('alice, bob and mallory', () => {
  let world: Awaited<ReturnType<typeof setup<'alice' | 'bob' | 'mallory'>>>;
  let alice: Person;
  let bob: Person;
  let mallory: Person;
  beforeEach(async () => {
    world = await setup('alice', 'bob', 'mallory');
    ({ alice, bob, mallory } = world);
  });
  afterEach(() => world.close());

  it('[T1] alice and bob see the same safety number, and each may scan the other’s code', async () => {
    await world.introduce(alice, bob);
    expect(numberOf(alice, bob).groups).toEqual(numberOf(bob, alice).groups);
    expect(await alice.app.trust.checkScanned(bob.id, numberOf(bob, alice).code)).toEqual({ ok: true, value: undefined });
    await world.settle();
    expect(alice.contact(bob)?.verified).toBe(true);
    expect(bob.contact(alice)?.verified).toBe(false);
    await alice.app.trust.setVerified(bob.id, false);
    await world.settle();
    expect(alice.contact(bob)?.verified).toBe(false);
  });

  it('[T1] with mallory in between, who swapped the links, the numbers differ and the scan says so', async () => {
    await callYourself(mallory, 'bob');
    await world.introduce(alice, mallory);
    await callYourself(mallory, 'alice');
    await world.introduce(mallory, bob);

    expect(alice.contact(mallory)?.name).toBe('bob');
    expect(bob.contact(mallory)?.name).toBe('alice');
    // What the two believe to be each other.
    const onAlices = numberOf(alice, mallory);
    const onBobs = numberOf(bob, mallory);
    expect(onAlices.groups).not.toEqual(onBobs.groups);
    expect(await alice.app.trust.checkScanned(mallory.id, onBobs.code)).toEqual({ ok: false, failure: { kind: 'code-differs' } });
    await world.settle();
    expect(alice.contact(mallory)?.verified).toBe(false);
  });

  it('[T4] somebody new called bob waits for a look: what alice writes is kept, and goes when she has looked', async () => {
    await world.introduce(alice, bob);
    await callYourself(mallory, 'Bob');
    await world.introduce(alice, mallory);
    expect(alice.contact(mallory)?.review).toEqual({ kind: 'same-name', other: bob.id });
    expect(alice.contact(bob)?.review).toBeUndefined();
    expect((await alice.messages(mallory)).map((each) => each.direction === 'notice' && each.notice)).toEqual(['same-name']);

    await alice.send(mallory, 'is that you?');
    await mallory.send(alice, 'it is me');
    await world.settle();
    expect(await mallory.textsFrom(alice)).toEqual([]);
    expect(await alice.textsFrom(mallory)).toEqual(['it is me']);

    await alice.close();
    await alice.open();
    await world.settle();
    expect(await mallory.textsFrom(alice)).toEqual([]);

    await alice.app.trust.acknowledgeReview(mallory.id);
    await world.settle();
    expect(await mallory.textsFrom(alice)).toEqual(['is that you?']);
    expect((await alice.messages(mallory)).find(({ direction }) => direction === 'out')).toMatchObject({ status: 'delivered' });
  });

  it('[T4] who is verified has been looked at', async () => {
    await world.introduce(alice, bob);
    await callYourself(mallory, 'bob');
    await world.introduce(alice, mallory);
    await alice.send(mallory, 'after the scan');
    await alice.app.trust.checkScanned(mallory.id, numberOf(mallory, alice).code);
    await world.settle();
    expect(alice.contact(mallory)).toMatchObject({ verified: true, review: undefined });
    expect(await mallory.textsFrom(alice)).toEqual(['after the scan']);
  });

  it('[T5] a pair secret renewed by an invite leaves a verified contact verified', async () => {
    await world.introduce(alice, bob);
    await alice.app.trust.setVerified(bob.id, true);
    await world.introduce(bob, alice);
    expect(alice.contact(bob)).toMatchObject({ verified: true, review: undefined });
    await alice.send(bob, 'still you');
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['still you']);
  });
});
