/**
 * Delivery to and from one peer: each side's contents form a stream, numbered without gaps, acknowledged up to a number
 * (PROTOCOL.md D1–D10).
 *
 * Two rules carry everything: the state advances on a copy and is adopted only once it is saved together with what it
 * produced; and nothing leaves the browser before that. A crash anywhere loses nothing and shows nothing twice.
 *
 * One `Serial` runs all steps of a peer, so no two of them ever build on the same state. This file does not know how links
 * are made, what contents mean or where rows are kept.
 */
import type { VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import { encode } from '../protocol/codec.ts';
import { content as contentCodec, type Content } from '../protocol/content.ts';
import type { FrameOf } from '../protocol/frame.ts';
import { newConnection, TalkState, type Connection, type DeliveryLink, type DeliveryOptions } from './delivery-context.ts';
import { IncomingStream } from './incoming-stream.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import type { NewOutboxEntry, PeerState } from './ports.ts';
import { StreamAgreement } from './stream-agreement.ts';

type DeliveryFrame = FrameOf<'hello' | 'prekeys' | 'envelope' | 'ack' | 'reset'>;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #serial = new Serial();
  readonly #outgoing: OutgoingStream;
  readonly #incoming: IncomingStream;
  readonly #agreement: StreamAgreement;
  #connection: Connection | undefined;
  #closed = false;

  /** `saved`: where the store has the talk; undefined begins it. */
  constructor(options: DeliveryOptions, saved: PeerState | undefined) {
    this.#options = options;
    const context = {
      ...options,
      talk: new TalkState(options, saved),
      connection: () => this.#connection,
      run: (step: () => Promise<void> | void) => this.#run(step),
    };
    this.#outgoing = new OutgoingStream(context);
    this.#agreement = new StreamAgreement(context, this.#outgoing);
    this.#incoming = new IncomingStream(context, (connection) => this.#agreement.offer(connection));
  }

  /** Looks what is left from before. */
  start(): void {
    this.#run(() => this.#outgoing.checkPending());
  }

  /** True while something waits to be delivered. */
  get pending(): boolean {
    return this.#outgoing.pending;
  }

  /** A link to this device of theirs is proven: say hello, hand out prekeys, and go on from where the other side is. */
  connect(link: DeliveryLink, peer: VerifiedDevice): void {
    const connection = newConnection(link);
    this.#connection = connection;
    this.#run(() => this.#agreement.meet(connection, peer));
  }

  disconnect(): void {
    this.#connection = undefined;
  }

  /** Lets a step under way finish and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#connection = undefined;
    await this.#serial.run(() => Promise.resolve());
  }

  /**
   * Stores contents to be delivered, in order, together with `writes`. With a link that has nothing else to do they are
   * sealed in the same transaction and leave at once. Rejects when the store refuses; then nothing is stored.
   */
  send(entries: readonly NewOutboxEntry[], writes: readonly Write[]): Promise<void> {
    return this.#serial.run(() => this.#outgoing.send(entries, writes));
  }

  /** The link has room again, or what was held back may go. */
  drained(): void {
    this.#outgoing.flush();
  }

  receive(frame: DeliveryFrame): void {
    const connection = this.#connection;
    if (!connection) return;
    switch (frame.type) {
      case 'hello':
        connection.arrived = [];
        this.#run(() => this.#agreement.greeted(connection, frame));
        break;
      case 'prekeys':
        this.#run(() => this.#agreement.learn(connection, frame));
        break;
      case 'envelope':
        this.#incoming.arrive(connection, frame);
        break;
      case 'ack':
        this.#outgoing.acknowledge(connection, frame.upTo);
        break;
      case 'reset':
        this.#run(() => this.#agreement.restart(connection, frame));
        break;
      default:
        assertNever(frame);
    }
  }

  #run(step: () => Promise<void> | void): void {
    this.#serial
      .run(async () => {
        if (!this.#closed) await step();
      })
      .catch((reason: unknown) => {
        this.#options.events.stalled(reason);
      });
  }
}

/** What goes into the outbox for a content. */
export function outboxContent(content: Content): Bytes {
  return encode(contentCodec, content);
}
