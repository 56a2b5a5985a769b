/** Further connections for bulk between two who are linked: opened while they help, by nobody but the two. */
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/lib/bytes.ts';
import { MAX_BULK_BYTES } from '../../src/protocol/bulk.ts';
import { encode } from '../../src/protocol/codec.ts';
import { laneWord } from '../../src/protocol/lane.ts';
import { isLinked } from '../support/fellowship.ts';
import { setup, type Person, type World } from '../support/world.ts';

/** How often lanes are looked at, on a clock moved by hand: no time passes. */
const LOOK_MS = 250;
/** How many chunks one connection carries in that time. */
const CHUNKS_A_LOOK = 6;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** alice gives bob chunks without end over a slow network. */
class Giving {
  readonly world: World;
  readonly alice: Person;
  readonly bob: Person;
  /** Numbers of the chunks that came. */
  readonly came: number[] = [];
  sent = 0;
  #gives = true;

  constructor(people: World, alice: Person, bob: Person) {
    this.world = people;
    this.alice = alice;
    this.bob = bob;
    bob.app.session.on('file-chunk', ({ body }) => this.came.push(new DataView(body.buffer, body.byteOffset).getUint32(0)));
    alice.app.session.on('bulk-drained', () => this.#fill());
  }

  get connections(): number {
    return this.world.network.links().length;
  }

  start(): void {
    this.world.network.frames.hold();
    this.#fill();
  }

  stop(): void {
    this.#gives = false;
  }

  /** What `speed` lets through at each look: so many deliveries. */
  async run(milliseconds: number, speed: () => number): Promise<void> {
    const { frames, clock } = this.world.network;
    for (let passed = 0; passed < milliseconds; passed += LOOK_MS) {
      frames.release(speed());
      await clock.advance(LOOK_MS);
    }
  }

  /** Everything arrives, and more time passes than lanes live that carry nothing. */
  async finish(): Promise<void> {
    this.stop();
    this.world.network.frames.release();
    await this.world.network.clock.until(() => this.came.length >= this.sent, 'all chunks');
    await this.world.network.clock.advance(15_000);
  }

  #fill(): void {
    const { fileChannel } = this.alice.app.session;
    while (this.#gives && fileChannel.room(this.bob.id) > 0) {
      const chunk = new Uint8Array(MAX_BULK_BYTES);
      new DataView(chunk.buffer).setUint32(0, this.sent++);
      fileChannel.send(this.bob.id, chunk);
    }
  }
}

async function giving(): Promise<Giving> {
  const people = await setup('alice', 'bob');
  world = people;
  const { alice, bob, network } = people;
  // The files' room would end the link at what it did not ask for.
  for (const { app } of [alice, bob]) app.files.close();
  await people.introduce(alice, bob);
  alice.app.session.wantLink(bob.id, 'files', true);
  await network.clock.until(() => isLinked(alice, bob) && isLinked(bob, alice), 'the two to be linked');
  await people.settle();
  return new Giving(people, alice, bob);
}

describe('[X60] lanes', () => {
  it('are opened while each carries as much as the one before, lose and repeat nothing, and end when there is nothing more', async () => {
    const talk = await giving();
    talk.start();
    await talk.run(30_000, () => CHUNKS_A_LOOK * talk.connections);
    expect(talk.connections).toBe(4);
    await talk.finish();
    expect([...talk.came].sort((a, b) => a - b)).toEqual(Array.from({ length: talk.sent }, (_, index) => index));
    expect(talk.connections).toBe(1);
    expect(isLinked(talk.alice, talk.bob)).toBe(true);
  });

  it('are given up where they bring nothing', async () => {
    const talk = await giving();
    talk.start();
    await talk.run(10_000, () => 3 * CHUNKS_A_LOOK);
    expect(talk.connections).toBeLessThanOrEqual(2);
    await talk.run(8_000, () => 30 * CHUNKS_A_LOOK);
    await talk.finish();
    expect(new Set(talk.came).size).toBe(talk.sent);
    expect(talk.connections).toBe(1);
  });

  it('never go by the server', async () => {
    const talk = await giving();
    const before = talk.world.network.serverLog.length;
    talk.start();
    await talk.run(10_000, () => CHUNKS_A_LOOK * talk.connections);
    expect(talk.connections).toBeGreaterThan(1);
    expect(talk.world.network.serverLog.length).toBe(before);
  });

  it('[X61] with somebody in the middle carry nothing, and the link goes on', async () => {
    const talk = await giving();
    const seen: string[] = [];
    talk.world.network.tapLinks({ splice: true, frame: ({ bytes }) => (seen.push('frame'), [bytes]) });
    talk.start();
    await talk.run(10_000, () => CHUNKS_A_LOOK * 4);
    expect(talk.connections).toBe(1);
    await talk.finish();
    expect(new Set(talk.came).size).toBe(talk.sent);
    expect(isLinked(talk.alice, talk.bob)).toBe(true);
  });

  it('that break with chunks on them take the link along, so that nobody waits for what will not come', async () => {
    const talk = await giving();
    talk.start();
    await talk.run(10_000, () => CHUNKS_A_LOOK * talk.connections);
    const [, lane] = talk.world.network.links();
    talk.stop();
    lane?.cut();
    talk.world.network.frames.release();
    let lost = 0;
    talk.alice.app.session.on('link-lost', () => lost++);
    await talk.world.settle();
    expect(lost).toBe(1);
  });

  it('nonsense in place of a word about lanes ends the link', async () => {
    const { Lanes } = await import('../../src/session/lanes.ts');
    const people = await setup('alice');
    world = people;
    let broken = 0;
    const lanes = new Lanes({
      bulk: { room: 0, waiting: 0, send: () => undefined },
      maker: people.network.linkMaker('alice'),
      clock: people.network.clock,
      iceServers: () => [],
      events: { told: () => undefined, received: () => undefined, drained: () => undefined, broken: () => broken++ },
    });
    lanes.hear(utf8('nonsense'));
    lanes.hear(encode(laneWord, { lane: new Uint8Array(8), word: { type: 'answer', sdp: 'v=0' } }));
    lanes.close();
    expect(broken).toBe(1);
  });
});
