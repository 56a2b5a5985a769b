/** How two ends of a fresh link agree where their streams stand, and what sessions can be started from (PROTOCOL.md D2, D5, D9). */
import type { VerifiedDevice } from '../identity/device.ts';
import { equalBytes } from '../lib/bytes.ts';
import type { FrameOf } from '../protocol/frame.ts';
import { NO_STREAM, type Connection, type DeliveryContext } from './delivery-context.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

/** Every method is a step. */
export class StreamAgreement {
  readonly #context: DeliveryContext;
  readonly #outgoing: OutgoingStream;

  constructor(context: DeliveryContext, outgoing: OutgoingStream) {
    this.#context = context;
    this.#outgoing = outgoing;
  }

  /** Says hello and hands out prekeys. Another device than last time has nothing of what was sealed for that one. */
  async meet(connection: Connection, peer: VerifiedDevice): Promise<void> {
    const { cipher, talk } = this.#context;
    const { state, fresh } = cipher.meet(talk.current.cipher, peer);
    if (fresh && talk.current.outgoing.lastSeq > 0) await this.#outgoing.beginAnew(state);
    else talk.become({ ...talk.current, cipher: state });
    this.#hello(connection);
    await this.offer(connection);
  }

  async offer(connection: Connection): Promise<void> {
    const { cipher, talk } = this.#context;
    const { state, prekeys } = cipher.offer(talk.current.cipher);
    if (state !== talk.current.cipher) await talk.save({ ...talk.current, cipher: state });
    connection.link.send({ type: 'prekeys', ...prekeys });
  }

  /** Not saved by itself: if it is lost, the next link brings others. */
  learn(connection: Connection, prekeys: FrameOf<'prekeys'>): void {
    const { cipher, talk, events } = this.#context;
    if (this.#context.connection() !== connection) return;
    const learnt = cipher.learn(talk.current.cipher, prekeys);
    if (!learnt.ok) {
      events.broken();
      return;
    }
    talk.become({ ...talk.current, cipher: learnt.value });
    connection.equipped = true;
    this.#outgoing.flush();
  }

  async greeted(connection: Connection, hello: FrameOf<'hello'>): Promise<void> {
    const { cipher, talk, events } = this.#context;
    if (!talk.current.incoming || !equalBytes(talk.current.incoming.stream, hello.stream)) {
      await talk.save({ ...talk.current, incoming: { stream: hello.stream, receivedUpTo: 0 } });
      connection.deaf = false;
    }
    const known = equalBytes(hello.yours, talk.current.outgoing.stream) ? hello.receivedUpTo : 0;
    if (known > talk.current.outgoing.lastSeq) {
      if (connection.agreed) {
        events.broken();
        return;
      }
      // They have more than we ever sent: we were set back to an older state. Its keys have been used, and are not used again (D5).
      await this.#outgoing.beginAnew(cipher.restart(talk.current.cipher));
      this.#hello(connection);
    } else if (known < (await this.#outgoing.acknowledgedBefore())) {
      // What they had acknowledged is lost on their side, so the stream cannot be gone on with (D5).
      await this.#outgoing.beginAnew(talk.current.cipher);
      this.#hello(connection);
    } else if (!equalBytes(connection.told, hello.stream)) this.#hello(connection);
    connection.agreed = true;
    this.#outgoing.acknowledge(connection, Math.min(known, talk.current.outgoing.lastSeq));
    this.#outgoing.flush();
  }

  /** They cannot open what we sealed: all they do not have is sealed again, in another session (D9). */
  async restart(connection: Connection, reset: FrameOf<'reset'>): Promise<void> {
    const { cipher, talk, events } = this.#context;
    const { lastSeq, stream } = talk.current.outgoing;
    if (this.#context.connection() !== connection || !equalBytes(reset.stream, stream)) return;
    if (reset.receivedUpTo > lastSeq) {
      events.broken();
      return;
    }
    connection.equipped = false;
    connection.acknowledged = Math.max(connection.acknowledged, reset.receivedUpTo);
    await this.#outgoing.removeDelivered(connection);
    await this.#outgoing.beginAnew(cipher.restart(talk.current.cipher));
    this.#outgoing.rewind(connection);
    this.#hello(connection);
  }

  #hello(connection: Connection): void {
    const { outgoing, incoming } = this.#context.talk.current;
    connection.told = incoming?.stream ?? NO_STREAM;
    connection.link.send({ type: 'hello', stream: outgoing.stream, yours: connection.told, receivedUpTo: incoming?.receivedUpTo ?? 0 });
  }
}
