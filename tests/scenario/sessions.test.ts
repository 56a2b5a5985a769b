/** What happens to a talk when the sessions under it are lost, set back, or told lies about. */
import { afterEach, describe, expect, it } from 'vitest';
import { EMPTY } from '../../src/lib/bytes.ts';
import { decode } from '../../src/protocol/codec.ts';
import { envelope as envelopeCodec } from '../../src/protocol/envelope.ts';
import type { PeerState } from '../../src/session/ports.ts';
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

/** They have talked, in both directions. */
async function talking(): Promise<{ world: World; alice: Person; bob: Person }> {
  const all = await friends();
  await all.alice.send(all.bob, 'one');
  await all.world.settle();
  await all.bob.send(all.alice, 'two');
  await all.world.settle();
  return all;
}

async function peerState(person: Person, other: Person): Promise<PeerState> {
  const state = await person.app.stores.session.peer(other.id);
  if (!state) throw new Error('They have talked');
  return state;
}

async function comesBack(person: Person, { network }: World): Promise<void> {
  await person.die();
  await person.open();
  await network.clock.advance(60_000);
}

describe('[D6] what waits to be sent', () => {
  it('is sealed for bob’s device, and none of its words are in what is stored or sent', async () => {
    const { world, alice, bob } = await talking();
    world.network.tapLinks({ splice: false, frame: () => [] });
    await alice.send(bob, 'canary in the mine');
    await world.settle();
    const [entry] = await alice.app.stores.session.outbox(bob.id, 0, 10);
    const sealed = entry?.sealed?.envelope;
    expect(sealed && Buffer.from(sealed).includes('canary')).toBe(false);
    expect(decode(envelopeCodec, sealed ?? EMPTY).ok).toBe(true);
  });

  it('stays as it was sealed, over a restart, until it has arrived', async () => {
    const { world, alice, bob } = await talking();
    const sealed = async () => (await alice.app.stores.session.outbox(bob.id, 0, 1))[0]?.sealed?.envelope;
    world.network.tapLinks({ splice: false, frame: () => [] });
    await alice.send(bob, 'again and again');
    await world.settle();
    const before = await sealed();
    expect(before).toBeDefined();
    world.network.stopServer();
    await alice.die();
    await alice.open();
    expect(await sealed()).toEqual(before);
    world.network.tapLinks();
    world.network.startServer();
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'again and again']);
    expect(await sealed()).toBeUndefined();
  });
});

describe('attack 16: bob’s store refuses between opening and saving', () => {
  it('[D7] the message opens again when there is room, without another session', async () => {
    const { world, alice, bob } = await talking();
    const full = bob.fillDisk();
    for (const text of ['three', 'four']) await alice.send(bob, text);
    await world.network.clock.advance(20_000);
    expect(bob.refusals.length).toBeGreaterThan(0);
    const { stream } = (await peerState(alice, bob)).outgoing;
    full.free();
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'three', 'four']);
    expect((await peerState(alice, bob)).outgoing.stream).toEqual(stream);
  });
});

describe('[D9] a session that does not open', () => {
  it('bob has lost all about the session: what alice writes arrives once, in order', async () => {
    const { world, alice, bob } = await talking();
    await bob.app.stores.session.commit([bob.app.stores.session.deletePeer(alice.id)]);
    await comesBack(bob, world);
    for (const text of ['three', 'four']) await alice.send(bob, text);
    await bob.send(alice, 'five');
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'three', 'four']);
    expect(await alice.textsFrom(bob)).toEqual(['two', 'five']);
  });

  it('bob has lost the session alone, in the midst of a stream', async () => {
    const { world, alice, bob } = await talking();
    const { session } = bob.app.stores;
    await session.commit([session.putPeer({ ...(await peerState(bob, alice)), cipher: EMPTY })]);
    await comesBack(bob, world);
    for (const text of ['three', 'four', 'five']) await alice.send(bob, text);
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'three', 'four', 'five']);
    expect((await alice.messages(bob)).filter((message) => message.direction === 'out' && message.status !== 'delivered')).toEqual([]);
    await bob.send(alice, 'six');
    await world.settle();
    expect(await alice.textsFrom(bob)).toEqual(['two', 'six']);
  });

  it('both have lost it, with messages waiting on both sides', async () => {
    const { world, alice, bob } = await talking();
    world.network.stopServer();
    world.network.cutLinks();
    for (const text of ['three', 'four']) await alice.send(bob, text);
    await bob.send(alice, 'five');
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const { session } = one.app.stores;
      await session.commit([session.putPeer({ ...(await peerState(one, other)), cipher: EMPTY })]);
      await one.die();
    }
    world.network.startServer();
    await alice.open();
    await bob.open();
    await world.network.clock.advance(120_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'three', 'four']);
    expect(await alice.textsFrom(bob)).toEqual(['two', 'five']);
  });
});

describe('attack 20: a state that is set back', () => {
  it('[D5] alice’s, behind what bob has: another stream and another session, and nothing is lost or shown twice', async () => {
    const { world, alice, bob } = await talking();
    const old = await peerState(alice, bob);
    for (const text of ['three', 'four', 'five']) await alice.send(bob, text);
    await world.settle();
    await alice.app.stores.session.commit([alice.app.stores.session.putPeer(old)]);
    await comesBack(alice, world);
    await alice.send(bob, 'six');
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'three', 'four', 'five', 'six']);
    expect((await peerState(alice, bob)).outgoing.stream).not.toEqual(old.outgoing.stream);
    await bob.send(alice, 'seven');
    await world.settle();
    expect(await alice.textsFrom(bob)).toEqual(['two', 'seven']);
  });

  it('[D5] bob’s, behind what he acknowledged: what alice writes from now on arrives', async () => {
    const { world, alice, bob } = await talking();
    const old = await peerState(bob, alice);
    for (const text of ['three', 'four', 'five']) await alice.send(bob, text);
    await world.settle();
    await bob.app.stores.session.commit([bob.app.stores.session.putPeer(old)]);
    await comesBack(bob, world);
    await alice.send(bob, 'six');
    await bob.send(alice, 'seven');
    await world.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'three', 'four', 'five', 'six']);
    expect(await alice.textsFrom(bob)).toEqual(['two', 'seven']);
  });
});

describe('[R1] a new device', () => {
  it('bob restores a backup in another browser: the talk goes on both ways, with what waited sealed for the new device', async () => {
    const { world, alice, bob } = await talking();
    world.network.stopServer();
    world.network.cutLinks();
    await alice.send(bob, 'written meanwhile');
    await bob.restoreOnNewDevice();
    world.network.startServer();
    await world.network.clock.advance(120_000);
    await bob.send(alice, 'from the new browser');
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['one', 'written meanwhile']);
    expect(await alice.textsFrom(bob)).toEqual(['two', 'from the new browser']);
  });

  it('what was sealed for the old device and never arrived is sealed again', async () => {
    const { world, alice, bob } = await talking();
    world.network.tapLinks({ splice: false, frame: ({ to, bytes }) => (to === 'bob' ? [] : [bytes]) });
    await alice.send(bob, 'on its way');
    await world.settle();
    const before = (await alice.app.stores.session.outbox(bob.id, 0, 1))[0]?.sealed?.envelope;
    expect(before).toBeDefined();
    await bob.restoreOnNewDevice();
    world.network.tapLinks();
    await world.network.clock.advance(120_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'on its way']);
  });
});

describe('[R16] after a month of silence', () => {
  it('the talk goes on, in another session', async () => {
    const { world, alice, bob } = await talking();
    await alice.close();
    await bob.close();
    await world.network.clock.advance(31 * 86_400_000);
    await alice.open();
    await bob.open();
    await alice.send(bob, 'long time no see');
    await world.network.clock.advance(60_000);
    await bob.send(alice, 'indeed');
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['one', 'long time no see']);
    expect(await alice.textsFrom(bob)).toEqual(['two', 'indeed']);
  });
});

describe('[R14] attack 18: both write at once, before either has heard the other', () => {
  it('everything arrives once and in order, and they go on', async () => {
    const { world, alice, bob } = await friends();
    await Promise.all([alice.send(bob, 'a1'), bob.send(alice, 'b1'), alice.send(bob, 'a2'), bob.send(alice, 'b2')]);
    await world.settle();
    for (const turn of [3, 4, 5]) {
      await alice.send(bob, `a${turn}`);
      await bob.send(alice, `b${turn}`);
      await world.settle();
    }
    expect(await bob.textsFrom(alice)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(await alice.textsFrom(bob)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
  });
});
