import { describe, expect, test } from 'vitest';
import { toBase64url, utf8 } from '../../src/lib/bytes.ts';
import { memberTagOf, topicOf, type MemberTag, type Topic } from '../../src/protocol/ids.ts';
import type { Rendezvous, RendezvousState } from '../../src/session/ports.ts';
import { createSignalingClient } from '../../src/transport/signaling-client.ts';
import type { SocketEnd } from '../../src/transport/signaling-socket.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { FakeSocket } from './fake-socket.ts';

const random = seededRandom(7);
const newTopic = (): Topic => topicOf(random(32));
const newTag = (): MemberTag => memberTagOf(random(12));

const ALICE = newTag();
const BOB = newTag();
const GARDEN = newTopic();

class Page {
  readonly clock = new ManualClock();
  readonly sockets: FakeSocket[] = [];
  readonly troubles: SocketEnd[] = [];
  readonly states: RendezvousState[] = [];
  readonly client: Rendezvous;
  /** What the random numbers are; 1 would be the longest wait. */
  chance = 0.5;
  /** Whether opening a socket throws, as it does when the page's policy forbids the address. */
  forbidden = false;
  wake: () => void = () => undefined;

  constructor() {
    this.client = createSignalingClient({
      url: 'wss://parley.example/v1',
      clock: this.clock,
      webSocket: (url) => {
        if (this.forbidden) throw new Error('SecurityError');
        const socket = new FakeSocket(url);
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      onWake: (listener) => {
        this.wake = listener;
        return () => {
          this.wake = () => undefined;
        };
      },
      random: () => this.chance,
      onTrouble: (end) => this.troubles.push(end),
    });
    this.client.state.subscribe((state) => this.states.push(state));
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  get phase(): RendezvousState['phase'] | undefined {
    return this.states.at(-1)?.phase;
  }

  get retryIn(): number | undefined {
    const state = this.states.at(-1);
    return state?.phase === 'offline' ? state.retryAt - this.clock.now() : undefined;
  }

  join(topic = GARDEN, quiet = false) {
    const heard: string[] = [];
    const crowds: string[][] = [];
    const membership = this.client.join(
      topic,
      ALICE,
      {
        peersChanged: (peers) => crowds.push([...peers]),
        received: (body, from) => heard.push(`${from}: ${new TextDecoder().decode(body)}`),
      },
      { quiet },
    );
    return { heard, crowds, membership };
  }

  /** Online, with alice on the garden's topic. */
  async arrive() {
    const joined = this.join();
    this.socket.greet();
    await this.clock.settle();
    this.socket.say({ t: 'here', topics: [{ topic: GARDEN, all: [ALICE, BOB] }] });
    return joined;
  }
}

describe('coming online', () => {
  test('alice is online once the server has greeted, not before', () => {
    const page = new Page();
    page.socket.accept();
    expect(page.phase).toBe('connecting');
    page.socket.greet();
    expect(page.phase).toBe('online');
  });

  test('what alice joined before the server greeted is asked for then', async () => {
    const page = new Page();
    page.join();
    page.socket.greet();
    await page.clock.settle();
    expect(page.socket.sentOf('sub')).toEqual([{ t: 'sub', topics: [[GARDEN, ALICE]], quiet: false }]);
  });

  test('a connection that hangs is given up after five seconds and tried again', async () => {
    const page = new Page();
    const zombie = page.socket;
    await page.clock.advance(4_999);
    expect(page.phase).toBe('connecting');
    await page.clock.advance(1);
    expect(page.phase).toBe('offline');
    expect(page.troubles).toEqual([{ kind: 'silent' }]);
    await page.clock.advance(250);
    expect(zombie.abandoned).toBe(true);
    expect(page.sockets).toHaveLength(2);
  });

  test('a server that accepts and never greets counts as a hang', async () => {
    const page = new Page();
    page.socket.accept();
    await page.clock.advance(5_000);
    expect(page.troubles).toEqual([{ kind: 'silent' }]);
  });

  test('an abandoned socket that opens late changes nothing', async () => {
    const page = new Page();
    const zombie = page.socket;
    await page.clock.advance(5_250);
    zombie.greet();
    zombie.end();
    expect(page.phase).toBe('connecting');
    expect(page.sockets).toHaveLength(2);
  });

  test('where the policy forbids the address alice is offline, and nothing throws', async () => {
    const page = new Page();
    page.forbidden = true;
    page.socket.end();
    await page.clock.advance(1_000);
    expect(page.phase).toBe('offline');
    expect(page.troubles.at(-1)).toEqual({ kind: 'unreachable' });
  });
});

describe('trying again', () => {
  test('waits grow from half a second to thirty and are drawn at random', async () => {
    const page = new Page();
    const waits: (number | undefined)[] = [];
    for (let failure = 0; failure < 9; failure++) {
      page.socket.end();
      waits.push(page.retryIn);
      await page.clock.advance(page.retryIn ?? 0);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  test('a connection that was good starts the waits anew', async () => {
    const page = new Page();
    for (let failure = 0; failure < 6; failure++) {
      page.socket.end();
      await page.clock.advance(page.retryIn ?? 0);
    }
    page.socket.greet();
    await page.clock.advance(10_000);
    page.socket.end();
    expect(page.retryIn).toBe(250);
  });

  test('a server that greets and hangs up each time is not hammered', async () => {
    const page = new Page();
    for (let failure = 0; failure < 6; failure++) {
      page.socket.greet();
      page.socket.end();
      await page.clock.advance(page.retryIn ?? 0);
    }
    page.socket.greet();
    page.socket.end();
    expect(page.retryIn).toBe(15_000);
  });

  test.each([1013, 4008, 4013, 4029])('after close code %i alice waits at least fifteen seconds', (code) => {
    const page = new Page();
    page.chance = 0;
    page.socket.greet();
    page.socket.end(code);
    expect(page.retryIn).toBeGreaterThanOrEqual(15_000);
    expect(page.troubles).toEqual([{ kind: 'closed', code }]);
  });

  test('reconnect and a wake-up both try at once', () => {
    const page = new Page();
    page.socket.end();
    page.client.reconnect();
    expect(page.sockets).toHaveLength(2);
    page.socket.end();
    page.wake();
    expect(page.sockets).toHaveLength(3);
    expect(page.phase).toBe('connecting');
  });

  test('a wake-up leaves a fresh attempt alone and replaces a stale one', async () => {
    const page = new Page();
    page.wake();
    expect(page.sockets).toHaveLength(1);
    await page.clock.advance(1_000);
    page.wake();
    expect(page.sockets).toHaveLength(2);
    expect(page.sockets[0]?.abandoned).toBe(true);
  });

  test('back online, alice is on all her topics again, in frames below 60 KiB', async () => {
    const page = new Page();
    const topics = Array.from({ length: 1_900 }, newTopic);
    for (const topic of topics) page.join(topic);
    page.socket.greet();
    await page.clock.settle();
    page.socket.end();
    await page.clock.advance(250);
    page.socket.greet();
    await page.clock.settle();
    expect(page.socket.sentOf('sub').flatMap(({ topics: asked }) => asked.map(([topic]) => topic))).toEqual(topics);
    expect(Math.max(...page.socket.sizes)).toBeLessThan(60 * 1024);
    expect(page.socket.sent.length).toBeLessThan(5);
  });

  test('while the server is away nobody is there, and what is published is dropped', async () => {
    const page = new Page();
    const { crowds, membership } = await page.arrive();
    expect(crowds).toEqual([[BOB]]);
    page.socket.end();
    expect(crowds).toEqual([[BOB], []]);
    membership.publish(utf8('into the void'));
    await page.clock.advance(250);
    page.socket.greet();
    await page.clock.settle();
    expect(page.socket.sentOf('pub')).toEqual([]);
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, all: [BOB] }] });
    expect(crowds).toEqual([[BOB], [], [BOB]]);
  });
});

describe('a dead path', () => {
  test('after 75 silent seconds alice asks, and an answer keeps the connection', async () => {
    const page = new Page();
    page.socket.greet();
    await page.clock.advance(75_000);
    expect(page.socket.sentOf('ice')).toHaveLength(1);
    page.socket.say({ t: 'ice', ice: [] });
    await page.clock.advance(10_000);
    expect(page.phase).toBe('online');
  });

  test('without an answer within ten seconds she connects anew', async () => {
    const page = new Page();
    page.socket.greet();
    await page.clock.advance(85_000);
    expect(page.troubles).toEqual([{ kind: 'silent' }]);
    await page.clock.advance(250);
    expect(page.sockets).toHaveLength(2);
  });

  test('waking up asks at once, and asking twice does not put off the deadline', async () => {
    const page = new Page();
    page.socket.greet();
    page.wake();
    expect(page.socket.sentOf('ice')).toHaveLength(1);
    await page.clock.advance(9_000);
    page.wake();
    expect(page.socket.sentOf('ice')).toHaveLength(1);
    await page.clock.advance(1_000);
    expect(page.phase).toBe('offline');
  });

  test.each([3_600_000, -3_600_000])('when the clock has jumped by %i ms she asks at the next look', async (jump) => {
    const page = new Page();
    page.socket.greet();
    page.clock.jump(jump);
    await page.clock.advance(15_000);
    expect(page.socket.sentOf('ice')).toHaveLength(1);
  });
});

describe('who is here', () => {
  test('all replaces, in adds, out removes; her own tag is left out and no change is told twice', async () => {
    const page = new Page();
    const carol = newTag();
    const { crowds } = await page.arrive();
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, in: [carol, ALICE] }] });
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, in: [carol] }] });
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, out: [BOB] }] });
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, all: [] }] });
    expect(crowds).toEqual([[BOB], [BOB, carol], [carol], []]);
  });

  test('alone on a topic, alice is told so', async () => {
    const page = new Page();
    const { crowds } = page.join();
    page.socket.greet();
    await page.clock.settle();
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, all: [ALICE] }] });
    expect(crowds).toEqual([[]]);
  });

  test('turning quiet and back is told to the server', async () => {
    const page = new Page();
    const { membership } = await page.arrive();
    membership.setQuiet(true);
    membership.setQuiet(true);
    await page.clock.settle();
    expect(page.socket.sentOf('sub').map(({ quiet }) => quiet)).toEqual([false, true]);
  });

  test('beyond the limit of topics the rest waits until one is left', async () => {
    const page = new Page();
    const [one, two, three] = [newTopic(), newTopic(), newTopic()];
    const { membership } = page.join(one);
    page.join(two);
    page.join(three);
    page.socket.greet({ limits: { body: 16_384, topics: 2 } });
    await page.clock.settle();
    const asked = () => page.socket.sentOf('sub').flatMap(({ topics }) => topics.map(([topic]) => topic));
    expect(asked()).toEqual([one, two]);
    membership.leave();
    await page.clock.settle();
    expect(asked()).toEqual([one, two, three]);
  });

  test('joining a topic twice is a mistake of ours', () => {
    const page = new Page();
    page.join();
    expect(() => page.join()).toThrow('one membership per topic');
  });

  test('after leaving nothing is told, and the server is told to forget', async () => {
    const page = new Page();
    const { membership, crowds, heard } = await page.arrive();
    membership.publish(utf8('bye'));
    membership.leave();
    membership.publish(utf8('too late'));
    await page.clock.settle();
    page.socket.say({ t: 'here', topics: [{ topic: GARDEN, all: [] }] });
    page.socket.say({ t: 'msg', topic: GARDEN, from: BOB }, utf8('hello?'));
    expect(page.socket.sent.map(({ header }) => header.t)).toEqual(['sub', 'pub', 'unsub']);
    expect(crowds).toEqual([[BOB]]);
    expect(heard).toEqual([]);
  });

  test('closing leaves all topics, closes the socket and leaves no timer', async () => {
    const page = new Page();
    await page.arrive();
    const { socket } = page;
    page.client.close();
    expect(socket.sentOf('unsub')).toEqual([{ t: 'unsub', topics: [GARDEN] }]);
    expect(socket.abandoned).toBe(true);
    page.wake();
    page.client.reconnect();
    expect(page.sockets).toHaveLength(1);
    expect(page.clock.timers).toBe(0);
  });
});

describe('messages', () => {
  test('bodies arrive byte for byte with their sender', async () => {
    const page = new Page();
    const { heard } = await page.arrive();
    page.socket.say({ t: 'msg', topic: GARDEN, from: BOB }, utf8('one\ntwo'));
    page.socket.sayRaw(`${JSON.stringify({ t: 'msg', topic: GARDEN, from: BOB })}\nas text`);
    expect(heard).toEqual([`${BOB}: one\ntwo`, `${BOB}: as text`]);
  });

  test('what is published in one turn goes out in order behind the topic it is for', async () => {
    const page = new Page();
    page.socket.greet();
    const { membership } = page.join();
    membership.publish(utf8('1'));
    membership.publish(utf8('2'));
    await page.clock.settle();
    expect(page.socket.sent.map(({ header, body }) => [header.t, new TextDecoder().decode(body)])).toEqual([
      ['sub', ''],
      ['pub', '1'],
      ['pub', '2'],
    ]);
  });

  test('a body that is changed after publishing travels as it was', async () => {
    const page = new Page();
    const { membership } = await page.arrive();
    const body = utf8('before');
    membership.publish(body);
    body.fill(0);
    await page.clock.settle();
    expect(page.socket.sent.at(-1)?.body).toEqual(utf8('before'));
  });

  test('asked for patience, alice waits and sends the refused ones again, in order and before the rest', async () => {
    const page = new Page();
    const { membership } = await page.arrive();
    for (const text of ['1', '2', '3']) membership.publish(utf8(text));
    await page.clock.settle();
    const [first, second, third] = page.socket.sentOf('pub').map(({ id }) => id ?? -1);
    page.socket.say({ t: 'ack', id: third ?? -1, n: 1 });
    page.socket.say({ t: 'err', e: 'rate', id: second ?? -1, ms: 3_000 });
    membership.publish(utf8('4'));
    page.socket.say({ t: 'err', e: 'rate', id: first ?? -1, ms: 3_000 });
    await page.clock.advance(2_999);
    expect(page.socket.sentOf('pub')).toHaveLength(3);
    await page.clock.advance(1);
    expect(page.socket.sent.slice(-3).map(({ body }) => new TextDecoder().decode(body))).toEqual(['1', '2', '4']);
  });

  test('of what waits too long or is too much only the newest is kept', async () => {
    const page = new Page();
    const { membership } = await page.arrive();
    page.socket.say({ t: 'err', e: 'rate', ms: 10_000 });
    for (let index = 0; index < 200; index++) membership.publish(utf8(String(index)));
    await page.clock.advance(10_000);
    const sent = page.socket.sent.filter(({ header }) => header.t === 'pub').map(({ body }) => new TextDecoder().decode(body));
    expect(sent).toHaveLength(128);
    expect(sent[0]).toBe('72');
    expect(sent.at(-1)).toBe('199');
  });

  test('a signal nobody waits for any more is not sent', async () => {
    const page = new Page();
    const { membership } = await page.arrive();
    page.socket.say({ t: 'err', e: 'rate', ms: 20_000 });
    membership.publish(utf8('stale'));
    await page.clock.advance(19_000);
    page.socket.say({ t: 'err', e: 'rate', ms: 20_000 });
    await page.clock.advance(20_000);
    expect(page.socket.sentOf('pub')).toEqual([]);
  });

  test('topics the server refused for now are asked for again', async () => {
    const page = new Page();
    page.join();
    page.socket.greet();
    await page.clock.settle();
    page.socket.say({ t: 'err', e: 'rate', ms: 2_000 });
    await page.clock.advance(2_000);
    expect(page.socket.sentOf('sub')).toHaveLength(2);
  });
});

describe('ICE servers', () => {
  const turn = { urls: ['turn:turn.example:3478?transport=udp'], username: '1:x', credential: 'secret' };
  const stun = { urls: ['stun:stun.example:3478'] };

  test('are asked for anew at half-life, and expired credentials are not used', async () => {
    const page = new Page();
    page.socket.greet({ ice: [stun, turn], iceTtl: 600 });
    expect(page.client.iceServers()).toEqual([stun, turn]);
    page.socket.end();
    page.forbidden = true;
    await page.clock.advance(600_000);
    expect(page.client.iceServers()).toEqual([stun]);
  });

  test('a refresh replaces them', async () => {
    const page = new Page();
    page.socket.greet({ ice: [turn], iceTtl: 100 });
    await page.clock.advance(50_000);
    expect(page.socket.sentOf('ice')).toHaveLength(1);
    page.socket.say({ t: 'ice', ice: [stun] });
    expect(page.client.iceServers()).toEqual([stun]);
  });

  test('entries that would make the browser throw are left out', () => {
    const page = new Page();
    const bad = [{ urls: ['http://evil.example'] }, { urls: 'stun:x' }, { urls: ['turn:no-credentials.example'] }, { urls: [] }, 7, null];
    page.socket.greet({ ice: [...bad, stun] as never });
    expect(page.phase).toBe('online');
    expect(page.client.iceServers()).toEqual([stun]);
  });
});

describe('a hostile server', () => {
  const nonsense: readonly (readonly [string, unknown])[] = [
    ['text that is not JSON', 'hello there'],
    ['half a frame', '{"t":"here","topics":['],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number for a word', '{"t":7}'],
    ['topics that are no list', '{"t":"here","topics":"abc"}'],
    ['changes that are no objects', '{"t":"here","topics":[null,7]}'],
    ['tags that are no tags', `{"t":"here","topics":[{"topic":"${GARDEN}","all":["x"]}]}`],
    ['more tags than a topic can have', JSON.stringify({ t: 'here', topics: [{ topic: GARDEN, all: Array(300).fill(BOB) }] })],
    ['a message from nobody', `{"t":"msg","topic":"${GARDEN}"}\nbody`],
    ['a message from a number', `{"t":"msg","topic":"${GARDEN}","from":1}\nbody`],
    ['an error of no kind', '{"t":"err","e":"explode"}'],
    ['an error with a time that is none', '{"t":"err","e":"rate","ms":-1}'],
    ['an ack for nothing', '{"t":"ack"}'],
    ['bytes that are not text', Uint8Array.of(0xff, 0xfe, 0x7b).buffer],
    ['an empty frame', ''],
    ['a body beyond all bounds', `{"t":"msg","topic":"${GARDEN}","from":"${BOB}"}\n${'x'.repeat(40_000)}`],
    ['a frame beyond all bounds', `{"t":"${'x'.repeat(300_000)}"}`],
    ['brackets without end', '['.repeat(200_000)],
    ['something that is neither text nor bytes', { t: 'hello' }],
    ['a second greeting', '{"t":"hello","v":1,"now":0,"limits":{"body":1,"topics":1},"ice":[]}'],
  ];

  test.each(nonsense)('%s is ignored, and the talk goes on', async (_name, frame) => {
    const page = new Page();
    const { heard, crowds } = await page.arrive();
    page.socket.sayRaw(frame);
    page.socket.say({ t: 'msg', topic: GARDEN, from: BOB }, utf8('still here'));
    expect(page.phase).toBe('online');
    expect(heard).toEqual([`${BOB}: still here`]);
    expect(crowds).toEqual([[BOB]]);
  });

  test('a server that talks nothing but nonsense is left for a while', async () => {
    const page = new Page();
    await page.arrive();
    for (let frame = 0; frame < 40; frame++) page.socket.sayRaw('nonsense');
    expect(page.troubles).toEqual([{ kind: 'garbage' }]);
    expect(page.retryIn).toBeGreaterThanOrEqual(15_000);
  });

  test('one that does not even greet properly is left at once', () => {
    const page = new Page();
    page.socket.accept();
    page.socket.sayRaw('{"t":"hello","v":2}');
    expect(page.troubles).toEqual([{ kind: 'garbage' }]);
  });

  test('words it does not know do not count against it', async () => {
    const page = new Page();
    await page.arrive();
    for (let frame = 0; frame < 100; frame++) page.socket.sayRaw('{"t":"news-from-the-future"}');
    expect(page.phase).toBe('online');
  });

  test('topics she is not on, acks and refusals of nothing change nothing', async () => {
    const page = new Page();
    const { crowds, heard } = await page.arrive();
    page.socket.say({ t: 'here', topics: [{ topic: newTopic(), all: [BOB] }] });
    page.socket.say({ t: 'msg', topic: newTopic(), from: BOB }, utf8('x'));
    page.socket.say({ t: 'msg', topic: GARDEN, from: ALICE }, utf8('your own words'));
    page.socket.say({ t: 'ack', id: 99, n: 1 });
    page.socket.say({ t: 'err', e: 'not-joined', id: 99 });
    expect(crowds).toEqual([[BOB]]);
    expect(heard).toEqual([]);
  });

  test('a flood of frames ends the connection, and alice takes her time', async () => {
    const page = new Page();
    const { heard } = await page.arrive();
    for (let frame = 0; frame < 10_000; frame++) page.socket.say({ t: 'msg', topic: GARDEN, from: BOB }, utf8('!'));
    expect(page.troubles).toEqual([{ kind: 'flood' }]);
    expect(page.retryIn).toBeGreaterThanOrEqual(15_000);
    expect(heard.length).toBeLessThanOrEqual(500);
  });

  test('a flood of bytes does too', async () => {
    const page = new Page();
    await page.arrive();
    for (let frame = 0; frame < 20; frame++) page.socket.sayRaw('x'.repeat(200_000));
    expect(page.troubles).toEqual([{ kind: 'flood' }]);
  });

  test('one that refuses every message for ever makes her neither busy nor full', async () => {
    const page = new Page();
    const { membership } = await page.arrive();
    membership.publish(utf8('please'));
    for (let second = 0; second < 60; second++) {
      await page.clock.advance(1_000);
      const last = page.socket.sentOf('pub').at(-1);
      page.socket.say({ t: 'err', e: 'rate', id: last?.id ?? -1, ms: 0 });
    }
    expect(page.socket.sentOf('pub').length).toBeLessThanOrEqual(32);
    expect(page.phase).toBe('online');
  });

  test('whatever bytes it sends, nothing throws', async () => {
    const page = new Page();
    await page.arrive();
    const bytes = seededRandom(99);
    for (let frame = 0; frame < 400; frame++) {
      const [length = 0] = bytes(1);
      page.socket.sayRaw(bytes(length).buffer);
      page.socket.sayRaw(`{"t":"${['here', 'msg', 'err', 'ice', 'ack', 'hello'][frame % 6] ?? ''}","x":"${toBase64url(bytes(8))}"}`);
      if (page.phase === 'offline') {
        await page.clock.advance(page.retryIn ?? 0);
        page.socket.greet();
      }
    }
    expect(page.troubles.every(({ kind }) => kind === 'garbage')).toBe(true);
  });
});
