/**
 * The network scenario tests run on: a meeting place and links in memory, deterministic, with every accident and every
 * adversary a test may want. Nothing arrives before the caller's own turn is over; apart from that, and from what a test
 * holds back, things arrive at once and in the order they were sent. Time only moves by the clock's `advance`.
 */
import type { Bytes } from '../../src/lib/bytes.ts';
import type { MemberTag, Topic } from '../../src/protocol/ids.ts';
import type { LinkMaker, Rendezvous } from '../../src/session/ports.ts';
import { Delivery } from './delivery.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryWires, type LinkAdversary, type Wire } from './memory-links.ts';
import { MemoryServer, type Published, type ServerSight, type SignalingAdversary } from './memory-rendezvous.ts';
import { seededRandom } from './seeded-random.ts';

export interface MemoryNetworkOptions {
  readonly clock?: ManualClock;
  readonly random?: (length: number) => Bytes;
}

export interface MemoryNetwork {
  readonly clock: ManualClock;
  /** A connection of this person's own to the meeting place; one per running app. */
  rendezvous(person: string): Rendezvous;
  linkMaker(person: string): LinkMaker;

  // ————— accidents at the meeting place —————
  stopServer(): void;
  /** Everybody comes back at once. */
  startServer(): void;
  /** Breaks this person's connection to the server, which others notice after HOLD_DOWN_MS; `reconnect` brings them back. */
  dropConnection(person: string): void;
  /** What is on its way to and from the server: `hold`, `release`, `latency`. */
  readonly signaling: Delivery;

  // ————— accidents on links —————
  /** Breaks the links of everybody or of one person, losing what is on its way; both ends are told `failed`. */
  cutLinks(person?: string): void;
  /** While true, new links neither open nor fail before their time-out. */
  obstructLinks(obstructed: boolean): void;
  /** Switches WebRTC off or on again in this person's browser. */
  supportWebRtc(person: string, supported: boolean): void;
  /** Links that are open now. */
  links(): readonly Wire[];
  /** What is on its way between people, and what a link has to tell its own side. */
  readonly frames: Delivery;

  // ————— adversaries —————
  /** Everything the server saw. */
  readonly serverLog: readonly ServerSight[];
  /** Makes the server dishonest; without an argument, honest again. */
  corruptServer(adversary?: SignalingAdversary): void;
  /** Hands a body to everybody on a topic but its alleged sender. */
  injectBody(message: Published): void;
  /** Lies to everybody on a topic about who is there, until the next true change. */
  pretendHere(topic: Topic, tags: readonly MemberTag[]): void;
  /** Puts somebody in the middle of links; without an argument, takes them away. */
  tapLinks(adversary?: LinkAdversary): void;
}

export function createMemoryNetwork({ clock = new ManualClock(), random = seededRandom(1) }: MemoryNetworkOptions = {}): MemoryNetwork {
  const signaling = new Delivery(clock);
  const frames = new Delivery(clock);
  const server = new MemoryServer(clock, signaling);
  const wires = new MemoryWires(clock, frames, random);
  return {
    clock,
    rendezvous: (person) => server.visit(person),
    linkMaker: (person) => wires.linkMaker(person),
    stopServer: () => server.stop(),
    startServer: () => server.start(),
    dropConnection: (person) => server.drop(person),
    signaling,
    cutLinks: (person) => wires.cut(person),
    obstructLinks: (obstructed) => {
      wires.obstructed = obstructed;
    },
    supportWebRtc: (person, supported) => wires.setSupport(person, supported),
    links: () => wires.open(),
    frames,
    serverLog: server.log,
    corruptServer: (adversary = (message) => [message]) => {
      server.adversary = adversary;
    },
    injectBody: (message) => server.inject(message),
    pretendHere: (topic, tags) => server.pretend(topic, tags),
    tapLinks: (adversary) => {
      wires.adversary = adversary;
    },
  };
}
