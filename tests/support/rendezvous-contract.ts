/** What every meeting place promises (src/session/ports.ts), whether it is in memory or at the end of a WebSocket. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8, type Bytes } from '../../src/lib/bytes.ts';
import { memberTagOf, topicOf, type MemberTag, type Topic } from '../../src/protocol/ids.ts';
import type { Rendezvous, RendezvousState, TopicMembership } from '../../src/session/ports.ts';
import { seededRandom } from './seeded-random.ts';

export interface RendezvousWorld {
  rendezvous(person: string): Rendezvous;
  now(): number;
  /** Breaks this person's connection as a lost network would. */
  dropConnection(person: string): void;
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  close(): Promise<void>;
}

const random = seededRandom(11);

/** Somebody at the meeting place, and all they were told there. */
class Visitor {
  readonly rendezvous: Rendezvous;
  readonly #waiting = new Set<() => void>();
  state: RendezvousState = { phase: 'connecting' };

  constructor(rendezvous: Rendezvous) {
    this.rendezvous = rendezvous;
    rendezvous.state.subscribe((state) => {
      this.state = state;
      this.noticed();
    });
  }

  async online(): Promise<this> {
    await this.until(() => this.state.phase === 'online');
    return this;
  }

  join(topic: Topic, tag: MemberTag, { quiet = false } = {}): Seat {
    return new Seat(this, topic, tag, quiet);
  }

  noticed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when the condition holds; the test's own time limit bounds it. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

class Seat {
  readonly membership: TopicMembership;
  readonly bodies: { readonly body: Bytes; readonly from: MemberTag }[] = [];
  readonly crowds: ReadonlySet<MemberTag>[] = [];
  readonly #visitor: Visitor;

  constructor(visitor: Visitor, topic: Topic, tag: MemberTag, quiet: boolean) {
    this.#visitor = visitor;
    this.membership = visitor.rendezvous.join(
      topic,
      tag,
      {
        peersChanged: (peers) => {
          this.crowds.push(peers);
          visitor.noticed();
        },
        received: (body, from) => {
          this.bodies.push({ body, from });
          visitor.noticed();
        },
      },
      { quiet },
    );
  }

  say(text: string): void {
    this.membership.publish(utf8(text));
  }

  get heard(): string[] {
    return this.bodies.map(({ body }) => new TextDecoder().decode(body));
  }

  hears(text: string): Promise<void> {
    return this.#visitor.until(() => this.heard.includes(text));
  }

  sees(...tags: readonly MemberTag[]): Promise<void> {
    return this.#visitor.until(() => {
      const crowd = this.crowds.at(-1);
      return crowd?.size === tags.length && tags.every((tag) => crowd.has(tag));
    });
  }
}

export function describeRendezvous(name: string, open: () => Promise<RendezvousWorld>): void {
  describe(`a meeting place: ${name}`, () => {
    let world: RendezvousWorld;
    let garden: Topic;
    let [a, b, c]: MemberTag[] = [];
    const visit = (person: string): Promise<Visitor> => new Visitor(world.rendezvous(person)).online();
    const tags = (): readonly [MemberTag, MemberTag, MemberTag] => {
      if (a === undefined || b === undefined || c === undefined) throw new Error('tags are made before each test');
      return [a, b, c];
    };

    beforeEach(async () => {
      world = await open();
      garden = topicOf(random(32));
      [a, b, c] = [random(12), random(12), random(12)].map(memberTagOf);
    });

    afterEach(() => world.close());

    /** Alice and bob in the garden, each aware of the other. */
    async function together() {
      const [tagA, tagB] = tags();
      const [alice, bob] = [await visit('alice'), await visit('bob')];
      const [seatA, seatB] = [alice.join(garden, tagA), bob.join(garden, tagB)];
      await Promise.all([seatA.sees(tagB), seatB.sees(tagA)]);
      return { alice, bob, seatA, seatB };
    }

    test('somebody alone is told that nobody is there', async () => {
      const [tagA] = tags();
      const alice = await visit('alice');
      const seat = alice.join(garden, tagA);
      expect(seat.crowds, 'nothing is told before join returns').toEqual([]);
      await seat.sees();
      expect(seat.crowds).toEqual([new Set()]);
    });

    test('those on a topic see each other and not themselves', async () => {
      const [tagA, tagB, tagC] = tags();
      const { seatA, seatB } = await together();
      const seatC = (await visit('carol')).join(garden, tagC);
      await Promise.all([seatA.sees(tagB, tagC), seatB.sees(tagA, tagC), seatC.sees(tagA, tagB)]);
      expect(seatC.crowds.at(-1)).toEqual(new Set([tagA, tagB]));
    });

    test('a topic joined before the server answered is joined all the same', async () => {
      const [tagA, tagB] = tags();
      const alice = new Visitor(world.rendezvous('alice'));
      const bob = new Visitor(world.rendezvous('bob'));
      const [seatA, seatB] = [alice.join(garden, tagA), bob.join(garden, tagB)];
      await Promise.all([seatA.sees(tagB), seatB.sees(tagA)]);
      expect(alice.state.phase).toBe('online');
    });

    test('a body reaches everybody else under the tag of its author, and not the author', async () => {
      const [tagA, , tagC] = tags();
      const { seatA, seatB } = await together();
      const seatC = (await visit('carol')).join(garden, tagC);
      await seatA.sees(...tags().slice(1));
      seatA.say('to you both');
      await Promise.all([seatB.hears('to you both'), seatC.hears('to you both')]);
      seatB.say('echo');
      await seatA.hears('echo');
      expect(seatA.heard).toEqual(['echo']);
      expect(seatB.bodies.map(({ from }) => from)).toEqual([tagA]);
    });

    test('bodies arrive whole and in order, whatever bytes they are made of', async () => {
      const { seatA, seatB } = await together();
      const bodies = [new Uint8Array(0), Uint8Array.of(10, 10, 0), Uint8Array.from({ length: 256 }, (_, index) => index), random(16_000)];
      for (const body of bodies) seatA.membership.publish(body);
      for (let index = 0; index < 40; index++) seatA.say(String(index));
      await seatB.hears('39');
      expect(seatB.bodies.slice(0, 4).map(({ body }) => body)).toEqual(bodies);
      expect(seatB.heard.slice(4)).toEqual(Array.from({ length: 40 }, (_, index) => String(index)));
    });

    test('topics are apart', async () => {
      const [tagA, tagB] = tags();
      const { alice, bob, seatA, seatB } = await together();
      const cellar = topicOf(random(32));
      const [cellarA, cellarB] = [alice.join(cellar, tagA), bob.join(cellar, tagB)];
      await cellarB.sees(tagA);
      cellarA.say('below');
      seatA.say('above');
      await Promise.all([cellarB.hears('below'), seatB.hears('above')]);
      expect(cellarB.heard).toEqual(['below']);
      expect(seatB.heard).toEqual(['above']);
    });

    test('the quiet see and hear, and are not seen', async () => {
      const [tagA, tagB, tagC] = tags();
      const { seatA, seatB } = await together();
      const seatC = (await visit('carol')).join(garden, tagC, { quiet: true });
      await seatC.sees(tagA, tagB);
      seatA.say('anybody?');
      await seatC.hears('anybody?');
      seatC.say('me');
      await Promise.all([seatA.hears('me'), seatB.hears('me')]);
      expect(seatA.crowds.some((crowd) => crowd.has(tagC))).toBe(false);
    });

    test('turning quiet is like leaving to the others, and turning back like coming', async () => {
      const [, tagB] = tags();
      const { seatA, seatB } = await together();
      seatB.membership.setQuiet(true);
      await seatA.sees();
      seatB.membership.setQuiet(false);
      await seatA.sees(tagB);
      expect(seatA.crowds.map((crowd) => crowd.size).slice(-3)).toEqual([1, 0, 1]);
    });

    test('who leaves is gone at once and hears nothing more', async () => {
      const [, , tagC] = tags();
      const { seatA, seatB } = await together();
      const seatC = (await visit('carol')).join(garden, tagC);
      await seatB.sees(...tags().filter((tag) => tag !== tags()[1]));
      seatB.say('bye');
      seatB.membership.leave();
      await Promise.all([seatA.hears('bye'), seatA.sees(tagC)]);
      const [crowds, heard] = [seatB.crowds.length, seatB.heard.length];
      seatA.say('psst');
      await seatC.hears('psst');
      seatB.say('too late');
      expect([seatB.crowds.length, seatB.heard.length]).toEqual([crowds, heard]);
      expect(seatA.heard).toEqual(['bye']);
    });

    test('a topic that was left can be joined again', async () => {
      const [tagA, tagB] = tags();
      const { bob, seatA, seatB } = await together();
      seatB.membership.leave();
      await seatA.sees();
      const again = bob.join(garden, tagB);
      await Promise.all([again.sees(tagA), seatA.sees(tagB)]);
      expect(seatA.crowds.at(-1)).toEqual(new Set([tagB]));
    });

    test('a topic is joined once at a time', async () => {
      const [tagA] = tags();
      const alice = await visit('alice');
      alice.join(garden, tagA);
      expect(() => alice.join(garden, tagA)).toThrow('one membership per topic');
    });

    test('who closes is gone at once', async () => {
      const { seatA, bob } = await together();
      bob.rendezvous.close();
      await seatA.sees();
      expect(seatA.crowds.at(-1)).toEqual(new Set());
    });

    test('a connection that breaks and comes back is not noticed by others', async () => {
      const [tagA, tagB, tagC] = tags();
      const { bob, seatA, seatB } = await together();
      world.dropConnection('bob');
      await bob.until(() => bob.state.phase !== 'online');
      bob.rendezvous.reconnect();
      await seatB.sees(tagA);
      seatB.say('back');
      await seatA.hears('back');
      // Whatever the server had to tell of bob it has told before it tells of carol.
      (await visit('carol')).join(garden, tagC);
      await seatA.sees(tagB, tagC);
      expect(seatA.crowds.every((crowd) => crowd.size === 0 || crowd.has(tagB))).toBe(true);
      expect(
        seatB.crowds.some((crowd) => crowd.size === 0),
        'bob himself saw nobody meanwhile',
      ).toBe(true);
    });

    test('without the server nobody is there, what is said is lost, and all come back with it', async () => {
      const [tagA, tagB] = tags();
      const { alice, bob, seatA, seatB } = await together();
      await world.stopServer();
      await Promise.all([seatA.sees(), seatB.sees()]);
      expect(alice.state.phase).not.toBe('online');
      seatA.say('into the void');
      await world.startServer();
      for (const { rendezvous } of [alice, bob]) rendezvous.reconnect();
      await Promise.all([seatA.sees(tagB), seatB.sees(tagA)]);
      seatA.say('hello again');
      await seatB.hears('hello again');
      expect(seatB.heard).toEqual(['hello again']);
    });

    test('a server that is away when somebody arrives is told of as offline, with the time of the next try', async () => {
      await world.stopServer();
      const before = world.now();
      const alice = new Visitor(world.rendezvous('alice'));
      await alice.until(() => alice.state.phase === 'offline');
      expect(alice.state.phase === 'offline' && alice.state.retryAt).toBeGreaterThanOrEqual(before);
    });
  });
}
