/**
 * What waits to be sent to the signaling server, in order: what is said in one turn of the event loop travels in as few
 * frames as possible, and nothing travels while the server asks for patience.
 */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { MemberTag, Topic } from '../protocol/ids.ts';
import { writeClientFrame } from './signaling-wire.ts';

/** Signals grow stale within seconds: a longer queue would only deliver what nobody waits for. */
const MAX_WAITING_PUBLISHES = 128;
const MAX_AGE_MS = 30_000;
/** Publishes of which we do not know yet whether they were refused. */
const MAX_UNSETTLED = 64;
/** The server takes 64 KiB in one frame. A topic and its tag need 66 bytes of JSON. */
const TOPICS_PER_FRAME = 800;

interface Publish {
  readonly do: 'publish';
  readonly id: number;
  readonly at: number;
  readonly topic: Topic;
  readonly body: Bytes;
}

type Command =
  | Publish
  | { readonly do: 'subscribe'; readonly quiet: boolean; readonly topics: (readonly [Topic, MemberTag])[] }
  | { readonly do: 'unsubscribe'; readonly topics: Topic[] };

export class Outgoing {
  readonly #clock: Clock;
  readonly #send: (frame: Bytes) => void;
  readonly #unsettled = new Map<number, Publish>();
  #waiting: Command[] = [];
  #open = false;
  #flushPlanned = false;
  #cancelPause: (() => void) | undefined;
  #lastId = 0;

  constructor(clock: Clock, send: (frame: Bytes) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** There is a connection: from now on what is given is sent rather than dropped. */
  open(): void {
    this.#open = true;
  }

  /** The connection is gone, and with it everything meant for it. */
  close(): void {
    this.#open = false;
    this.#waiting = [];
    this.#unsettled.clear();
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  subscribe(topic: Topic, member: MemberTag, quiet: boolean): void {
    if (!this.#open) return;
    const last = this.#waiting.at(-1);
    if (last?.do === 'subscribe' && last.quiet === quiet && last.topics.length < TOPICS_PER_FRAME) last.topics.push([topic, member]);
    else this.#waiting.push({ do: 'subscribe', quiet, topics: [[topic, member]] });
    this.#plan();
  }

  unsubscribe(topic: Topic): void {
    if (!this.#open) return;
    const last = this.#waiting.at(-1);
    if (last?.do === 'unsubscribe' && last.topics.length < TOPICS_PER_FRAME) last.topics.push(topic);
    else this.#waiting.push({ do: 'unsubscribe', topics: [topic] });
    this.#plan();
  }

  publish(topic: Topic, body: Uint8Array): void {
    if (!this.#open) return;
    this.#waiting.push({ do: 'publish', id: ++this.#lastId, at: this.#clock.now(), topic, body: Uint8Array.from(body) });
    this.#dropStale();
    this.#plan();
  }

  /** Sends nothing for so many milliseconds. */
  pause(milliseconds: number): void {
    this.#cancelPause?.();
    this.#cancelPause = this.#clock.after(milliseconds, () => {
      this.#cancelPause = undefined;
      this.flush();
    });
  }

  /** The server took a publish, or will never take it. */
  settled(id: number): void {
    this.#unsettled.delete(id);
  }

  /** The server refused a publish for now: it goes out again, before those that were given later. */
  retry(id: number): void {
    const publish = this.#unsettled.get(id);
    if (!publish) return;
    this.#unsettled.delete(id);
    const later = this.#waiting.findIndex((command) => command.do === 'publish' && command.id > id);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, publish);
    this.#dropStale();
    this.#plan();
  }

  /** Sends what is waiting, unless paused. */
  flush(): void {
    if (!this.#open || this.#cancelPause) return;
    const commands = this.#waiting;
    this.#waiting = [];
    for (const command of commands) this.#write(command);
  }

  #plan(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    queueMicrotask(() => {
      this.#flushPlanned = false;
      this.flush();
    });
  }

  #dropStale(): void {
    const publishes = this.#waiting.filter((command) => command.do === 'publish').length;
    if (publishes <= MAX_WAITING_PUBLISHES) return;
    this.#waiting.splice(
      this.#waiting.findIndex((command) => command.do === 'publish'),
      1,
    );
  }

  #write(command: Command): void {
    if (command.do === 'publish') {
      if (this.#clock.now() - command.at > MAX_AGE_MS) return;
      this.#remember(command);
      this.#send(writeClientFrame({ t: 'pub', topic: command.topic, id: command.id }, command.body));
    } else if (command.do === 'subscribe') {
      this.#send(writeClientFrame({ t: 'sub', topics: command.topics, quiet: command.quiet }));
    } else {
      this.#send(writeClientFrame({ t: 'unsub', topics: command.topics }));
    }
  }

  #remember(publish: Publish): void {
    this.#unsettled.set(publish.id, publish);
    const [oldest] = this.#unsettled.keys();
    if (this.#unsettled.size > MAX_UNSETTLED && oldest !== undefined) this.#unsettled.delete(oldest);
  }
}
