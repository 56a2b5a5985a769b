/** One WebSocket to the signaling server, from the first attempt until it is gone for whatever reason. */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { ServerHeader } from '../protocol/signaling.ts';
import { readServerFrame, writeClientFrame, type ServerFrame } from './signaling-wire.ts';

/** From the constructor to the server's `hello`: on a lost network a socket can stay "connecting" for minutes. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A server pings at intervals a page cannot see; so after so long without a word the page asks for one itself. */
const SILENCE_MS = 75_000;
const ANSWER_TIMEOUT_MS = 10_000;
/** How often silence is looked at; short, because timers stand still while the device sleeps. */
const TICK_MS = 15_000;
/** What an honest server sends within a second is some dozens of frames, even while five hundred contacts come online. */
const MAX_FRAMES_PER_SECOND = 500;
const MAX_BYTES_PER_SECOND = 2 * 1024 * 1024;
/** Frames we could not read, in one connection's life, before we think the server mad. */
const MAX_MALFORMED = 32;

/** Why a connection ended. */
export type SocketEnd =
  /** No connection came about: refused, no network, blocked by policy. */
  | { readonly kind: 'unreachable' }
  /** It took too long, or a question went unanswered. */
  | { readonly kind: 'silent' }
  /** More than we are willing to read. */
  | { readonly kind: 'flood' }
  /** What it sends is not our protocol. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'closed'; readonly code: number };

export type Hello = Extract<ServerHeader, { t: 'hello' }>;

export interface SocketEvents {
  /** First, and once. */
  greeted(hello: Hello): void;
  received(frame: ServerFrame): void;
  /** Once, and nothing after it; never told after `close`. */
  ended(end: SocketEnd): void;
}

export interface SocketOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly webSocket: (url: string) => WebSocket;
  readonly events: SocketEvents;
}

export class SignalingSocket {
  readonly #clock: Clock;
  readonly #events: SocketEvents;
  readonly startedAt: number;
  #socket: WebSocket | undefined;
  #greeted = false;
  /** A question is out: asking again must not put off its deadline. */
  #asked = false;
  #gone = false;
  #heardAt: number;
  #malformed = 0;
  #second = { began: 0, frames: 0, bytes: 0 };
  #cancelDeadline: () => void = () => undefined;
  #cancelTick: () => void = () => undefined;

  constructor({ url, clock, webSocket, events }: SocketOptions) {
    this.#clock = clock;
    this.#events = events;
    this.startedAt = clock.now();
    this.#heardAt = this.startedAt;
    this.#expectWithin(CONNECT_TIMEOUT_MS);
    try {
      this.#listen(webSocket(url));
    } catch {
      // A forbidden or malformed address: the constructor is the only place that says so.
      queueMicrotask(() => this.#end({ kind: 'unreachable' }));
    }
  }

  /** Ignored unless the server has greeted. */
  send(frame: Bytes): void {
    if (!this.#gone && this.#greeted && this.#socket?.readyState === OPEN) this.#socket.send(frame);
  }

  /** Asks for a sign of life; no answer in time ends the connection. */
  probe(): void {
    if (!this.#greeted || this.#gone || this.#asked) return;
    this.#asked = true;
    this.send(writeClientFrame({ t: 'ice' }));
    this.#expectWithin(ANSWER_TIMEOUT_MS);
  }

  close(): void {
    this.#letGo();
  }

  #listen(socket: WebSocket): void {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#hear(data);
    socket.onclose = ({ code }) => this.#end(this.#greeted ? { kind: 'closed', code } : { kind: 'unreachable' });
    // Always followed by `close`, and tells nothing; without a listener some implementations throw.
    socket.onerror = () => undefined;
  }

  #hear(data: unknown): void {
    if (this.#isTooMuch(data)) {
      this.#end({ kind: 'flood' });
      return;
    }
    const frame = readServerFrame(data);
    if (frame.ok) this.#take(frame.value);
    else if (frame.failure.kind !== 'unknown') this.#complain();
  }

  #take(frame: ServerFrame): void {
    const { header } = frame;
    // Greeted twice, or spoken to before: out of place, and nothing to act upon.
    if ((header.t === 'hello') === this.#greeted) {
      this.#complain();
      return;
    }
    this.#heardAt = this.#clock.now();
    this.#asked = false;
    this.#cancelDeadline();
    if (header.t !== 'hello') {
      this.#events.received(frame);
      return;
    }
    this.#greeted = true;
    this.#tick();
    this.#events.greeted(header);
  }

  #complain(): void {
    this.#malformed++;
    if (this.#malformed > MAX_MALFORMED || !this.#greeted) this.#end({ kind: 'garbage' });
  }

  #isTooMuch(data: unknown): boolean {
    const now = this.#clock.now();
    if (Math.abs(now - this.#second.began) >= 1_000) this.#second = { began: now, frames: 0, bytes: 0 };
    this.#second.frames++;
    this.#second.bytes += data instanceof ArrayBuffer ? data.byteLength : String(data).length;
    return this.#second.frames > MAX_FRAMES_PER_SECOND || this.#second.bytes > MAX_BYTES_PER_SECOND;
  }

  #tick(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      // Either way: the device slept or its clock was set, and the path may be dead.
      if (Math.abs(this.#clock.now() - this.#heardAt) >= SILENCE_MS) {
        this.#heardAt = this.#clock.now();
        this.probe();
      }
      this.#tick();
    });
  }

  #expectWithin(milliseconds: number): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#clock.after(milliseconds, () => this.#end({ kind: 'silent' }));
  }

  #end(end: SocketEnd): void {
    if (this.#gone) return;
    this.#letGo();
    this.#events.ended(end);
  }

  #letGo(): void {
    this.#gone = true;
    this.#cancelDeadline();
    this.#cancelTick();
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(NORMAL_CLOSURE);
  }
}

/** `WebSocket.OPEN`; the constant itself is not there where a test runs. */
const OPEN = 1;
/** RFC 6455 §7.4.1; the default would read as "no status" in the server's statistics. */
const NORMAL_CLOSURE = 1000;
