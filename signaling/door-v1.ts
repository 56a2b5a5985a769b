/** `/v1`: does what the frames of its sockets ask. */
import { randomInt } from 'node:crypto';
import type { Clock } from '../src/lib/clock.ts';
import type { ClientHeader } from '../src/protocol/signaling.ts';
import { Connection } from './connection.ts';
import type { Door, Visitor } from './entrance.ts';
import { decodeFrame } from './frame.ts';
import { batchesOf } from './here-changes.ts';
import type { OpenSocket } from './open-socket.ts';
import type { Config } from './options.ts';
import type { Rate } from './token-bucket.ts';
import { Topics } from './topics.ts';
import type { IceServers } from './turn.ts';

/** Joining this many topics costs as much as one message. */
const TOPICS_PER_TOKEN = 64;

const JITTER_STEPS = 1_000_000;

export interface DoorV1Options {
  readonly config: Config;
  readonly clock: Clock;
  readonly ice: IceServers;
}

export class DoorV1 implements Door {
  readonly messages: Rate;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #ice: IceServers;
  readonly #topics: Topics<Connection>;

  constructor({ config, clock, ice }: DoorV1Options) {
    this.#config = config;
    this.#clock = clock;
    this.#ice = ice;
    this.messages = { perSecond: config.messagesPerSecond, burst: config.messageBurst };
    this.#topics = new Topics({
      clock,
      maxTopics: config.maxTopics,
      maxMembers: config.maxMembers,
      holdDown: () => (config.holdDownSeconds + (config.holdDownJitterSeconds * randomInt(JITTER_STEPS)) / JITTER_STEPS) * 1000,
    });
  }

  /** What is kept in memory; for tests and the log. */
  get kept(): { readonly topics: number; readonly seats: number } {
    return this.#topics.size;
  }

  welcome(socket: OpenSocket): Visitor {
    const connection = new Connection(socket, this.#clock);
    const { maxBodyBytes: body, maxTopics: topics } = this.#config;
    connection.send({ t: 'hello', v: 1, now: this.#clock.now(), limits: { body, topics }, ...this.#ice.offer(connection.address) });
    return {
      received: (data, binary) => this.#received(connection, data, binary),
      pinged: () => void connection.allow(1),
      left: (draining) => {
        connection.dispose();
        if (!draining) this.#topics.drop(connection);
      },
    };
  }

  #received(connection: Connection, data: Buffer, binary: boolean): void {
    const frame = decodeFrame(data);
    const id = frame.header ? idOf(frame.header) : frame.id;
    if (!connection.allow(frame.header ? costOf(frame.header) : 1, id)) return;
    if (frame.header) this.#obey(connection, frame.header, frame.body, binary);
    else connection.send({ t: 'err', e: 'bad', ...named(id) });
  }

  #obey(connection: Connection, header: ClientHeader, body: Buffer, binary: boolean): void {
    switch (header.t) {
      case 'sub':
        this.#subscribe(connection, header.topics, header.quiet ?? false);
        break;
      case 'unsub':
        this.#unsubscribe(connection, header.topics);
        break;
      case 'pub':
        this.#publish(connection, header, body, binary);
        break;
      case 'ice':
        connection.send({ t: 'ice', ...this.#ice.offer(connection.address) });
        break;
    }
  }

  #subscribe(connection: Connection, wanted: readonly (readonly [topic: string, member: string])[], quiet: boolean): void {
    const joined = new Set<string>();
    let refused = false;
    for (const [topic, member] of wanted) {
      if (this.#topics.join(connection, topic, member, quiet) === 'joined') joined.add(topic);
      else refused = true;
      connection.forgetChanges(topic);
    }
    const snapshots = [...joined].map((topic) => ({ topic, all: this.#topics.here(topic) }));
    for (const topics of batchesOf(snapshots)) connection.send({ t: 'here', topics });
    if (refused) connection.send({ t: 'err', e: 'limit' });
  }

  #unsubscribe(connection: Connection, topics: readonly string[]): void {
    for (const topic of topics) {
      this.#topics.leave(connection, topic);
      connection.forgetChanges(topic);
    }
  }

  #publish(connection: Connection, { topic, to, id }: Extract<ClientHeader, { t: 'pub' }>, body: Buffer, binary: boolean): void {
    if (body.length > this.#config.maxBodyBytes) {
      connection.send({ t: 'err', e: 'limit', ...named(id) });
      return;
    }
    let frame: Buffer | undefined;
    const reached = this.#topics.publish(connection, topic, to, (other, from) => {
      // Made once, and only when there is somebody to read it.
      frame ??= Buffer.concat([Buffer.from(`${JSON.stringify({ t: 'msg', topic, from })}\n`), body]);
      return other.relay(frame, binary);
    });
    if (reached === undefined) connection.send({ t: 'err', e: 'not-joined', ...named(id) });
    else if (id !== undefined) connection.send({ t: 'ack', id, n: reached });
  }
}

function costOf(header: ClientHeader): number {
  return header.t === 'sub' || header.t === 'unsub' ? 1 + Math.floor(header.topics.length / TOPICS_PER_TOKEN) : 1;
}

function idOf(header: ClientHeader): number | undefined {
  return header.t === 'pub' ? header.id : undefined;
}

function named(id: number | undefined): { readonly id?: number } {
  return id === undefined ? {} : { id };
}
