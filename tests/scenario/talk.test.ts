import { afterEach, describe, expect, it } from 'vitest';
import { conversationWith } from '../../src/protocol/ids.ts';
import { setup, type Person, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function friends(): Promise<{ world: World; alice: Person; bob: Person }> {
  const people = await setup('alice', 'bob');
  world = people;
  await people.introduce(people.alice, people.bob);
  return { world: people, alice: people.alice, bob: people.bob };
}

async function statuses(person: Person, other: Person): Promise<readonly string[]> {
  return (await person.messages(other)).flatMap((message) => (message.direction === 'out' ? [message.status] : []));
}

describe('alice and bob talk', () => {
  it('what alice writes is in bob’s store, and alice is told so', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'Hello Bob');
    await world.settle();
    expect(await bob.texts(alice)).toEqual(['Hello Bob']);
    expect(await statuses(alice, bob)).toEqual(['delivered']);
  });

  it('[D3] both write at once and everything arrives once, in order', async () => {
    const { world, alice, bob } = await friends();
    const numbers = Array.from({ length: 60 }, (_, index) => `${index + 1}`);
    await Promise.all(numbers.flatMap((number) => [alice.send(bob, `a${number}`), bob.send(alice, `b${number}`)]));
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(numbers.map((number) => `a${number}`));
    expect(await alice.textsFrom(bob)).toEqual(numbers.map((number) => `b${number}`));
  });

  it('[M2] both see the talk in the same order, however their messages crossed', async () => {
    const { world, alice, bob } = await friends();
    world.network.stopServer();
    world.network.cutLinks();
    for (const text of ['one', 'two', 'three']) {
      await alice.send(bob, `alice ${text}`);
      await bob.send(alice, `bob ${text}`);
    }
    world.network.startServer();
    await world.network.clock.advance(10_000);
    await world.settle();
    expect(await bob.texts(alice)).toHaveLength(6);
    expect(await bob.texts(alice)).toEqual(await alice.texts(bob));
  });

  it('bob is away: messages wait, and arrive when he is back', async () => {
    const { world, alice, bob } = await friends();
    await bob.close();
    await world.settle();
    await alice.send(bob, 'Are you there?');
    await world.settle();
    expect(await statuses(alice, bob)).toEqual(['queued']);
    await bob.open();
    await world.network.clock.advance(5_000);
    await world.settle();
    expect(await bob.texts(alice)).toEqual(['Are you there?']);
    expect(await statuses(alice, bob)).toEqual(['delivered']);
  });

  it('both are closed and opened again, one after the other, and the message still arrives', async () => {
    const { world, alice, bob } = await friends();
    world.network.stopServer();
    world.network.cutLinks();
    await alice.send(bob, 'Written with no server');
    await alice.close();
    await bob.close();
    world.network.startServer();
    await alice.open();
    await world.settle();
    await bob.open();
    await world.network.clock.advance(5_000);
    await world.settle();
    expect(await bob.texts(alice)).toEqual(['Written with no server']);
  });

  it('[M5] control characters do not reach bob, lines and tabs do', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'a\u0000b\u0007\n\tc \u202eevil');
    await world.settle();
    const [text = ''] = await bob.texts(alice);
    expect(text).not.toContain('\u0000');
    expect(text).not.toContain('\u0007');
    expect(text).toContain('ab\n\tc');
  });

  it('[M1] a message of a megabyte is refused before anything is stored', async () => {
    const { alice, bob } = await friends();
    await expect(alice.send(bob, 'x'.repeat(1_000_000))).rejects.toThrow('text-too-long');
    expect(await alice.texts(bob)).toEqual([]);
  });

  it('bob’s unread counter grows, and reading clears it', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'one');
    await alice.send(bob, 'two');
    await world.settle();
    expect(await bob.conversation(alice)).toMatchObject({ unread: 2, last: { text: 'two', direction: 'in' } });
    await bob.app.chat.markRead(conversationWith(alice.id));
    expect(await bob.conversation(alice)).toMatchObject({ unread: 0 });
  });

  it('a link nobody uses is dropped after a while, and made again for the next message', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'first');
    await world.settle();
    expect(world.network.links()).toHaveLength(1);
    await world.network.clock.advance(420_000);
    expect(world.network.links()).toHaveLength(0);
    await bob.send(alice, 'second');
    await world.settle();
    expect(await alice.textsFrom(bob)).toEqual(['second']);
  });

  it('alice removes bob: nothing of him is left, and he reaches her no more', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'before');
    await world.settle();
    await alice.app.session.remove(bob.id, await alice.app.chat.forget(conversationWith(bob.id)));
    await bob.send(alice, 'after');
    await world.network.clock.advance(30_000);
    expect(alice.hasContact(bob)).toBe(false);
    expect(await alice.texts(bob)).toEqual([]);
    expect(await statuses(bob, alice)).toEqual(['queued']);
    expect(bob.sees(alice)).toBe('offline');
  });

  it('[D5] alice removed bob and takes him back: the talk goes on both ways', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'one');
    await bob.send(alice, 'two');
    await world.settle();
    await alice.app.session.remove(bob.id, await alice.app.chat.forget(conversationWith(bob.id)));
    await bob.send(alice, 'three, while removed');
    await bob.accept(await alice.invite());
    await world.network.clock.advance(10_000);
    await alice.send(bob, 'four');
    await world.network.clock.advance(5_000);
    await world.settle();
    expect(await alice.textsFrom(bob)).toEqual(['three, while removed']);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'four']);
  });
});
