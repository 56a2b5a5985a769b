import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { RunningServer } from '../../signaling/server.ts';
import { CLOSE } from '../../src/protocol/signaling.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { StockNews, StockPage } from '../support/stock-y-webrtc.ts';
import { Client, closing, rawFrame, rawWebSocket, refusalOf, tag, topic, until } from './client.ts';
import { serve } from './servers.ts';

const PAGE = join(import.meta.dirname, '..', 'support', 'stock-y-webrtc.ts');

/** One WebSocket at /y; what it received is in `inbox`. */
class YClient {
  readonly webSocket: WebSocket;
  readonly inbox: unknown[] = [];
  readonly closed: Promise<number>;

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    this.closed = new Promise((resolve) => webSocket.once('close', resolve));
    webSocket.on('error', () => undefined);
    webSocket.on('message', (data) => this.inbox.push(JSON.parse((data as Buffer).toString('utf8')) as unknown));
  }

  static async connect(server: Pick<RunningServer, 'port'>, options: ClientOptions = {}): Promise<YClient> {
    const client = new YClient(new WebSocket(`ws://127.0.0.1:${server.port}/y`, options));
    await once(client.webSocket, 'open');
    return client;
  }

  say(message: unknown): void {
    this.webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** What arrived before everything said so far was dealt with: the server answers a ping in its turn. */
  async sync(): Promise<unknown[]> {
    const isPong = (message: unknown): boolean => (message as { type?: unknown }).type === 'pong';
    this.say({ type: 'ping' });
    await until(() => this.inbox.some(isPong) || this.webSocket.readyState === WebSocket.CLOSED);
    return this.inbox.splice(0).filter((message) => !isPong(message));
  }
}

describe('the door for y-webrtc', () => {
  it('passes on what is published to everybody else who subscribed, and to nobody after that', async () => {
    const server = await serve();
    const [alice, bob, carol] = [await YClient.connect(server), await YClient.connect(server), await YClient.connect(server)];
    for (const one of [alice, bob]) one.say({ type: 'subscribe', topics: ['notes', 'other'] });
    for (const one of [alice, bob, carol]) await one.sync();
    alice.say({ type: 'publish', topic: 'notes', data: { type: 'announce', from: 'alice' } });
    await alice.sync();
    expect(await bob.sync()).toEqual([{ type: 'publish', topic: 'notes', data: { type: 'announce', from: 'alice' }, clients: 2 }]);
    expect(await carol.sync()).toEqual([]);
    bob.say({ type: 'unsubscribe', topics: ['notes'] });
    await bob.sync();
    alice.say({ type: 'publish', topic: 'notes', data: 1 });
    expect(await alice.sync()).toEqual([]);
    expect(await bob.sync()).toEqual([]);
  });

  it('takes what is published only from those who subscribed', async () => {
    const server = await serve();
    const [alice, bob, carol] = [await YClient.connect(server), await YClient.connect(server), await YClient.connect(server)];
    for (const one of [alice, carol]) {
      one.say({ type: 'subscribe', topics: ['notes'] });
      await one.sync();
    }
    bob.say({ type: 'publish', topic: 'notes', data: 'spam' });
    await bob.sync();
    expect(await alice.sync()).toEqual([]);
  });

  it('shares no topic with /v1', async () => {
    const server = await serve();
    const [parley, stock] = [await Client.connect(server), await YClient.connect(server)];
    await parley.join([[topic('notes'), tag('alice')]]);
    stock.say({ type: 'subscribe', topics: [topic('notes')] });
    stock.say({ type: 'publish', topic: topic('notes'), data: 1 });
    await stock.sync();
    expect(await parley.sync()).toEqual([]);
  });

  it('forgets everything of a socket that is closed', async () => {
    const server = await serve();
    const alice = await YClient.connect(server);
    for (let round = 0; round < 20; round++) {
      alice.say({ type: 'subscribe', topics: [`a${round}`, `b${round}`] });
      alice.say({ type: 'unsubscribe', topics: [`a${round}`] });
    }
    await alice.sync();
    expect(server.kept).toEqual({ sockets: 1, topics: 20, seats: 20 });
    alice.webSocket.terminate();
    await until(() => server.kept.sockets === 0);
    expect(server.kept).toEqual({ sockets: 0, topics: 0, seats: 0 });
  });

  it('can be closed', async () => {
    const server = await serve({ yDoor: 'closed' });
    expect(await refusalOf(server, {}, '/y')).toBe(404);
    expect(await refusalOf(server, {}, '/v1')).toBeUndefined();
  });

  it('is for the same pages and as many sockets as /v1', async () => {
    const server = await serve({ maxSocketsPerAddress: 2 });
    expect(await refusalOf(server, { origin: 'https://elsewhere.example' }, '/y')).toBe(403);
    await YClient.connect(server);
    await Client.connect(server);
    expect(await refusalOf(server, {}, '/y')).toBe(429);
  });

  it('tells people to come back when the server stops', async () => {
    const server = await serve();
    const alice = await YClient.connect(server);
    await server.close();
    expect(await alice.closed).toBe(CLOSE.restart);
  });
});

describe('what kills the server of y-webrtc', () => {
  it.each([
    ['text that is no JSON', 'hello'],
    ['an empty frame', ''],
    ['null', 'null'],
    ['a list', '[1]'],
    ['no type', '{}'],
    ['topics that are no list', '{"type":"subscribe","topics":"abc"}'],
    ['topics that are null', '{"type":"subscribe","topics":null}'],
    ['topics to leave that are no list', '{"type":"unsubscribe","topics":7}'],
    ['topics that are no texts', '{"type":"subscribe","topics":[null,7,{},[],""]}'],
    ['a topic that is no text', '{"type":"publish","topic":{"toString":1}}'],
    ['a topic of a prototype', '{"type":"subscribe","topics":["__proto__","constructor"]}'],
    ['very deep JSON', `{"type":"publish","topic":"t","data":${'['.repeat(7_000)}${']'.repeat(7_000)}}`],
  ])('is %s: here nobody notices', async (_, text) => {
    const server = await serve();
    const [alice, bob] = [await YClient.connect(server), await YClient.connect(server)];
    for (const one of [alice, bob]) one.say({ type: 'subscribe', topics: ['t'] });
    await bob.sync();
    alice.say(text);
    alice.webSocket.send(Buffer.from(text));
    alice.say({ type: 'publish', topic: 't', data: 'fine' });
    await alice.sync();
    expect((await bob.sync()).at(-1)).toEqual({ type: 'publish', topic: 't', data: 'fine', clients: 2 });
  });

  it('is a frame with an invalid opcode: here one socket is closed', async () => {
    const server = await serve();
    const alice = await YClient.connect(server);
    const stranger = await rawWebSocket(server, '/y');
    stranger.write(rawFrame(0x83, Buffer.from('x')));
    await closing(stranger);
    expect(await alice.sync()).toEqual([]);
    expect(server.kept.sockets).toBe(1);
  });

  it('is nothing that chance comes up with', async () => {
    const server = await serve({ messagesPerSecond: 100_000, yMessageBurst: 1_000_000 });
    const alice = await YClient.connect(server);
    const parts = [
      '{',
      '}',
      '"type":',
      '"subscribe"',
      '"publish"',
      ',',
      '"topics":',
      '[',
      ']',
      '"t"',
      '"topic":',
      'null',
      '1',
      '\u0000',
      '\ud800',
    ];
    let seed = 1;
    const next = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit;
    for (let frame = 0; frame < 3_000; frame++) alice.say(Array.from({ length: next(12) }, () => parts[next(parts.length)]).join(''));
    await alice.sync();
    expect(alice.webSocket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('a stranger at /y', () => {
  it('is on so many topics and no more, and topics have so many members', async () => {
    const server = await serve({ yMaxTopics: 3, maxMembers: 2 });
    const people = [await YClient.connect(server), await YClient.connect(server), await YClient.connect(server)];
    for (const one of people) {
      one.say({ type: 'subscribe', topics: ['1', '2', '3', '4', '5', '1'] });
      await one.sync();
    }
    // The third finds three topics full, and two that are not.
    expect(server.kept).toEqual({ sockets: 3, topics: 5, seats: 8 });
  });

  it('has a million topics refused for what they are', async () => {
    const server = await serve();
    const alice = await YClient.connect(server);
    for (let frame = 0; frame < 500; frame++)
      alice.say({ type: 'subscribe', topics: Array.from({ length: 2_000 }, (_, number) => `${frame}x${number}`) });
    expect(await alice.closed).toBe(CLOSE.flood);
    await until(() => server.kept.sockets === 0);
    expect(server.kept.topics).toBe(0);
  });

  it('is not heard with what is too long, nor on topics that are', async () => {
    const server = await serve();
    const [alice, bob] = [await YClient.connect(server), await YClient.connect(server)];
    for (const one of [alice, bob]) one.say({ type: 'subscribe', topics: ['t', 'n'.repeat(129)] });
    await bob.sync();
    alice.say({ type: 'publish', topic: 't', data: 'x'.repeat(16_384) });
    await alice.sync();
    expect(await bob.sync()).toEqual([]);
    expect(server.kept.topics).toBe(1);
    alice.say({ type: 'publish', topic: 't', data: 'x'.repeat(65_536) });
    expect(await alice.closed).toBe(1009);
  });

  it('who says too much is not listened to for a while, and then closed', async () => {
    const clock = new ManualClock();
    const server = await serve({ yMessageBurst: 3, messagesPerSecond: 1 }, clock);
    const [alice, bob] = [await YClient.connect(server), await YClient.connect(server)];
    for (const one of [alice, bob]) one.say({ type: 'subscribe', topics: ['t'] });
    await bob.sync();
    for (let time = 0; time < 5; time++) alice.say({ type: 'publish', topic: 't', data: time });
    await until(() => bob.inbox.length === 2);
    clock.jump(1_000);
    alice.say({ type: 'publish', topic: 't', data: 'later' });
    await until(() => bob.inbox.length === 3);
    expect(bob.inbox.map((message) => (message as { data: unknown }).data)).toEqual([0, 1, 'later']);
    for (let time = 0; time < 200; time++) alice.say({ type: 'ping' });
    expect(await alice.closed).toBe(CLOSE.flood);
  });

  it('who does not read costs no more than a little memory', async () => {
    const server = await serve({ messagesPerSecond: 100_000, yMessageBurst: 100_000, softBufferBytes: 65_536, hardBufferBytes: 262_144 });
    const alice = await YClient.connect(server);
    const deaf = await YClient.connect(server);
    for (const one of [alice, deaf]) one.say({ type: 'subscribe', topics: ['t'] });
    await deaf.sync();
    deaf.webSocket.pause();
    const before = process.memoryUsage.rss();
    for (let time = 0; time < 5_000; time++) alice.say({ type: 'publish', topic: 't', data: 'x'.repeat(15_000) });
    await alice.sync();
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
    deaf.webSocket.terminate();
  });
});

describe('an app made with stock y-webrtc', () => {
  const pages: ChildProcess[] = [];

  afterEach(() => {
    for (const page of pages.splice(0)) page.kill();
  });

  /** Two pages on the same room; gives the list each ends with once both have `length` entries. */
  async function twoPages(room: Omit<StockPage, 'writes'>, length: number): Promise<(readonly string[])[]> {
    const lists: (readonly string[])[] = [[], []];
    for (const [index, writes] of [['from alice'], ['from bob']].entries()) {
      const page = fork(PAGE, [JSON.stringify({ ...room, writes } satisfies StockPage)], {
        execArgv: ['--import', 'tsx'],
        // Bytes stay bytes.
        serialization: 'advanced',
      });
      pages.push(page);
      page.on('message', (news: StockNews) => {
        if (news.kind === 'list') lists[index] = news.list;
        else for (const other of pages) if (other !== page) other.send(news);
      });
    }
    await until(() => lists.every((list) => list.length >= length));
    return lists;
  }

  it.each([
    ['in the open', undefined],
    ['with a password', 'secret'],
  ])(
    'finds its other pages here, %s, and their documents become one',
    async (_, password) => {
      const server = await serve();
      const url = `ws://127.0.0.1:${server.port}/y`;
      const [alice = [], bob] = await twoPages({ url, room: 'a room of theirs', ...(password === undefined ? {} : { password }) }, 2);
      expect(alice.toSorted()).toEqual(['from alice', 'from bob']);
      expect(bob).toEqual(alice);
    },
    30_000,
  );
});
