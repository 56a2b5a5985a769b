/** One WebSocket and what is due to it: its allowance of messages, what waits to be sent, whether it still lives. */
import type { WebSocket } from 'ws';
import type { Clock } from '../src/lib/clock.ts';
import { CLOSE, type ServerHeader } from '../src/protocol/signaling.ts';
import { HereChanges } from './here-changes.ts';
import type { Config } from './options.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Change, Subscriber } from './topics.ts';

/** How many messages in a row may be refused before the socket is closed: enough for a client to notice and wait. */
const MAX_REFUSED = 100;

export interface ConnectionOptions {
  readonly webSocket: WebSocket;
  /** What limits are counted under; never logged. */
  readonly address: string;
  readonly config: Config;
  readonly clock: Clock;
  /** From 0 to 1: where in the ping interval this socket starts, so that those who came together are not pinged together. */
  readonly phase: number;
}

export class Connection implements Subscriber {
  readonly address: string;
  readonly #webSocket: WebSocket;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #messages: TokenBucket;
  readonly #here: HereChanges;
  #refused = 0;
  #closing = false;
  #heardSincePing = true;
  #cancelPing: () => void;

  constructor({ webSocket, address, config, clock, phase }: ConnectionOptions) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#config = config;
    this.#clock = clock;
    this.#messages = new TokenBucket({ perSecond: config.messagesPerSecond, burst: config.messageBurst }, clock);
    this.#here = new HereChanges(clock, {
      ready: () => this.#webSocket.bufferedAmount < this.#config.softBufferBytes,
      send: (topics) => this.send({ t: 'here', topics }),
    });
    this.#cancelPing = clock.after(phase * config.pingSeconds * 1000, () => this.#ping());
  }

  /** Whether it has been told to go: what it still sends is not listened to. */
  get closing(): boolean {
    return this.#closing;
  }

  /** It said something: it lives. */
  heard(): void {
    this.#heardSincePing = true;
  }

  /**
   * Takes the cost of a message from its allowance. When there is none left the sender is told so, once per message,
   * and after too many in a row the socket is closed.
   */
  allow(cost: number, id?: number): boolean {
    if (this.#messages.take(cost)) {
      this.#refused = 0;
      return true;
    }
    this.#refused++;
    if (this.#refused > MAX_REFUSED) this.close(CLOSE.flood, 'too many messages');
    else this.send({ t: 'err', e: 'rate', ms: this.#messages.waitMs(), ...(id === undefined ? {} : { id }) });
    return false;
  }

  /** Answers and snapshots: sent however slow the reader is, up to the hard limit. */
  send(header: ServerHeader): void {
    this.#write(JSON.stringify(header), false);
  }

  /** Relays a message, unless the reader is so slow that it would only be late. Says whether it was taken. */
  relay(frame: Buffer, binary: boolean): boolean {
    if (this.#closing || this.#webSocket.bufferedAmount >= this.#config.softBufferBytes) return false;
    return this.#write(frame, binary);
  }

  hereChanged(topic: string, member: string, change: Change): void {
    this.#here.add(topic, member, change);
  }

  /** The socket knows all about this topic now, or nothing more: changes that wait to be told are out of date. */
  forgetChanges(topic: string): void {
    this.#here.forget(topic);
  }

  close(code: number, reason: string): void {
    this.#closing = true;
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#closing = true;
    this.#webSocket.terminate();
  }

  /** The socket is gone: lets go of all timers. */
  dispose(): void {
    this.#closing = true;
    this.#cancelPing();
    this.#here.close();
  }

  #write(data: string | Buffer, binary: boolean): boolean {
    const { readyState, OPEN } = this.#webSocket;
    if (readyState !== OPEN) return false;
    // A failed write closes the socket, and 'close' is where that is dealt with.
    this.#webSocket.send(data, { binary }, () => undefined);
    if (this.#webSocket.bufferedAmount <= this.#config.hardBufferBytes) return true;
    this.terminate();
    return false;
  }

  #ping(): void {
    if (!this.#heardSincePing) {
      this.terminate();
      return;
    }
    this.#heardSincePing = false;
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping(undefined, undefined, () => undefined);
    this.#cancelPing = this.#clock.after(this.#config.pingSeconds * 1000, () => this.#ping());
  }
}
