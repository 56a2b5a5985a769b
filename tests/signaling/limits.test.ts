import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AddressLimits } from '../../signaling/address-limits.ts';
import { addressKeyOf } from '../../signaling/client-address.ts';
import { blockListOf } from '../../signaling/option-kinds.ts';
import { TokenBucket } from '../../signaling/token-bucket.ts';
import { CLOSE } from '../../src/protocol/signaling.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Client, closing, push, rawWebSocket, refusalOf, tag, topic, until } from './client.ts';
import { serve } from './servers.ts';

const cafe = topic('cafe');
const A = tag('alice');
const B = tag('bob');

describe('a token bucket', () => {
  it('lets a burst through, then as much as comes in', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, clock);
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    expect(bucket.waitMs()).toBe(500);
    await clock.advance(500);
    expect([1, 2].map(() => bucket.take())).toEqual([true, false]);
    await clock.advance(60_000);
    expect(bucket.full).toBe(true);
  });

  it('gives nothing for a clock that is set back', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, clock);
    bucket.take();
    clock.jump(-3_600_000);
    expect(bucket.take()).toBe(false);
    clock.jump(1_000);
    expect(bucket.take()).toBe(true);
  });
});

describe('addresses', () => {
  const key = (remoteAddress: string, forwarded?: string, proxies: readonly string[] = []) => {
    const request = { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage;
    const trusted = blockListOf(proxies);
    if (!trusted) throw new Error('no such range');
    return addressKeyOf(request, trusted);
  };

  it('are counted by IPv4 address and by IPv6 network', () => {
    expect(key('192.0.2.7')).toBe('192.0.2.7');
    expect(key('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(key('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(key('2001:0db8:0001:0002::9')).toBe('2001:db8:1:2::/64');
    expect(key('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(key('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(key('::1')).toBe('0:0:0:0::/64');
  });

  it('are believed only from proxies of ours, and only the nearest stranger counts', () => {
    expect(key('192.0.2.7', '198.51.100.1')).toBe('192.0.2.7');
    expect(key('127.0.0.1', '198.51.100.1', ['127.0.0.1'])).toBe('198.51.100.1');
    expect(key('127.0.0.1', '203.0.113.9, 198.51.100.1, 10.0.0.2', ['127.0.0.1', '10.0.0.0/8'])).toBe('198.51.100.1');
    expect(key('127.0.0.1', 'nonsense', ['127.0.0.1'])).toBe('127.0.0.1');
    expect(key('::1', '2001:db8::5', ['::1'])).toBe('2001:db8:0:0::/64');
  });

  it('are forgotten when they have nothing open and have rested', async () => {
    const clock = new ManualClock();
    const limits = new AddressLimits({ clock, maxSockets: 2, connects: { perSecond: 1, burst: 5 } });
    for (let visitor = 0; visitor < 100; visitor++) {
      limits.admit(`192.0.2.${visitor}`);
      limits.release(`192.0.2.${visitor}`);
    }
    expect(limits.size).toBe(100);
    await clock.advance(60_000);
    limits.admit('198.51.100.1');
    expect(limits.size).toBe(1);
  });
});

describe('connecting', () => {
  it('is refused beyond the sockets of one address, until one of them is closed', async () => {
    const server = await serve({ maxSocketsPerAddress: 2 });
    const alice = await Client.connect(server);
    await Client.connect(server);
    expect(await refusalOf(server)).toBe(429);
    alice.webSocket.close();
    await alice.closed;
    expect(await refusalOf(server)).toBeUndefined();
  });

  it('is refused when one address connects too fast, whatever becomes of the connections', async () => {
    const clock = new ManualClock();
    const server = await serve({ connectBurst: 3, connectsPerSecond: 1 }, clock);
    for (let time = 0; time < 3; time++) expect(await refusalOf(server)).toBeUndefined();
    expect(await refusalOf(server)).toBe(429);
    clock.jump(1_000);
    expect(await refusalOf(server)).toBeUndefined();
  });

  it('counts the addresses behind a trusted proxy one by one', async () => {
    const server = await serve({ maxSocketsPerAddress: 1, trustedProxies: ['127.0.0.1'] });
    await Client.connect(server, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(await refusalOf(server, { headers: { 'X-Forwarded-For': '192.0.2.1' } })).toBe(429);
    expect(await refusalOf(server, { headers: { 'X-Forwarded-For': '192.0.2.2' } })).toBeUndefined();
  });

  it('is refused beyond the sockets in all, and when memory runs out', async () => {
    const server = await serve({ maxSockets: 1 });
    await Client.connect(server);
    expect(await refusalOf(server)).toBe(503);
    expect(await refusalOf(await serve({ maxMemoryMib: 1 }))).toBe(503);
  });

  it('is for pages of this server, or of the origins named', async () => {
    const own = await serve();
    expect(await refusalOf(own, { origin: `http://127.0.0.1:${own.port}` })).toBeUndefined();
    expect(await refusalOf(own, { origin: 'https://elsewhere.example' })).toBe(403);
    expect(await refusalOf(own, { origin: 'null' })).toBe(403);
    const named = await serve({ origins: ['https://chat.example'] });
    expect(await refusalOf(named, { origin: 'https://chat.example' })).toBeUndefined();
    expect(await refusalOf(named, { origin: `http://127.0.0.1:${named.port}` })).toBe(403);
  });

  it('is for the doors there are', async () => {
    expect(await refusalOf(await serve(), {}, '/v2')).toBe(404);
  });
});

describe('talking', () => {
  it('is slowed down by err rate, and ended when that is not heeded', async () => {
    const server = await serve({ messageBurst: 5, messagesPerSecond: 1 }, new ManualClock());
    const alice = await Client.connect(server);
    await alice.join([[cafe, A]]);
    for (let time = 0; time < 4; time++) await alice.sync();
    alice.say({ t: 'pub', topic: cafe, id: 9 }, 'too much');
    expect((await alice.next('err')).header).toEqual({ t: 'err', e: 'rate', ms: 1000, id: 9 });
    for (let time = 0; time < 200; time++) alice.say({ t: 'ice' });
    expect(await alice.closed).toBe(CLOSE.flood);
  });

  it('goes on after a pause', async () => {
    const clock = new ManualClock();
    const server = await serve({ messageBurst: 1, messagesPerSecond: 1 }, clock);
    const alice = await Client.connect(server);
    await alice.sync();
    alice.say({ t: 'ice' });
    expect((await alice.next('err')).header.e).toBe('rate');
    clock.jump(1_000);
    expect(await alice.sync()).toEqual([]);
  });

  it('lets somebody with 150 friends greet them all at once', async () => {
    const server = await serve({}, new ManualClock());
    const alice = await Client.connect(server);
    const friends = Array.from({ length: 150 }, (_, number) => [topic(`friend${number}`), A] as const);
    expect(await alice.join(friends)).toHaveLength(150);
    for (const [friend] of friends) alice.say({ t: 'pub', topic: friend, id: 1 }, 'good morning');
    for (const [friend] of friends) alice.say({ t: 'pub', topic: friend, id: 2 }, 'an offer');
    expect(await alice.sync()).toEqual([
      ...friends.map(() => ({ t: 'ack', id: 1, n: 0 })),
      ...friends.map(() => ({ t: 'ack', id: 2, n: 0 })),
    ]);
  });

  it('refuses a body that is too long, and cuts off a frame that is', async () => {
    const server = await serve();
    const alice = await Client.connect(server);
    const bob = await Client.connect(server);
    await alice.join([[cafe, A]]);
    await bob.join([[cafe, B]]);
    alice.say({ t: 'pub', topic: cafe, id: 1 }, 'x'.repeat(16_384));
    expect((await bob.next('msg')).body).toHaveLength(16_384);
    bob.say({ t: 'pub', topic: cafe, id: 2 }, 'x'.repeat(16_385));
    expect((await bob.next('err')).header).toEqual({ t: 'err', e: 'limit', id: 2 });
    bob.say({ t: 'pub', topic: cafe, id: 3 }, 'x'.repeat(65_536));
    expect(await bob.closed).toBe(1009);
  });

  it('joins topics up to the limit, says so, and keeps what was joined', async () => {
    const server = await serve({ maxTopics: 3 });
    const alice = await Client.connect(server);
    alice.say({ t: 'sub', topics: ['1', '2', '3', '4'].map((name) => [topic(name), A] as const) });
    expect((await alice.next('here')).header.topics.map((change) => change.topic)).toEqual(['1', '2', '3'].map(topic));
    expect((await alice.next('err')).header).toEqual({ t: 'err', e: 'limit' });
    expect(server.kept.seats).toBe(3);
  });

  it('takes a million topics for what they are', async () => {
    const server = await serve();
    const alice = await Client.connect(server);
    for (let frame = 0; frame < 1_000; frame++)
      alice.say({ t: 'sub', topics: Array.from({ length: 900 }, (_, number) => [topic(`${frame}x${number}`), A] as const) });
    expect(await alice.closed).toBe(CLOSE.flood);
    await until(() => server.kept.sockets === 0);
    expect(server.kept).toEqual({ sockets: 0, topics: 0, seats: 0 });
  });

  it('counts pings and pongs as messages', async () => {
    const server = await serve({ messageBurst: 5 }, new ManualClock());
    const alice = await Client.connect(server);
    for (let time = 0; time < 200; time++) alice.webSocket.pong();
    expect(await alice.closed).toBe(CLOSE.flood);
  });
});

describe('somebody who does not read', () => {
  it('loses messages, is cut off in the end, and does not slow down the others', async () => {
    const server = await serve({ softBufferBytes: 32 * 1024, hardBufferBytes: 64 * 1024, messageBurst: 100_000 });
    const alice = await Client.connect(server);
    const carol = await Client.connect(server);
    await alice.join([[cafe, A]]);
    await carol.join([[cafe, tag('carol')]]);
    const deaf = await rawWebSocket(server);
    deaf.pause();
    const bob = Buffer.from(JSON.stringify({ t: 'sub', topics: [[cafe, B]] }));
    deaf.write(Buffer.concat([Buffer.from([0x81, 0x80 | bob.length, 0, 0, 0, 0]), bob]));
    let reached = 2;
    let sent = 0;
    // The kernel's own buffers take megabytes first.
    while (reached === 2 && sent < 5_000) {
      alice.say({ t: 'pub', topic: cafe, id: sent++ }, 'x'.repeat(16_384));
      reached = await nextAck(alice);
      await carolHears(carol);
    }
    expect(reached).toBe(1);
    expect(server.kept.sockets).toBe(3);
    deaf.destroy();
  });

  it('is cut off when even the answers to it pile up', async () => {
    const server = await serve({ softBufferBytes: 1024, hardBufferBytes: 2048, messageBurst: 1_000_000 });
    const deaf = await rawWebSocket(server);
    deaf.pause();
    const topics = Array.from({ length: 900 }, (_, number) => [topic(`${number}`), B]);
    const payload = Buffer.from(JSON.stringify({ t: 'sub', topics }));
    const frame = Buffer.concat([Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]), payload]);
    let rounds = 0;
    while (await push(deaf, frame)) rounds++;
    expect(rounds).toBeGreaterThan(1);
    await until(() => server.kept.sockets === 0);
    expect(server.kept).toEqual({ sockets: 0, topics: 0, seats: 0 });
  });
});

describe('a socket', () => {
  it('is pinged, and cut off when it does not answer', async () => {
    const clock = new ManualClock();
    const server = await serve({ pingSeconds: 30 }, clock);
    const alice = await Client.connect(server);
    const dead = await rawWebSocket(server);
    await clock.until(() => server.kept.sockets === 2);
    for (let time = 0; time < 3; time++) {
      const pinged = once(alice.webSocket, 'ping');
      await clock.advance(30_000);
      await pinged;
      await alice.sync();
    }
    await closing(dead);
    await until(() => server.kept.sockets === 1);
    expect(await alice.sync()).toEqual([]);
  });
});

async function nextAck(client: Client): Promise<number> {
  for (;;) {
    const [received] = client.inbox.splice(0, 1);
    if (received?.header.t === 'ack') return received.header.n;
    if (!received) await once(client.webSocket, 'message');
  }
}

async function carolHears(carol: Client): Promise<void> {
  while (carol.inbox.shift()?.header.t !== 'msg') if (carol.inbox.length === 0) await once(carol.webSocket, 'message');
}
