/** `/v1`: lets sockets in or turns them away, and does what their frames ask. A client can close its own socket and nothing else. */
import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer, type RawData, type ServerOptions, type WebSocket } from 'ws';
import type { Clock } from '../src/lib/clock.ts';
import { CLOSE, SIGNALING_PATH, type ClientHeader } from '../src/protocol/signaling.ts';
import { AddressLimits } from './address-limits.ts';
import { addressKeyOf, looksLikeUnknownProxy } from './client-address.ts';
import { Connection } from './connection.ts';
import { decodeFrame } from './frame.ts';
import { batchesOf } from './here-changes.ts';
import type { MemoryGuard } from './memory-guard.ts';
import { blockListOf } from './option-kinds.ts';
import type { Config } from './options.ts';
import { mayUse } from './origin.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { Topics } from './topics.ts';
import type { IceServers } from './turn.ts';

/** Joining this many topics costs as much as one message. */
const TOPICS_PER_TOKEN = 64;

/** Browsers send a small message in one frame; a message in many pieces is an attack on memory. */
const MAX_FRAGMENTS = 16;
const MAX_BUFFERED_CHUNKS = 256;
/** Pongs that wait because the client does not read: beyond these it only wants to fill our memory. */
const MAX_PENDING_PONGS = 4;
/** How long a client has to answer our close before the socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

const JITTER_STEPS = 1_000_000;
const INTERNAL_ERROR = 1011;

export interface DoorOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ice: IceServers;
  readonly memory: MemoryGuard;
}

export class DoorV1 {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #ice: IceServers;
  readonly #memory: MemoryGuard;
  readonly #webSockets: WebSocketServer;
  readonly #topics: Topics<Connection>;
  readonly #addresses: AddressLimits;
  readonly #trustedProxies: BlockList | undefined;
  readonly #connections = new Set<Connection>();
  /** TCP sockets let in, from the upgrade until they are closed. */
  #admitted = 0;
  #draining = false;
  #toldOfProxy = false;

  constructor({ config, clock, log, ice, memory }: DoorOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#ice = ice;
    this.#memory = memory;
    this.#webSockets = new WebSocketServer(webSocketOptions(config));
    this.#trustedProxies = blockListOf(config.trustedProxies);
    this.#addresses = new AddressLimits({
      clock,
      maxSockets: config.maxSocketsPerAddress,
      connects: { perSecond: config.connectsPerSecond, burst: config.connectBurst },
    });
    this.#topics = new Topics({
      clock,
      maxTopics: config.maxTopics,
      maxMembers: config.maxMembers,
      holdDown: () => (config.holdDownSeconds + config.holdDownJitterSeconds * fraction()) * 1000,
    });
  }

  /** Open sockets, now. */
  get size(): number {
    return this.#connections.size;
  }

  /** What is kept in memory; for tests and the log. */
  get kept(): { readonly sockets: number; readonly topics: number; readonly seats: number } {
    return { sockets: this.#connections.size, ...this.#topics.size };
  }

  /** Whether new sockets would be let in. */
  get open(): boolean {
    return !this.#draining && this.#admitted < this.#config.maxSockets && !this.#memory.full;
  }

  /** Decides over a request to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const address = this.#addressOf(request);
    const refusal = this.#refusalOf(request, address);
    if (refusal !== undefined) {
      refuseUpgrade(socket, refusal);
      return;
    }
    this.#admitted++;
    socket.once('close', () => {
      this.#admitted--;
      this.#addresses.release(address);
    });
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, address));
  }

  /** Lets nobody in any more, and closes the sockets evenly over `milliseconds`, telling clients to come back later. */
  async drain(milliseconds: number, wait: (milliseconds: number) => Promise<void>): Promise<void> {
    this.#draining = true;
    const leaving = [...this.#connections];
    const pause = milliseconds / Math.max(1, leaving.length);
    let waited = 0;
    for (const [index, connection] of leaving.entries()) {
      connection.close(CLOSE.restart, 'restart');
      const due = pause * (index + 1);
      // Timers shorter than this would make a long drain longer still.
      if (due - waited < 1) continue;
      await wait(due - waited);
      waited = due;
    }
  }

  /** Destroys every socket without a word. */
  terminate(): void {
    this.#draining = true;
    for (const connection of this.#connections) connection.terminate();
  }

  /** Why not, as an HTTP status; the address is counted only when there is no other reason. */
  #refusalOf(request: IncomingMessage, address: string): 403 | 404 | 429 | 503 | undefined {
    const [path] = (request.url ?? '').split('?');
    if (path !== SIGNALING_PATH) return 404;
    if (!mayUse(request, this.#config.origins)) return 403;
    if (!this.open) return 503;
    return this.#addresses.admit(address) ? undefined : 429;
  }

  #addressOf(request: IncomingMessage): string {
    if (!this.#trustedProxies) return '';
    if (!this.#toldOfProxy && looksLikeUnknownProxy(request, this.#trustedProxies)) {
      this.#toldOfProxy = true;
      this.#log.warn('Requests arrive through a proxy that trusted-proxies does not name: everybody behind it counts as one address.');
    }
    return addressKeyOf(request, this.#trustedProxies);
  }

  #welcome(webSocket: WebSocket, address: string): void {
    const connection = new Connection({ webSocket, address, config: this.#config, clock: this.#clock, phase: fraction() });
    this.#connections.add(connection);
    // ws closes the socket itself after an error; without a listener the error would end the process.
    webSocket.on('error', (error) => this.#log.debug({ reason: error.message }, 'a client broke the protocol'));
    webSocket.on('close', () => this.#farewell(connection));
    webSocket.on('message', (data, binary) => this.#guard(connection, () => this.#received(connection, data, binary)));
    // Each costs like a message: a flood of them is a flood.
    webSocket.on('ping', () => this.#guard(connection, () => void connection.allow(1)));
    webSocket.on('pong', () => this.#guard(connection, () => void connection.allow(1)));
    const { maxBodyBytes: body, maxTopics: topics } = this.#config;
    connection.send({ t: 'hello', v: 1, now: this.#clock.now(), limits: { body, topics }, ...this.#ice.offer(address) });
    this.#log.debug({ sockets: this.size }, 'a socket was opened');
  }

  #farewell(connection: Connection): void {
    connection.dispose();
    this.#connections.delete(connection);
    // At shutdown everybody leaves: nobody needs to be told who left first.
    if (!this.#draining) this.#topics.drop(connection);
    this.#log.debug({ sockets: this.size }, 'a socket was closed');
  }

  /** A bug of ours costs the one socket that met it. */
  #guard(connection: Connection, action: () => void): void {
    if (connection.closing) return;
    connection.heard();
    try {
      action();
    } catch (error) {
      this.#log.error({ err: error }, 'a frame could not be dealt with');
      connection.close(INTERNAL_ERROR, 'internal error');
    }
  }

  #received(connection: Connection, data: RawData, binary: boolean): void {
    const frame = decodeFrame(data as Buffer);
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

function webSocketOptions(config: Config): ServerOptions {
  const options: ServerOptions & { readonly maxPendingAutoPongs: number; readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    // 248 kB per connection against 7, and twice the work.
    perMessageDeflate: false,
    maxPayload: config.maxFrameBytes,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    maxPendingAutoPongs: MAX_PENDING_PONGS,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  return options;
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

/** From 0 to 1, evenly. */
function fraction(): number {
  return randomInt(JITTER_STEPS) / JITTER_STEPS;
}
