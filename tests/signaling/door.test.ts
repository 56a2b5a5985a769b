import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TICK_MS } from '../../signaling/here-changes.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Client, tag, topic } from './client.ts';
import { serve } from './servers.ts';

const cafe = topic('cafe');
const park = topic('park');
const [A, B, C] = [tag('alice'), tag('bob'), tag('carol')] as const;
const HOLD_DOWN_MS = 20_000;

/** A server whose time the test moves, and three people connected to it. */
async function meet() {
  const clock = new ManualClock();
  const server = await serve({ holdDownSeconds: HOLD_DOWN_MS / 1000, holdDownJitterSeconds: 0 }, clock);
  const [alice, bob, carol] = [await Client.connect(server), await Client.connect(server), await Client.connect(server)] as const;
  return { clock, server, alice, bob, carol };
}

/** Waits until the server has noticed that a socket is gone. */
async function until(clock: ManualClock, condition: () => boolean): Promise<void> {
  await clock.until(condition);
}

describe('the greeting', () => {
  it('tells the time, the limits and the ICE servers', async () => {
    const clock = new ManualClock(1_000_000);
    const server = await serve(
      { stun: ['stun:stun.example'], turnUrls: ['turn:turn.example'], turnSecret: 'north', turnTtlSeconds: 60 },
      clock,
    );
    const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}/v1`);
    const greeting = await new Promise<string>((resolve) => webSocket.once('message', (data: Buffer) => resolve(data.toString())));
    const expected = { t: 'hello', v: 1, now: 1_000_000, limits: { body: 16_384, topics: 2_400 }, iceTtl: 60 };
    expect(JSON.parse(greeting)).toMatchObject(expected);
    expect(greeting).toContain('"username":"1060:');
    webSocket.terminate();
  });

  it('is followed by fresh ICE servers when asked for', async () => {
    const server = await serve({ stun: ['stun:stun.example'] });
    const alice = await Client.connect(server);
    alice.say({ t: 'ice' });
    expect((await alice.next('ice')).header.ice).toEqual([{ urls: ['stun:stun.example'] }]);
  });
});

describe('who is here', () => {
  it('is answered at once, and its first change is told at once', async () => {
    const { clock, alice, bob } = await meet();
    expect(await alice.join([[cafe, A]])).toEqual([[A]]);
    expect(await bob.join([[cafe, B]])).toEqual([[A, B]]);
    await clock.advance(0);
    expect((await alice.next('here')).header.topics).toEqual([{ topic: cafe, in: [B] }]);
  });

  it('is told in ticks when much happens', async () => {
    const { clock, alice, bob, carol } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    await clock.advance(0);
    await carol.join([[cafe, C]]);
    bob.say({ t: 'unsub', topics: [cafe] });
    await bob.sync();
    await clock.advance(TICK_MS);
    await alice.next('here');
    expect((await alice.next('here')).header.topics).toEqual([{ topic: cafe, in: [C], out: [B] }]);
  });

  it('is answered for several topics together, and for one joined twice', async () => {
    const { alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    bob.say({
      t: 'sub',
      topics: [
        [cafe, B],
        [park, B],
        [park, B],
      ],
    });
    expect((await bob.next('here')).header.topics).toEqual([
      { topic: cafe, all: [A, B] },
      { topic: park, all: [B] },
    ]);
  });

  it('does not show a quiet one, who may show up later and hide again', async () => {
    const { clock, alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    expect(await bob.join([[cafe, B]], true)).toEqual([[A]]);
    await clock.advance(TICK_MS);
    expect(await alice.sync()).toEqual([]);
    await bob.join([[cafe, B]]);
    await clock.advance(TICK_MS);
    expect((await alice.next('here')).header.topics).toEqual([{ topic: cafe, in: [B] }]);
    await bob.join([[cafe, B]], true);
    await clock.advance(TICK_MS);
    expect((await alice.next('here')).header.topics).toEqual([{ topic: cafe, out: [B] }]);
  });

  it('hears of a broken connection only after the hold-down', async () => {
    const { clock, server, alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    await clock.advance(TICK_MS);
    await alice.next('here');
    bob.die();
    await until(clock, () => server.kept.sockets === 2);
    await clock.advance(HOLD_DOWN_MS - 1);
    expect(await alice.sync()).toEqual([]);
    await clock.advance(1);
    expect((await alice.next('here')).header.topics).toEqual([{ topic: cafe, out: [B] }]);
  });

  it('does not hear of one that came back in time', async () => {
    const { clock, server, alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    await clock.advance(TICK_MS);
    await alice.next('here');
    bob.die();
    await until(clock, () => server.kept.sockets === 2);
    const bobAgain = await Client.connect(server);
    expect(await bobAgain.join([[cafe, B]])).toEqual([[A, B]]);
    await clock.advance(2 * HOLD_DOWN_MS);
    expect(await alice.sync()).toEqual([]);
  });

  it('is told at once when somebody leaves on purpose', async () => {
    const { clock, alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    await clock.advance(2 * TICK_MS);
    await alice.next('here');
    bob.say({ t: 'unsub', topics: [cafe, park] });
    await bob.sync();
    await clock.advance(0);
    expect((await alice.next('here')).header.topics).toEqual([{ topic: cafe, out: [B] }]);
  });
});

describe('a message', () => {
  it('reaches everybody else on the topic, and the sender learns how many', async () => {
    const { alice, bob, carol } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    await carol.join([[cafe, C]]);
    await alice.sync();
    await bob.sync();
    alice.say({ t: 'pub', topic: cafe, id: 7 }, 'sealed\nwords 晤谈');
    expect((await alice.next('ack')).header).toEqual({ t: 'ack', id: 7, n: 2 });
    for (const friend of [bob, carol]) {
      const { header, body, binary } = await friend.next('msg');
      expect([header, body, binary]).toEqual([{ t: 'msg', topic: cafe, from: A }, 'sealed\nwords 晤谈', false]);
    }
  });

  it('reaches only the member it names', async () => {
    const { alice, bob, carol } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    await carol.join([[cafe, C]]);
    alice.say({ t: 'pub', topic: cafe, to: C }, 'for carol');
    expect((await carol.next('msg')).body).toBe('for carol');
    expect(await bob.sync()).toEqual([]);
  });

  it('is relayed byte for byte in the kind of frame it came in', async () => {
    const { alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    const body = Buffer.from([0, 10, 255, 128, 10, 0]);
    const received = new Promise<[Buffer, boolean]>((resolve) =>
      bob.webSocket.once('message', (data: Buffer, binary) => resolve([data, binary])),
    );
    alice.webSocket.send(Buffer.concat([Buffer.from(`${JSON.stringify({ t: 'pub', topic: cafe })}\n`), body]));
    const [data, binary] = await received;
    expect(binary).toBe(true);
    expect(data.subarray(data.indexOf(10) + 1)).toEqual(body);
  });

  it('reaches a quiet member, who is not counted', async () => {
    const { alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]], true);
    alice.say({ t: 'pub', topic: cafe, id: 1 }, 'hello');
    expect((await alice.next('ack')).header.n).toBe(0);
    expect((await bob.next('msg')).body).toBe('hello');
  });

  it('is refused from somebody who is not on the topic', async () => {
    const { alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    bob.say({ t: 'pub', topic: cafe, id: 3 }, 'let me in');
    expect((await bob.next('err')).header).toEqual({ t: 'err', e: 'not-joined', id: 3 });
    expect(await alice.sync()).toEqual([]);
  });

  it('may be empty', async () => {
    const { alice, bob } = await meet();
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    alice.say({ t: 'pub', topic: cafe });
    expect((await bob.next('msg')).body).toBe('');
  });
});

describe('words the server does not know', () => {
  it('are answered with err bad, and the talk goes on', async () => {
    const { alice } = await meet();
    for (const words of ['hello', '{"t":"dance"}', '{"t":"sub","topics":"abc"}', '\n\n\n', '']) {
      alice.webSocket.send(words);
      expect((await alice.next('err')).header).toEqual({ t: 'err', e: 'bad' });
    }
    expect(await alice.join([[cafe, A]])).toEqual([[A]]);
  });
});
