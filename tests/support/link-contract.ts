/**
 * What every link promises (src/session/ports.ts), whether it is in memory or over WebRTC. No test runner is needed,
 * so that the very same rules run in Node and inside a browser's page.
 */
import { assert } from '../../src/lib/assert.ts';
import { equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import type { IceServer } from '../../src/protocol/signaling.ts';
import { MAX_BULK_BYTES } from '../../src/protocol/bulk.ts';
import { MAX_FRAME_BYTES } from '../../src/protocol/frame.ts';
import type { Link, LinkClosure, LinkEvents, LinkMaker, LinkSignal } from '../../src/session/ports.ts';
import { BULK_HIGH_WATER_BYTES, BULK_LOW_WATER_BYTES, LOW_WATER_BYTES } from '../../src/transport/link-limits.ts';

export interface LinkWorld {
  readonly alice: LinkMaker;
  readonly bob: LinkMaker;
  /** The same description, promising another certificate. */
  forge(sdp: string, fingerprint: Bytes): string;
}

type Deliver = (signal: LinkSignal) => readonly LinkSignal[];

const NO_SERVERS: readonly IceServer[] = [];
const honest: Deliver = (signal) => [signal];

/** One end, and all it was told. */
export class LinkEnd {
  readonly link: Link;
  readonly frames: Bytes[] = [];
  readonly bulk: Bytes[] = [];
  readonly closures: LinkClosure[] = [];
  /** What it wanted the other end to know. */
  readonly signals: LinkSignal[] = [];
  opened: { readonly local: Bytes; readonly remote: Bytes } | undefined;
  drained = 0;
  bulkDrained = 0;
  /** Anything it was told although it was over, or before it began. */
  readonly untimely: string[] = [];
  readonly #looks = new Set<() => void>();

  constructor(maker: LinkMaker, role: 'offerer' | 'answerer', signal: (signal: LinkSignal) => void) {
    this.link = maker.make({ role, iceServers: NO_SERVERS, events: this.#events(signal) });
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  #events(signal: (signal: LinkSignal) => void): LinkEvents {
    return {
      signal: (mine) => {
        this.#notice('signal', false);
        this.signals.push(mine);
        signal(mine);
      },
      opened: (fingerprints) => {
        this.#notice('opened', false);
        this.opened = fingerprints;
        this.#look();
      },
      received: (frame) => {
        this.#notice('received', true);
        this.frames.push(frame);
        this.#look();
      },
      drained: () => {
        this.#notice('drained', true);
        this.drained++;
        this.#look();
      },
      bulk: (message) => {
        this.#notice('bulk', true);
        this.bulk.push(message);
        this.#look();
      },
      bulkDrained: () => {
        this.#notice('bulkDrained', true);
        this.bulkDrained++;
        this.#look();
      },
      closed: (closure) => {
        this.#notice('closed', false);
        this.closures.push(closure);
        this.#look();
      },
    };
  }

  #notice(event: string, needsOpen: boolean): void {
    if (this.closures.length > 0 || (needsOpen && !this.opened)) this.untimely.push(event);
  }

  #look(): void {
    for (const look of [...this.#looks]) look();
  }
}

/** Two ends whose signals reach each other in a later turn, each passed through `fromAlice` or `fromBob` first. */
export function makePair(world: LinkWorld, { fromAlice = honest, fromBob = honest }: { fromAlice?: Deliver; fromBob?: Deliver } = {}) {
  const carry = (to: () => LinkEnd, deliver: Deliver) => (signal: LinkSignal) => {
    queueMicrotask(() => deliver(signal).forEach((passed) => to().link.signal(passed)));
  };
  const bob: LinkEnd = new LinkEnd(world.bob, 'answerer', (signal) => carry(() => alice, fromBob)(signal));
  const alice: LinkEnd = new LinkEnd(
    world.alice,
    'offerer',
    carry(() => bob, fromAlice),
  );
  return { alice, bob };
}

async function openPair(world: LinkWorld, hooks?: Parameters<typeof makePair>[1]) {
  const { alice, bob } = makePair(world, hooks);
  await Promise.all([alice, bob].map((end) => end.until(() => end.opened !== undefined || end.closures.length > 0)));
  assert(alice.opened !== undefined && bob.opened !== undefined, `the link opens: ${JSON.stringify([alice.closures, bob.closures])}`);
  return { alice, bob };
}

async function closeBoth(...ends: readonly LinkEnd[]): Promise<void> {
  for (const end of ends) end.link.close();
  await Promise.all(ends.map((end) => end.until(() => end.closures.length > 0)));
  for (const end of ends) {
    assert(end.closures.length === 1, 'closed is told once');
    assert(end.untimely.length === 0, `nothing is told out of time: ${end.untimely.join(', ')}`);
  }
}

/** Proves that a link carries frames now, both ways. */
async function exchange(alice: LinkEnd, bob: LinkEnd): Promise<void> {
  const [atAlice, atBob] = [alice.frames.length, bob.frames.length];
  alice.link.send(Uint8Array.of(1));
  await bob.until(() => bob.frames.length > atBob || bob.closures.length > 0);
  bob.link.send(Uint8Array.of(2));
  await alice.until(() => alice.frames.length > atAlice || alice.closures.length > 0);
  assert(alice.frames.length === atAlice + 1 && bob.frames.length === atBob + 1, 'frames pass both ways');
}

function roomAt(end: LinkEnd): number {
  return end.link.bulk.room;
}

/** The bulk channel opens with the other one, or a moment later. */
function roomForBulk(end: LinkEnd): Promise<void> {
  return end.until(() => roomAt(end) > 0);
}

function pattern(length: number, seed: number): Bytes {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 0xff);
}

const isDescription = (signal: LinkSignal): boolean => signal.type !== 'candidates';

export const LINK_CONTRACT: Readonly<Record<string, (world: LinkWorld) => Promise<void>>> = {
  'a link opens, and each end knows the other by its fingerprint': async (world) => {
    const { alice, bob } = await openPair(world);
    assert(alice.opened?.local.length === 32 && alice.opened.remote.length === 32, 'fingerprints are SHA-256');
    assert(equalBytes(alice.opened.local, bob.opened?.remote ?? new Uint8Array(0)), 'what alice has is what bob sees');
    assert(equalBytes(alice.opened.remote, bob.opened?.local ?? new Uint8Array(0)), 'what bob has is what alice sees');
    assert(!equalBytes(alice.opened.local, alice.opened.remote), 'they are two');
    await closeBoth(alice, bob);
  },

  'no two links show the same certificate': async (world) => {
    const [one, two] = [await openPair(world), await openPair(world)];
    assert(!equalBytes(one.alice.opened?.local ?? new Uint8Array(0), two.alice.opened?.local ?? new Uint8Array(0)), 'a new one each time');
    await closeBoth(one.alice, one.bob, two.alice, two.bob);
  },

  'frames of all sizes arrive whole and in order, both ways': async (world) => {
    const { alice, bob } = await openPair(world);
    const sent = [1, 2, 255, 256, 1_200, 16_384, MAX_FRAME_BYTES, 3].map(pattern);
    for (const frame of sent) alice.link.send(frame);
    for (const frame of sent) bob.link.send(frame);
    await Promise.all([alice, bob].map((end) => end.until(() => end.frames.length === sent.length)));
    for (const end of [alice, bob]) {
      assert(
        end.frames.every((frame, index) => equalBytes(frame, sent[index] ?? new Uint8Array(0))),
        'every frame is the one that was sent',
      );
    }
    await closeBoth(alice, bob);
  },

  'a frame that is changed after sending arrives as it was': async (world) => {
    const { alice, bob } = await openPair(world);
    const frame = pattern(100, 0);
    alice.link.send(frame);
    frame.fill(0);
    await bob.until(() => bob.frames.length === 1);
    assert(equalBytes(bob.frames[0] ?? frame, pattern(100, 0)), 'sent as it was');
    await closeBoth(alice, bob);
  },

  'who sends more than the wire takes sees it waiting, is told when it has drained, and loses nothing': async (world) => {
    const { alice, bob } = await openPair(world);
    const count = 48;
    for (let index = 0; index < count; index++) alice.link.send(pattern(MAX_FRAME_BYTES, index));
    assert(alice.link.waiting > LOW_WATER_BYTES, 'it is waiting');
    await alice.until(() => alice.drained > 0);
    assert(alice.link.waiting <= LOW_WATER_BYTES, 'little is waiting now');
    await bob.until(() => bob.frames.length === count);
    assert(
      bob.frames.every((frame, index) => equalBytes(frame, pattern(MAX_FRAME_BYTES, index))),
      'all arrived in order',
    );
    await closeBoth(alice, bob);
  },

  'there is room for bulk on an open link only, and it arrives whole beside the frames, each message once': async (world) => {
    const { alice, bob } = makePair(world);
    assert(roomAt(alice) === 0 && roomAt(bob) === 0, 'no room before it is open');
    await Promise.all([alice, bob].map((end) => end.until(() => end.opened !== undefined)));
    await Promise.all([roomForBulk(alice), roomForBulk(bob)]);
    const sent = [1, 1_200, MAX_BULK_BYTES, 16_384, MAX_BULK_BYTES].map(pattern);
    for (const message of sent) for (const { link } of [alice, bob]) link.bulk.send(message);
    await exchange(alice, bob);
    await Promise.all([alice, bob].map((end) => end.until(() => end.bulk.length === sent.length)));
    for (const { bulk } of [alice, bob])
      assert(
        sent.every((one) => bulk.some((other) => equalBytes(one, other))),
        'all of them are there',
      );
    await closeBoth(alice, bob);
    assert(roomAt(alice) === 0, 'no room once it is closed');
    alice.link.bulk.send(pattern(1, 1));
  },

  'who sends all the bulk there is room for is told when there is room again, and frames are not in its way': async (world) => {
    const { alice, bob } = await openPair(world);
    await roomForBulk(alice);
    let count = 0;
    for (; alice.link.bulk.room > 0; count++) alice.link.bulk.send(pattern(MAX_BULK_BYTES, count));
    assert(alice.link.bulk.waiting > BULK_LOW_WATER_BYTES && alice.link.bulk.waiting <= BULK_HIGH_WATER_BYTES, 'it is waiting');
    assert(alice.link.waiting === 0, 'as bulk, not as frames');
    const { bulkDrained } = alice;
    await alice.until(() => alice.bulkDrained > bulkDrained);
    assert(alice.link.bulk.room > 0, 'there is room');
    await bob.until(() => bob.bulk.length === count);
    await closeBoth(alice, bob);
  },

  'closing sends what was waiting, is told to both, and is the end': async (world) => {
    const { alice, bob } = await openPair(world);
    // More than leaves at once, less than a slow machine sends in the moment a link waits.
    for (let index = 0; index < 5; index++) alice.link.send(pattern(MAX_FRAME_BYTES, index));
    alice.link.close();
    assert(alice.closures.length === 0, 'nothing is told before close returns');
    alice.link.send(pattern(1, 1));
    alice.link.close();
    await Promise.all([alice, bob].map((end) => end.until(() => end.closures.length > 0)));
    assert(bob.frames.length === 5, 'what was sent before arrives, what was sent after does not');
    assert(alice.closures[0]?.reason === 'closed' && bob.closures[0]?.reason === 'closed', 'both are told it was closed');
    bob.link.send(pattern(1, 1));
    assert(alice.link.waiting === 0 && bob.link.waiting === 0, 'nothing waits at a closed link');
    await closeBoth(alice, bob);
  },

  'a link closed before it is open is told so': async (world) => {
    const alice = new LinkEnd(world.alice, 'offerer', () => undefined);
    await closeBoth(alice);
    assert(alice.closures[0]?.reason === 'closed', 'closed by its own side');
  },

  'frames sent as soon as one end is open wait until the other is': async (world) => {
    const { alice, bob } = makePair(world);
    await Promise.race([alice, bob].map((end) => end.until(() => end.opened !== undefined)));
    const [first, second] = alice.opened ? [alice, bob] : [bob, alice];
    first.link.send(pattern(10, 0));
    await second.until(() => second.frames.length === 1);
    await closeBoth(alice, bob);
  },

  'every signal twice is as good as once': async (world) => {
    const twice: Deliver = (signal) => [signal, signal];
    const { alice, bob } = await openPair(world, { fromAlice: twice, fromBob: twice });
    await exchange(alice, bob);
    await closeBoth(alice, bob);
  },

  'candidates may arrive before the description': async (world) => {
    const late = (): Deliver => {
      const held: LinkSignal[] = [];
      return (signal) => {
        held.push(signal);
        return held.some((one) => !isDescription(one)) ? held.splice(0).reverse() : [];
      };
    };
    const { alice, bob } = await openPair(world, { fromAlice: late(), fromBob: late() });
    await closeBoth(alice, bob);
  },

  'an answer for the answerer and an offer for the offerer are ignored': async (world) => {
    const turned: Deliver = (signal) =>
      signal.type === 'candidates' ? [signal] : [{ type: signal.type === 'offer' ? 'answer' : 'offer', sdp: signal.sdp }, signal];
    const { alice, bob } = await openPair(world, { fromAlice: turned, fromBob: turned });
    await closeBoth(alice, bob);
  },

  'candidates nobody can use are passed over': async (world) => {
    const nonsense = ['', 'candidate:', 'candidate:1 1 udp 1 evil\r\na=x 1 typ host', 'x'.repeat(600)].map((candidate) => ({
      candidate,
      mid: '0',
      line: 0,
    }));
    const elsewhere = [{ candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', mid: 'video', line: 7 }];
    const noisy: Deliver = (signal) =>
      signal.type === 'candidates' ? [{ type: 'candidates', candidates: [...nonsense, ...elsewhere, ...signal.candidates] }] : [signal];
    const { alice, bob } = await openPair(world, { fromAlice: noisy, fromBob: noisy });
    await closeBoth(alice, bob);
  },

  'once open, descriptions with another certificate, replays and closing words of others change nothing': async (world) => {
    const { alice, bob } = await openPair(world);
    const evil = pattern(32, 99);
    for (const signal of [...alice.signals, ...bob.signals]) {
      const forged = signal.type === 'candidates' ? signal : { type: signal.type, sdp: world.forge(signal.sdp, evil) };
      for (const end of [alice, bob]) {
        end.link.signal(signal);
        end.link.signal(forged);
      }
    }
    const told = [alice.signals.length, bob.signals.length];
    await exchange(alice, bob);
    assert(told[0] === alice.signals.length && told[1] === bob.signals.length, 'nothing is answered');
    assert((await alice.link.relayed()) === false, 'the path is the one it was');
    await closeBoth(alice, bob);
  },

  'a description that promises another certificate opens no link': async (world) => {
    const forged: Deliver = (signal) =>
      signal.type === 'candidates' ? [signal] : [{ type: signal.type, sdp: world.forge(signal.sdp, pattern(32, 5)) }];
    const { alice, bob } = makePair(world, { fromBob: forged });
    await alice.until(() => alice.closures.length > 0);
    assert(alice.opened === undefined, 'never open');
    assert(bob.opened === undefined, 'nor at the other end');
    await closeBoth(alice, bob);
  },

  'a description that is none ends the link with an error': async (world) => {
    const bob = new LinkEnd(world.bob, 'answerer', () => undefined);
    bob.link.signal({ type: 'offer', sdp: 'v=0\r\nnot a description\r\n' });
    await bob.until(() => bob.closures.length > 0);
    assert(bob.closures[0]?.reason === 'error', 'told as an error');
    await closeBoth(bob);
  },
};
