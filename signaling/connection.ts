/** A socket at `/v1`: what it is told, and when. */
import type { Clock } from '../src/lib/clock.ts';
import type { ServerHeader } from '../src/protocol/signaling.ts';
import { HereChanges } from './here-changes.ts';
import type { OpenSocket } from './open-socket.ts';
import type { Change, Subscriber } from './topics.ts';

export class Connection implements Subscriber {
  readonly #socket: OpenSocket;
  readonly #here: HereChanges;

  constructor(socket: OpenSocket, clock: Clock) {
    this.#socket = socket;
    this.#here = new HereChanges(clock, {
      ready: () => this.#socket.keepsUp,
      send: (topics) => this.send({ t: 'here', topics }),
    });
  }

  /** What limits are counted under; never logged. */
  get address(): string {
    return this.#socket.address;
  }

  /** Takes the cost of a message from its allowance. When there is none left the sender is told so, once per message. */
  allow(cost: number, id?: number): boolean {
    if (this.#socket.allow(cost)) return true;
    if (!this.#socket.closing) this.send({ t: 'err', e: 'rate', ms: this.#socket.allowedIn(), ...(id === undefined ? {} : { id }) });
    return false;
  }

  /** Answers and snapshots: sent however slow the reader is, up to the hard limit. */
  send(header: ServerHeader): void {
    this.#socket.send(JSON.stringify(header));
  }

  /** Relays a message, unless the reader is so slow that it would only be late. Says whether it was taken. */
  relay(frame: Buffer, binary: boolean): boolean {
    return this.#socket.relay(frame, binary);
  }

  hereChanged(topic: string, member: string, change: Change): void {
    this.#here.add(topic, member, change);
  }

  /** The socket knows all about this topic now, or nothing more: changes that wait to be told are out of date. */
  forgetChanges(topic: string): void {
    this.#here.forget(topic);
  }

  /** The socket is gone: lets go of all timers. */
  dispose(): void {
    this.#here.close();
  }
}
