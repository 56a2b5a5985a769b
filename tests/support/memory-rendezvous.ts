/** A meeting place in memory: the same semantics as the signaling server and its client, under the test's control. */
import { assert } from '../../src/lib/assert.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Cell } from '../../src/lib/observable.ts';
import type { MemberTag, Topic } from '../../src/protocol/ids.ts';
import type { IceServer } from '../../src/protocol/signaling.ts';
import type { Rendezvous, RendezvousState, TopicListener, TopicMembership } from '../../src/session/ports.ts';
import type { Delivery } from './delivery.ts';

/** Everything a curious server could write down. `connection` is a number it gave to a socket; it knows no persons. */
export type ServerSight =
  | { readonly kind: 'connected' | 'disconnected'; readonly connection: number }
  | { readonly kind: 'joined'; readonly connection: number; readonly topic: Topic; readonly member: MemberTag; readonly quiet: boolean }
  | { readonly kind: 'left'; readonly connection: number; readonly topic: Topic }
  | { readonly kind: 'published'; readonly connection: number; readonly topic: Topic; readonly from: MemberTag; readonly body: Bytes };

export interface Published {
  readonly topic: Topic;
  readonly from: MemberTag;
  readonly body: Bytes;
}

/**
 * A server that does as it likes with what passes: what it returns is handed to the others on the topic, in that order.
 * `[message]` is honest, `[]` drops, `[message, message]` replays; keep it and use `injectBody` later to reorder.
 */
export type SignalingAdversary = (message: Published) => readonly Published[];

/** How long somebody whose connection broke is still said to be there. */
const HOLD_DOWN_MS = 20_000;

/** Told as `retryAt`; in truth everybody comes back when the server does. */
const RETRY_MS = 1_000;

interface Member {
  readonly tag: MemberTag;
  readonly quiet: boolean;
}

interface Connection {
  readonly id: number;
  readonly owner: MemoryRendezvous;
}

interface Place {
  readonly members: Map<Connection, Member>;
  /** Tags whose connection broke less than a hold-down ago. */
  readonly lingering: Map<MemberTag, () => void>;
}

export class MemoryServer {
  readonly log: ServerSight[] = [];
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  readonly #places = new Map<Topic, Place>();
  readonly #connections = new Set<Connection>();
  readonly #visitors = new Set<MemoryRendezvous>();
  #running = true;
  #lastConnection = 0;

  adversary: SignalingAdversary = (message) => [message];
  iceServers: readonly IceServer[] = [];

  constructor(clock: Clock, delivery: Delivery) {
    this.#clock = clock;
    this.#delivery = delivery;
  }

  visit(person: string): MemoryRendezvous {
    const visitor = new MemoryRendezvous(person, this, this.#clock, this.#delivery);
    this.#visitors.add(visitor);
    visitor.reconnect();
    return visitor;
  }

  /** Everything it kept in memory is lost. */
  stop(): void {
    this.#running = false;
    for (const connection of [...this.#connections]) this.#disconnect(connection);
    for (const place of this.#places.values()) for (const cancel of place.lingering.values()) cancel();
    this.#places.clear();
  }

  start(): void {
    this.#running = true;
    for (const visitor of this.#visitors) visitor.reconnect();
  }

  /** Breaks this person's connections; they come back when they `reconnect`. */
  drop(person: string): void {
    for (const connection of [...this.#connections]) {
      if (connection.owner.person !== person) continue;
      for (const [topic, place] of this.#places) this.#linger(topic, place, connection);
      this.#disconnect(connection);
    }
  }

  /** Hands a body to everybody on the topic but `from`, as if it had been published. */
  inject({ topic, from, body }: Published): void {
    for (const [connection, member] of this.#places.get(topic)?.members ?? []) {
      if (member.tag === from) continue;
      const copy = body.slice();
      this.#delivery.send(() => connection.owner.told(connection, topic, copy, from));
    }
  }

  /** Lies to everybody on a topic about who is there. */
  pretend(topic: Topic, tags: readonly MemberTag[]): void {
    for (const connection of this.#places.get(topic)?.members.keys() ?? []) {
      this.#delivery.send(() => connection.owner.toldWhoIsHere(connection, topic, new Set(tags)));
    }
  }

  // ————— called by those who visit —————

  connect(owner: MemoryRendezvous): Connection | undefined {
    if (!this.#running) return undefined;
    const connection = { id: ++this.#lastConnection, owner };
    this.#connections.add(connection);
    this.log.push({ kind: 'connected', connection: connection.id });
    return connection;
  }

  leaveAll(connection: Connection, owner: MemoryRendezvous): void {
    for (const topic of [...this.#places.keys()]) this.unsubscribe(connection, topic);
    this.#connections.delete(connection);
    this.#visitors.delete(owner);
    this.log.push({ kind: 'disconnected', connection: connection.id });
  }

  subscribe(connection: Connection, topic: Topic, member: Member): void {
    if (!this.#connections.has(connection)) return;
    this.log.push({ kind: 'joined', connection: connection.id, topic, member: member.tag, quiet: member.quiet });
    const place: Place = this.#places.get(topic) ?? { members: new Map<Connection, Member>(), lingering: new Map<MemberTag, () => void>() };
    this.#places.set(topic, place);
    place.lingering.get(member.tag)?.();
    place.lingering.delete(member.tag);
    place.members.set(connection, member);
    this.#announce(topic, place);
  }

  unsubscribe(connection: Connection, topic: Topic): void {
    const place = this.#places.get(topic);
    if (!place?.members.delete(connection)) return;
    this.log.push({ kind: 'left', connection: connection.id, topic });
    this.#announce(topic, place);
  }

  publish(connection: Connection, topic: Topic, body: Bytes): void {
    const member = this.#places.get(topic)?.members.get(connection);
    if (!member) return;
    const message = { topic, from: member.tag, body };
    this.log.push({ kind: 'published', connection: connection.id, ...message });
    for (const passed of this.adversary(message)) this.inject(passed);
  }

  #disconnect(connection: Connection): void {
    this.#connections.delete(connection);
    this.log.push({ kind: 'disconnected', connection: connection.id });
    connection.owner.dropped(connection);
  }

  #linger(topic: Topic, place: Place, connection: Connection): void {
    const member = place.members.get(connection);
    if (!member) return;
    place.members.delete(connection);
    if (member.quiet) return;
    const cancel = this.#clock.after(HOLD_DOWN_MS, () => {
      place.lingering.delete(member.tag);
      this.#announce(topic, place);
    });
    place.lingering.set(member.tag, cancel);
  }

  #announce(topic: Topic, place: Place): void {
    const tags = new Set(place.lingering.keys());
    for (const { tag, quiet } of place.members.values()) if (!quiet) tags.add(tag);
    for (const connection of place.members.keys()) {
      this.#delivery.send(() => connection.owner.toldWhoIsHere(connection, topic, tags));
    }
  }
}

interface Joined {
  readonly me: MemberTag;
  readonly listener: TopicListener;
  quiet: boolean;
  /** Undefined until the server has said. */
  known: ReadonlySet<MemberTag> | undefined;
}

const NOBODY: ReadonlySet<MemberTag> = new Set();

export class MemoryRendezvous implements Rendezvous {
  readonly person: string;
  readonly state = new Cell<RendezvousState>({ phase: 'connecting' });
  readonly #server: MemoryServer;
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  readonly #joined = new Map<Topic, Joined>();
  #connection: Connection | undefined;
  #closed = false;

  constructor(person: string, server: MemoryServer, clock: Clock, delivery: Delivery) {
    this.person = person;
    this.#server = server;
    this.#clock = clock;
    this.#delivery = delivery;
  }

  iceServers(): readonly IceServer[] {
    return this.#server.iceServers;
  }

  join(topic: Topic, me: MemberTag, listener: TopicListener, { quiet }: { readonly quiet: boolean }): TopicMembership {
    assert(!this.#joined.has(topic), 'one membership per topic at a time');
    const joined: Joined = { me, listener, quiet, known: undefined };
    this.#joined.set(topic, joined);
    this.#subscribe(topic, joined);
    return {
      publish: (body) => {
        const copy = Uint8Array.from(body);
        if (this.#joined.get(topic) === joined) this.#toServer((connection) => this.#server.publish(connection, topic, copy));
      },
      setQuiet: (quiet) => {
        if (joined.quiet === quiet || this.#joined.get(topic) !== joined) return;
        joined.quiet = quiet;
        this.#subscribe(topic, joined);
      },
      leave: () => {
        if (this.#joined.get(topic) !== joined) return;
        this.#joined.delete(topic);
        this.#toServer((connection) => this.#server.unsubscribe(connection, topic));
      },
    };
  }

  reconnect(): void {
    if (this.#closed || this.#connection) return;
    this.state.set({ phase: 'connecting' });
    this.#delivery.send(() => this.#connect());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#joined.clear();
    this.#toServer((connection) => this.#server.leaveAll(connection, this));
    this.#connection = undefined;
  }

  // ————— called by the server —————

  dropped(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#goOffline();
    for (const joined of [...this.#joined.values()]) {
      const { known } = joined;
      joined.known = undefined;
      if (known && known.size > 0) joined.listener.peersChanged(NOBODY);
    }
  }

  told(connection: Connection, topic: Topic, body: Bytes, from: MemberTag): void {
    if (this.#connection === connection) this.#joined.get(topic)?.listener.received(body, from);
  }

  toldWhoIsHere(connection: Connection, topic: Topic, tags: ReadonlySet<MemberTag>): void {
    const joined = this.#joined.get(topic);
    if (this.#connection !== connection || !joined) return;
    const others = new Set([...tags].filter((tag) => tag !== joined.me));
    if (joined.known && sameTags(joined.known, others)) return;
    joined.known = others;
    joined.listener.peersChanged(others);
  }

  #connect(): void {
    if (this.#closed || this.#connection) return;
    this.#connection = this.#server.connect(this);
    if (!this.#connection) {
      this.#goOffline();
      return;
    }
    this.state.set({ phase: 'online' });
    for (const [topic, joined] of this.#joined) this.#subscribe(topic, joined);
  }

  #goOffline(): void {
    this.state.set({ phase: 'offline', retryAt: this.#clock.now() + RETRY_MS });
  }

  #subscribe(topic: Topic, { me, quiet }: Joined): void {
    this.#toServer((connection) => this.#server.subscribe(connection, topic, { tag: me, quiet }));
  }

  #toServer(action: (connection: Connection) => void): void {
    const connection = this.#connection;
    if (connection) this.#delivery.send(() => action(connection));
  }
}

function sameTags(some: ReadonlySet<MemberTag>, others: ReadonlySet<MemberTag>): boolean {
  return some.size === others.size && [...some].every((tag) => others.has(tag));
}
