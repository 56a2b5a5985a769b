import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../signaling/server.ts';
import { Client, closing, push, rawConnection, rawFrame, rawWebSocket, tag, topic, until } from './client.ts';
import { serve } from './servers.ts';

const TEXT = 0x81;
const PING = 0x89;
const MIB = 1024 * 1024;

/** In every test alice is there all the time, and at the end the server still does for her what it should. */
describe('whatever a stranger sends', () => {
  let server: RunningServer;
  let alice: Client;

  beforeEach(async () => {
    server = await serve();
    alice = await Client.connect(server);
  });

  afterEach(async () => {
    expect(await alice.join([[topic('cafe'), tag('alice')]])).toEqual([[tag('alice')]]);
  });

  it.each([
    ['an opcode that does not exist', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
    ['a frame without mask', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
    ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0])],
    ['a ping in pieces', Buffer.from([0x09, 0x80, 0, 0, 0, 0])],
    ['a ping that is too long', Buffer.from([0x89, 0xfe, 0, 200, 0, 0, 0, 0])],
    ['text that is not UTF-8', rawFrame(TEXT, Buffer.from([0xff, 0xfe]))],
    ['a frame of 2^63 bytes', Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0])],
    ['a close with half a code', rawFrame(0x88, Buffer.from([3]))],
    ['a close with a code that may not be sent', rawFrame(0x88, Buffer.from([3, 0xed]))],
    ['noise', randomBytes(4096)],
  ])('closes their socket and no other: %s', async (_what, bytes) => {
    const stranger = await rawWebSocket(server);
    stranger.write(bytes);
    // Noise may begin like a frame that has not come to its end.
    stranger.end();
    await closing(stranger);
    await until(() => server.kept.sockets === 1);
  });

  it.each([
    ['not JSON', 'hello'],
    ['topics that are no list', '{"t":"subscribe","topics":"abc"}'],
    ['deep nesting', '['.repeat(60_000)],
    ['a long number', `{"t":"dance","x":${'9'.repeat(60_000)}}`],
    ['many keys', `{${Array.from({ length: 6_000 }, (_, key) => `"${key}":1`).join()}}`],
    ['a prototype', '{"__proto__":{"t":"ice"}}'],
    ['nothing at all', ''],
  ])('is answered with err bad: %s', async (_what, text) => {
    const stranger = await Client.connect(server);
    stranger.webSocket.send(text);
    expect((await stranger.next('err')).header.e).toBe('bad');
  });

  it('costs no memory when they ping and never read the pongs', async () => {
    const stranger = await rawWebSocket(server);
    stranger.pause();
    const before = process.memoryUsage().rss;
    const pings = Buffer.concat(Array.from({ length: 500 }, () => rawFrame(PING, Buffer.alloc(125))));
    let time = 0;
    while (time < 400 && (await push(stranger, pings))) time++;
    expect(time).toBeLessThan(400);
    await closing(stranger);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });

  it('costs no memory when they send a message in countless pieces', async () => {
    const stranger = await rawWebSocket(server);
    stranger.write(rawFrame(0x01, Buffer.from('x')));
    const pieces = Buffer.concat(Array.from({ length: 100 }, () => rawFrame(0x00, Buffer.from('x'))));
    stranger.write(pieces);
    await closing(stranger);
    await until(() => server.kept.sockets === 1);
  });

  it('is no HTTP and is turned away', async () => {
    const stranger = await rawConnection(server);
    stranger.write('HELO alice\r\n\r\n');
    const [answer] = (await once(stranger, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    await closing(stranger);
  });

  it.each([
    ['an upgrade to something else', 'GET /v1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['an upgrade without a key', 'GET /v1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    [
      'an upgrade of another version',
      'GET /v1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ],
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a tunnel', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a body', 'POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n'],
  ])('is turned away: %s', async (_what, request) => {
    const stranger = await rawConnection(server);
    stranger.write(request);
    await closing(stranger);
    await until(() => server.kept.sockets === 1);
  });

  it('is cut off when it comes drop by drop', async () => {
    const stranger = await rawConnection(server);
    const started = Date.now();
    stranger.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const drip = setInterval(() => stranger.write('X: y\r\n'), 500);
    await closing(stranger);
    clearInterval(drip);
    expect(Date.now() - started).toBeLessThan(9_000);
  }, 15_000);

  it('leaves nothing behind when they break off in the middle of the upgrade', async () => {
    for (let time = 0; time < 20; time++) {
      const stranger = await rawConnection(server);
      stranger.write('GET /v1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
      stranger.resetAndDestroy();
    }
    await until(() => server.kept.sockets === 1);
  });
});
