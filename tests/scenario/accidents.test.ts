import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
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

type Accident =
  | 'cut the links'
  | 'stop the server'
  | 'start the server'
  | 'drop bob’s connection'
  | 'bob dies'
  | 'alice dies'
  | 'alice closes'
  | 'time passes'
  | 'nothing';
const ACCIDENTS: readonly Accident[] = [
  'cut the links',
  'stop the server',
  'start the server',
  'drop bob’s connection',
  'bob dies',
  'alice dies',
  'alice closes',
  'time passes',
  'nothing',
];

async function happen(accident: Accident, { network }: World, alice: Person, bob: Person): Promise<void> {
  switch (accident) {
    case 'cut the links': {
      network.cutLinks();
      return;
    }
    case 'stop the server': {
      network.stopServer();
      return;
    }
    case 'start the server': {
      network.startServer();
      return;
    }
    case 'drop bob’s connection': {
      network.dropConnection('bob');
      return;
    }
    case 'bob dies':
      await bob.die();
      return bob.open();
    case 'alice dies':
      await alice.die();
      return alice.open();
    case 'alice closes':
      await alice.close();
      return alice.open();
    case 'time passes':
      return network.clock.advance(7_000);
    case 'nothing':
      return;
  }
}

describe('[D3] [D4] [D7] whatever happens on the way, every message arrives once and in order', () => {
  it('under random accidents between and during messages', async () => {
    const step = fc.record({ accident: fc.constantFrom(...ACCIDENTS), from: fc.constantFrom('alice', 'bob'), turns: fc.nat({ max: 12 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const { world, alice, bob } = await friends();
        const written = { alice: [] as string[], bob: [] as string[] };
        for (const [index, { accident, from, turns }] of steps.entries()) {
          const [author, reader] = from === 'alice' ? [alice, bob] : [bob, alice];
          const text = `${from} ${index}`;
          await author.send(reader, text);
          written[from].push(text);
          // Accidents strike in the midst of things: after so many turns, not when all has settled.
          await world.network.clock.settle(turns);
          await happen(accident, world, alice, bob);
        }
        world.network.startServer();
        bob.app.rendezvous.reconnect();
        await world.network.clock.advance(700_000);
        await world.settle();
        expect(await bob.textsFrom(alice)).toEqual(written.alice);
        expect(await alice.textsFrom(bob)).toEqual(written.bob);
        expect(alice.refusals).toEqual([]);
        expect((await alice.messages(bob)).filter((message) => message.direction === 'out' && message.status !== 'delivered')).toEqual([]);
        await world.close();
      }),
      { numRuns: 40, seed: 20261123 },
    );
  }, 120_000);

  it('at whichever frame bob’s app dies, the message is there once when he is back', async () => {
    for (let fatal = 1; fatal <= 10; fatal++) {
      const { world, alice, bob } = await friends();
      let passed = 0;
      let dying: Promise<void> | undefined;
      world.network.tapLinks({
        splice: false,
        frame: ({ bytes }) => {
          passed += 1;
          if (passed === fatal) dying = bob.die();
          return [bytes];
        },
      });
      await alice.send(bob, 'one');
      await alice.send(bob, 'two');
      await world.settle();
      await dying;
      if (dying) await bob.open();
      world.network.tapLinks();
      await world.network.clock.advance(60_000);
      expect(await bob.textsFrom(alice), `died at frame ${fatal}`).toEqual(['one', 'two']);
      await world.close();
    }
  });

  it('a backlog of two thousand messages arrives whole', async () => {
    const { world, alice, bob } = await friends();
    await bob.close();
    const texts = Array.from({ length: 2_000 }, (_, index) => `message ${index}`);
    for (const text of texts) await alice.send(bob, text);
    await bob.open();
    await world.network.clock.advance(5_000);
    for (let rounds = 0; rounds < 20 && (await bob.conversation(alice))?.unread !== 2_000; rounds++)
      await world.network.clock.settle(2_000);
    expect(await bob.textsFrom(alice)).toEqual(texts);
    expect(await bob.conversation(alice)).toMatchObject({ unread: 2_000 });
  }, 60_000);
});

describe('the store refuses', () => {
  it('nothing is acknowledged that is not stored, and it arrives when there is room again', async () => {
    const { world, alice, bob } = await friends();
    const full = bob.fillDisk();
    await alice.send(bob, 'no room for this');
    await world.settle();
    expect(bob.refusals.length).toBeGreaterThan(0);
    expect(await bob.textsFrom(alice)).toEqual([]);
    full.free();
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['no room for this']);
  });

  it('a message that cannot be stored is not shown as sent', async () => {
    const { alice, bob } = await friends();
    const full = alice.fillDisk();
    await expect(alice.send(bob, 'lost?')).rejects.toMatchObject({ kind: 'storage-full' });
    full.free();
    expect(await alice.texts(bob)).toEqual([]);
  });
});
