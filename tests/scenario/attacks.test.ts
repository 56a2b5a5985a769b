/** What a hostile server, and somebody who sits in the middle of a connection, can do: hold things up, and nothing else. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { MemberTag } from '../../src/protocol/ids.ts';
import type { Published } from '../support/memory-rendezvous.ts';
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
  await people.network.clock.advance(420_000);
  return { world: people, alice: people.alice, bob: people.bob };
}

async function talkStillWorks({ network, settle }: World, alice: Person, bob: Person): Promise<void> {
  const before = (await bob.textsFrom(alice)).length;
  await alice.send(bob, `still here ${before}`);
  await network.clock.advance(700_000);
  await settle();
  expect(await bob.textsFrom(alice)).toContain(`still here ${before}`);
}

function flipped(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice();
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ 1;
  return copy;
}

describe('attack 1: two connections spliced together', () => {
  it('[H3] [H4] both ends see the fingerprint of the one in the middle, and neither says a word', async () => {
    const { world, alice, bob } = await friends();
    const seen: Bytes[] = [];
    world.network.tapLinks({
      splice: true,
      frame: ({ bytes }) => {
        seen.push(bytes);
        return [bytes];
      },
    });
    await alice.send(bob, 'for bob alone');
    await world.network.clock.advance(120_000);
    expect(await bob.textsFrom(alice)).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);
    expect(alice.app.session.links).toBeDefined();
    world.network.tapLinks();
    await world.network.clock.advance(700_000);
    expect(await bob.textsFrom(alice)).toEqual(['for bob alone']);
  });

  it('[H3] [I4] in the middle of an introduction: no contact comes of it', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    people.network.tapLinks({ splice: true, frame: ({ bytes }) => [bytes] });
    await people.bob.accept(await people.alice.invite());
    await people.network.clock.advance(60_000);
    expect(people.alice.hasContact(people.bob)).toBe(false);
    expect(people.bob.hasContact(people.alice)).toBe(false);
    expect(people.bob.failures).toEqual([{ contact: 'alice', failure: 'invite-refused' }]);
  });
});

describe('attack 2: the server changes what it relays', () => {
  it('[S4] a signal with any byte changed is dropped, and the talk goes on', async () => {
    const { world, alice, bob } = await friends();
    let changed = 0;
    world.network.corruptServer((message) => {
      changed += 1;
      return [{ ...message, body: flipped(message.body, changed * 37) }];
    });
    await alice.send(bob, 'one');
    await world.network.clock.advance(60_000);
    expect(changed).toBeGreaterThan(0);
    expect(await bob.textsFrom(alice)).toEqual([]);
    world.network.corruptServer();
    await talkStillWorks(world, alice, bob);
    expect(await bob.textsFrom(alice)).toHaveLength(2);
  });

  it('[S4] a signal sent back to whom it came from is not theirs, and is dropped', async () => {
    const { world, alice, bob } = await friends();
    const published: Published[] = [];
    world.network.corruptServer((message) => {
      published.push(message);
      return [message];
    });
    await alice.send(bob, 'one');
    await world.settle();
    const everybody = 'AAAAAAAAAAAAAAAA' as MemberTag;
    for (const message of published) world.network.injectBody({ ...message, from: everybody });
    await world.settle();
    await talkStillWorks(world, alice, bob);
    expect(world.network.links().length).toBeLessThanOrEqual(1);
  });
});

describe('attack 3: a new description after the link is proven', () => {
  it('[H10] [S4] the whole signaling of a link, replayed while it is open, changes nothing on it', async () => {
    const { world, alice, bob } = await friends();
    const published: Published[] = [];
    world.network.corruptServer((message) => {
      published.push(message);
      return [message];
    });
    await alice.send(bob, 'one');
    await world.settle();
    expect(world.network.links()).toHaveLength(1);
    let changes = -1;
    const watching = alice.app.session.links.subscribe(() => (changes += 1));
    for (const message of published) world.network.injectBody(message);
    await world.settle();
    watching.unsubscribe();
    expect(changes).toBe(0);
    expect(world.network.links()).toHaveLength(1);
    await bob.send(alice, 'two');
    await world.settle();
    expect(await alice.textsFrom(bob)).toEqual(['two']);
  });
});

describe('attack 9: frames repeated, moved or cut on the way', () => {
  for (const [name, tamper] of [
    ['repeated', (bytes: Bytes) => [bytes, bytes]],
    ['cut', (bytes: Bytes) => [bytes.slice(0, -1)]],
    ['changed', (bytes: Bytes) => [flipped(bytes, 20)]],
    ['lost', () => []],
  ] as const) {
    it(`[F3] [F5] a frame that is ${name} ends the link, and the next link brings everything once`, async () => {
      const { world, alice, bob } = await friends();
      await alice.send(bob, 'zero');
      await world.settle();
      let frames = 0;
      world.network.tapLinks({ splice: false, frame: ({ bytes, from }) => (from === 'alice' && ++frames === 2 ? tamper(bytes) : [bytes]) });
      for (const text of ['one', 'two', 'three']) await alice.send(bob, text);
      await world.network.clock.advance(60_000);
      world.network.tapLinks();
      await world.network.clock.advance(700_000);
      expect(await bob.textsFrom(alice)).toEqual(['zero', 'one', 'two', 'three']);
    });
  }

  it('[F3] two frames exchanged end the link, and the next link brings everything once', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'zero');
    await world.settle();
    let kept: Bytes | undefined;
    let frames = 0;
    world.network.tapLinks({
      splice: false,
      frame: ({ bytes, from }) => {
        if (from !== 'alice') return [bytes];
        frames += 1;
        if (frames === 1) {
          kept = bytes;
          return [];
        }
        return frames === 2 && kept ? [bytes, kept] : [bytes];
      },
    });
    for (const text of ['one', 'two', 'three']) await alice.send(bob, text);
    await world.network.clock.advance(700_000);
    expect(await bob.textsFrom(alice)).toEqual(['zero', 'one', 'two', 'three']);
  });
});

describe('attack 11: a flood before anybody has proven anything', () => {
  it('[H9] a hundred offers on an invite’s topic make three links at most, and bob still gets in', async () => {
    const people = await setup('alice', 'bob', 'mallory');
    world = people;
    const link = await people.alice.invite();
    // Mallory has the link, too, and is stuck before proving anything: the frames she sends on are lost.
    people.network.tapLinks({ splice: false, frame: ({ from, bytes }) => (from === 'mallory' ? [] : [bytes]) });
    const offers: Published[] = [];
    people.network.corruptServer((message) => {
      offers.push(message);
      return Array.from({ length: 100 }, () => message);
    });
    await people.mallory.accept(link);
    await people.settle();
    for (const offer of offers) people.network.injectBody(offer);
    await people.settle();
    expect(people.network.links().length).toBeLessThanOrEqual(3);
    people.network.corruptServer();
    await people.bob.accept(link);
    await people.network.clock.advance(60_000);
    expect(people.alice.hasContact(people.bob)).toBe(true);
    expect(people.alice.hasContact(people.mallory)).toBe(false);
  });

  it('[S7] a contact who offers without end is served six times, not a hundred', async () => {
    const { world, alice, bob } = await friends();
    const [offerer, answerer] = alice.id < bob.id ? [alice, bob] : [bob, alice];
    world.network.tapLinks({ splice: false, frame: () => [] });
    let offers = 0;
    world.network.corruptServer((message) => {
      offers += 1;
      return [message];
    });
    for (let round = 0; round < 100; round++) offerer.app.session.attend(round % 2 === 0 ? answerer.id : undefined);
    await answerer.send(offerer, 'knock');
    await world.settle();
    expect(world.network.links().length).toBeLessThanOrEqual(6);
    expect(offers).toBeLessThan(50);
  });
});

describe('a server that vanishes, lies or floods', () => {
  it('it vanishes in the midst of the handshake: the link does not need it any more', async () => {
    const { world, alice, bob } = await friends();
    world.network.tapLinks({
      splice: false,
      frame: ({ bytes }) => {
        world.network.stopServer();
        return [bytes];
      },
    });
    await alice.send(bob, 'without a server');
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['without a server']);
    world.network.tapLinks();
    world.network.startServer();
  });

  it('it says that bob is here when he is not: the message waits', async () => {
    const { world, alice, bob } = await friends();
    const joined = world.network.serverLog.filter((sight) => sight.kind === 'joined');
    await bob.close();
    for (const { topic, member } of joined) world.network.pretendHere(topic, [member]);
    await alice.send(bob, 'are you?');
    await world.network.clock.advance(120_000);
    await bob.open();
    await world.network.clock.advance(700_000);
    expect(await bob.textsFrom(alice)).toEqual(['are you?']);
  });

  it('it repeats and reorders everything it relays: the talk goes on', async () => {
    const { world, alice, bob } = await friends();
    const past: Published[] = [];
    world.network.corruptServer((message) => {
      past.push(message);
      return [...past].reverse().slice(0, 20);
    });
    for (const text of ['one', 'two', 'three']) {
      await alice.send(bob, text);
      await world.network.clock.advance(60_000);
      world.network.cutLinks();
    }
    await world.network.clock.advance(700_000);
    expect(await bob.textsFrom(alice)).toEqual(['one', 'two', 'three']);
  });

  it('what it saw holds no name, no word, and no account', async () => {
    const { world, alice, bob } = await friends();
    await alice.send(bob, 'canary in the mine');
    await world.settle();
    const seen = world.network.serverLog
      .map((sight) =>
        JSON.stringify(sight, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)),
      )
      .join('\n');
    expect(seen.length).toBeGreaterThan(1_000);
    for (const canary of ['alice', 'bob', 'canary', alice.id, bob.id]) expect(seen).not.toContain(canary);
  });
});
