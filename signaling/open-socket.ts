/** One WebSocket, whichever door it came by: its allowance of messages, what waits to be sent, whether it still lives. */
import type { WebSocket } from 'ws';
import type { Clock } from '../src/lib/clock.ts';
import { CLOSE } from '../src/protocol/signaling.ts';
import type { Config } from './options.ts';
import { TokenBucket, type Rate } from './token-bucket.ts';

/** How many messages in a row may be refused before the socket is closed: enough for a client to notice and wait. */
const MAX_REFUSED = 100;

export interface OpenSocketOptions {
  readonly webSocket: WebSocket;
  /** What limits are counted under; never logged. */
  readonly address: string;
  readonly config: Config;
  readonly clock: Clock;
  /** From 0 to 1: where in the ping interval this socket starts, so that those who came together are not pinged together. */
  readonly phase: number;
  readonly messages: Rate;
}

export class OpenSocket {
  readonly address: string;
  readonly #webSocket: WebSocket;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #messages: TokenBucket;
  #refused = 0;
  #closing = false;
  #heardSincePing = true;
  #cancelPing: () => void;

  constructor({ webSocket, address, config, clock, phase, messages }: OpenSocketOptions) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#config = config;
    this.#clock = clock;
    this.#messages = new TokenBucket(messages, clock);
    this.#cancelPing = clock.after(phase * config.pingSeconds * 1000, () => this.#ping());
  }

  /** Whether it has been told to go: what it still sends is not listened to. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Whether it reads what it is sent. */
  get keepsUp(): boolean {
    return this.#webSocket.bufferedAmount < this.#config.softBufferBytes;
  }

  /** It said something: it lives. */
  heard(): void {
    this.#heardSincePing = true;
  }

  /** Takes the cost of a message from its allowance; after too many refusals in a row the socket is closed. */
  allow(cost: number): boolean {
    if (this.#messages.take(cost)) {
      this.#refused = 0;
      return true;
    }
    this.#refused++;
    if (this.#refused > MAX_REFUSED) this.close(CLOSE.flood, 'too many messages');
    return false;
  }

  /** Milliseconds until it may say something again. */
  allowedIn(): number {
    return this.#messages.waitMs();
  }

  /** Sends however slow the reader is, up to the hard limit. Says whether it was taken. */
  send(data: string | Buffer, binary = false): boolean {
    const { readyState, OPEN } = this.#webSocket;
    if (readyState !== OPEN) return false;
    // A failed write closes the socket, and 'close' is where that is dealt with.
    this.#webSocket.send(data, { binary }, () => undefined);
    if (this.#webSocket.bufferedAmount <= this.#config.hardBufferBytes) return true;
    this.terminate();
    return false;
  }

  /** Relays a message, unless the reader is so slow that it would only be late. Says whether it was taken. */
  relay(data: string | Buffer, binary = false): boolean {
    return !this.#closing && this.keepsUp && this.send(data, binary);
  }

  close(code: number, reason: string): void {
    this.#closing = true;
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#closing = true;
    this.#webSocket.terminate();
  }

  /** The socket is gone: lets go of its timer. */
  dispose(): void {
    this.#closing = true;
    this.#cancelPing();
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
