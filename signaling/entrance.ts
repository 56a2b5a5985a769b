/** Lets sockets in or turns them away, whichever door they want, and sees them out. A client can close its own socket and nothing else. */
import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import type { Clock } from '../src/lib/clock.ts';
import { CLOSE } from '../src/protocol/signaling.ts';
import { AddressLimits } from './address-limits.ts';
import { addressKeyOf, looksLikeUnknownProxy } from './client-address.ts';
import type { MemoryGuard } from './memory-guard.ts';
import { OpenSocket } from './open-socket.ts';
import { blockListOf } from './option-kinds.ts';
import type { Config } from './options.ts';
import { mayUse } from './origin.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { Rate } from './token-bucket.ts';

/** Browsers send a small message in one frame; a message in many pieces is an attack on memory. */
const MAX_FRAGMENTS = 16;
const MAX_BUFFERED_CHUNKS = 256;
/** Pongs that wait because the client does not read: beyond these it only wants to fill our memory. */
const MAX_PENDING_PONGS = 4;
/** How long a client has to answer our close before the socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

const JITTER_STEPS = 1_000_000;
const INTERNAL_ERROR = 1011;

/** What a door makes of a socket that came in by it. */
export interface Visitor {
  received(data: Buffer, binary: boolean): void;
  /** A ping or a pong. Each costs like a message: a flood of them is a flood. */
  pinged(): void;
  /** The socket is gone. `draining`: everybody leaves, and nobody needs to be told who left first. */
  left(draining: boolean): void;
}

export interface Door {
  /** What each of its sockets may say. */
  readonly messages: Rate;
  welcome(socket: OpenSocket): Visitor;
}

export interface EntranceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly memory: MemoryGuard;
  /** By path. */
  readonly doors: ReadonlyMap<string, Door>;
}

export class Entrance {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #memory: MemoryGuard;
  readonly #doors: ReadonlyMap<string, Door>;
  readonly #webSockets: WebSocketServer;
  readonly #addresses: AddressLimits;
  readonly #trustedProxies: BlockList | undefined;
  readonly #sockets = new Set<OpenSocket>();
  /** TCP sockets let in, from the upgrade until they are closed. */
  #admitted = 0;
  #draining = false;
  #toldOfProxy = false;

  constructor({ config, clock, log, memory, doors }: EntranceOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#memory = memory;
    this.#doors = doors;
    this.#webSockets = new WebSocketServer(webSocketOptions(config));
    this.#trustedProxies = blockListOf(config.trustedProxies);
    this.#addresses = new AddressLimits({
      clock,
      maxSockets: config.maxSocketsPerAddress,
      connects: { perSecond: config.connectsPerSecond, burst: config.connectBurst },
    });
  }

  /** Open sockets, now. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Whether new sockets would be let in. */
  get open(): boolean {
    return !this.#draining && this.#admitted < this.#config.maxSockets && !this.#memory.full;
  }

  /** Decides over a request to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const address = this.#addressOf(request);
    const [path = ''] = (request.url ?? '').split('?');
    const door = this.#doors.get(path);
    const refusal = door ? this.#refusalOf(request, address) : 404;
    if (!door || refusal !== undefined) {
      refuseUpgrade(socket, refusal ?? 404);
      return;
    }
    this.#admitted++;
    socket.once('close', () => {
      this.#admitted--;
      this.#addresses.release(address);
    });
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, address, door));
  }

  /** Lets nobody in any more, and closes the sockets evenly over `milliseconds`, telling clients to come back later. */
  async drain(milliseconds: number, wait: (milliseconds: number) => Promise<void>): Promise<void> {
    this.#draining = true;
    const leaving = [...this.#sockets];
    const pause = milliseconds / Math.max(1, leaving.length);
    let waited = 0;
    for (const [index, socket] of leaving.entries()) {
      socket.close(CLOSE.restart, 'restart');
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
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Why not, as an HTTP status; the address is counted only when there is no other reason. */
  #refusalOf(request: IncomingMessage, address: string): 403 | 429 | 503 | undefined {
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

  #welcome(webSocket: WebSocket, address: string, door: Door): void {
    const { messages } = door;
    const socket = new OpenSocket({ webSocket, address, config: this.#config, clock: this.#clock, phase: fraction(), messages });
    this.#sockets.add(socket);
    const visitor = door.welcome(socket);
    // ws closes the socket itself after an error; without a listener the error would end the process.
    webSocket.on('error', (error) => this.#log.debug({ reason: error.message }, 'a client broke the protocol'));
    webSocket.on('close', () => this.#farewell(socket, visitor));
    webSocket.on('message', (data, binary) => this.#guard(socket, () => visitor.received(data as Buffer, binary)));
    webSocket.on('ping', () => this.#guard(socket, () => visitor.pinged()));
    webSocket.on('pong', () => this.#guard(socket, () => visitor.pinged()));
    this.#log.debug({ sockets: this.size }, 'a socket was opened');
  }

  #farewell(socket: OpenSocket, visitor: Visitor): void {
    socket.dispose();
    this.#sockets.delete(socket);
    visitor.left(this.#draining);
    this.#log.debug({ sockets: this.size }, 'a socket was closed');
  }

  /** A bug of ours costs the one socket that met it. */
  #guard(socket: OpenSocket, action: () => void): void {
    if (socket.closing) return;
    socket.heard();
    try {
      action();
    } catch (error) {
      this.#log.error({ err: error }, 'a frame could not be dealt with');
      socket.close(INTERNAL_ERROR, 'internal error');
    }
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

/** From 0 to 1, evenly. */
function fraction(): number {
  return randomInt(JITTER_STEPS) / JITTER_STEPS;
}
