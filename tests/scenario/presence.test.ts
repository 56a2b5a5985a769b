import { afterEach, describe, expect, it } from 'vitest';
import { AWAY_AFTER_MS } from '../../src/presence/presence.ts';
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

describe('how bob sees alice', () => {
  it('[S8] online, away and busy, at once when she chooses', async () => {
    const { world, alice, bob } = await friends();
    expect(bob.sees(alice)).toBe('online');
    for (const presence of ['busy', 'away', 'online'] as const) {
      await alice.app.presence.choose(presence);
      await world.settle();
      expect(bob.sees(alice)).toBe(presence);
    }
  });

  it('[S8] as nobody there when she is invisible, and she sees him all the same', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('invisible');
    await world.settle();
    expect(bob.sees(alice)).toBe('offline');
    expect(alice.sees(bob)).toBe('online');
  });

  it('[S8] invisible, she still gets his messages', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('invisible');
    await world.network.clock.advance(420_000);
    await bob.send(alice, 'I know you are there');
    await world.network.clock.advance(10_000);
    await world.settle();
    expect(await alice.textsFrom(bob)).toEqual(['I know you are there']);
    expect(bob.sees(alice)).toBe('offline');
  });

  it('away by itself after five idle minutes, and online again at her next key', async () => {
    const { world, alice, bob } = await friends();
    await world.network.clock.advance(AWAY_AFTER_MS - 1);
    expect(bob.sees(alice)).toBe('online');
    await world.network.clock.advance(1);
    expect(bob.sees(alice)).toBe('away');
    alice.lastActive.set(world.network.clock.now());
    await world.settle();
    expect(bob.sees(alice)).toBe('online');
  });

  it('busy stays busy when she is idle', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('busy');
    await world.network.clock.advance(AWAY_AFTER_MS * 2);
    expect(bob.sees(alice)).toBe('busy');
  });

  it('offline at once when she leaves, and as she chose when she is back', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('busy');
    await alice.close();
    await world.settle();
    expect(bob.sees(alice)).toBe('offline');
    await alice.open();
    await world.settle();
    expect(bob.sees(alice)).toBe('busy');
  });

  it('invisible from the first moment when that was her choice last time', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('invisible');
    await alice.close();
    await world.settle();
    let seen = false;
    const watching = bob.app.presence.contacts.subscribe((contacts) => {
      seen ||= contacts.has(alice.id);
    });
    await alice.open();
    await world.network.clock.advance(30_000);
    watching.unsubscribe();
    expect(seen).toBe(false);
  });

  it('as she is, when it was bob who was away', async () => {
    const { world, alice, bob } = await friends();
    await bob.close();
    await alice.app.presence.choose('away');
    await bob.open();
    await world.settle();
    expect(bob.sees(alice)).toBe('away');
  });

  it('as she is while the server is gone, for as long as they are linked', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'a link');
    await world.settle();
    world.network.stopServer();
    await world.settle();
    expect(bob.sees(alice)).toBe('online');
    await alice.app.presence.choose('busy');
    await world.settle();
    expect(bob.sees(alice)).toBe('busy');
    world.network.cutLinks();
    await world.settle();
    expect(bob.sees(alice)).toBe('offline');
    world.network.startServer();
    await world.settle();
    expect(bob.sees(alice)).toBe('busy');
  });

  it('[S8] as nobody there when the server goes away, if she is invisible, linked or not', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('invisible');
    await bob.send(alice, 'a link');
    await world.settle();
    world.network.stopServer();
    await world.settle();
    expect(bob.sees(alice)).toBe('offline');
  });

  it('offline when she leaves while the server is gone', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'a link');
    await world.settle();
    world.network.stopServer();
    await alice.close();
    await world.settle();
    expect(bob.sees(alice)).toBe('offline');
  });

  it('across midnight, when the topics change', async () => {
    const { world, alice, bob } = await friends();
    await alice.app.presence.choose('busy');
    for (let hours = 0; hours < 60; hours += 6) {
      await world.network.clock.advance(6 * 3_600_000);
      expect(bob.sees(alice), `after ${hours + 6} hours`).toBe('busy');
      await alice.send(bob, `hour ${hours}`);
      await world.settle();
    }
    expect(await bob.textsFrom(alice)).toHaveLength(10);
  });
});
