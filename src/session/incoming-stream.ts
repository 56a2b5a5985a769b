/** What comes from one peer: opened, read, and saved together with what the rooms make of it, before it is acknowledged (PROTOCOL.md D3, D7–D10). */
import { wipe } from '../crypto/wipe.ts';
import type { Bytes } from '../lib/bytes.ts';
import { decode } from '../protocol/codec.ts';
import { content as contentCodec, type Content } from '../protocol/content.ts';
import type { FrameOf } from '../protocol/frame.ts';
import type { Connection, DeliveryContext } from './delivery-context.ts';
import type { PeerState } from './ports.ts';

/** Resets asked for on one link. One is enough if both sides keep the rules; a peer that needs more only keeps us busy. */
const MAX_RESETS = 3;

export class IncomingStream {
  readonly #context: DeliveryContext;
  readonly #offerPrekeys: (connection: Connection) => Promise<void>;

  constructor(context: DeliveryContext, offerPrekeys: (connection: Connection) => Promise<void>) {
    this.#context = context;
    this.#offerPrekeys = offerPrekeys;
  }

  arrive(connection: Connection, envelope: FrameOf<'envelope'>): void {
    const { arrived } = connection;
    arrived.push(envelope);
    if (arrived.length === 1) this.#context.run(() => this.#take(connection, arrived));
  }

  /** All that has arrived while the step before was being saved is saved in one step, and acknowledged with one number. */
  async #take(connection: Connection, batch: FrameOf<'envelope'>[]): Promise<void> {
    const { events, talk } = this.#context;
    const arrived = batch.splice(0, batch.length);
    if (this.#context.connection() !== connection || connection.deaf) return;
    let state = talk.current;
    const superseded: Bytes[] = [];
    const contents: Content[] = [];
    for (const { seq, sealed } of arrived) {
      const step = this.#open(state, seq, sealed);
      if (step === 'gap') {
        events.broken();
        return;
      }
      if (step === 'not-opened') {
        connection.deaf = true;
        break;
      }
      if (step.state.cipher !== state.cipher) superseded.push(state.cipher);
      state = step.state;
      if (step.content) contents.push(step.content);
    }
    await this.#save(state, contents);
    wipe(...superseded);
    connection.link.send({ type: 'ack', upTo: state.incoming?.receivedUpTo ?? 0 });
    if (connection.deaf) await this.#askAgain(connection);
  }

  async #save(state: PeerState, contents: readonly Content[]): Promise<void> {
    const { store, router, peer, talk } = this.#context;
    if (state === talk.current) return;
    await store.commit([store.putPeer(state), ...(await router.received(peer, contents))]);
    talk.become(state);
  }

  #open(
    state: PeerState,
    seq: number,
    sealed: Bytes,
  ): 'gap' | 'not-opened' | { readonly state: PeerState; readonly content: Content | undefined } {
    const { incoming } = state;
    if (!incoming || seq > incoming.receivedUpTo + 1) return 'gap';
    if (seq <= incoming.receivedUpTo) return { state, content: undefined };
    const opened = this.#context.cipher.open(state.cipher, sealed);
    if (!opened.ok) return 'not-opened';
    return {
      state: { ...state, cipher: opened.value.state, incoming: { ...incoming, receivedUpTo: seq } },
      content: this.#read(opened.value.content),
    };
  }

  /** Undefined for what nobody here reads (D8) and for what they may not send (D10): neither stops what comes after it. */
  #read(encoded: Bytes): Content | undefined {
    const { router, standing, events } = this.#context;
    const decoded = decode(contentCodec, encoded);
    const admission = decoded.ok ? router.admission(decoded.value.type, standing()) : 'unknown';
    if (decoded.ok && admission === 'refused') events.refused(decoded.value.type);
    if (admission === 'unknown') events.unreadable();
    return decoded.ok && admission === 'admitted' ? decoded.value : undefined;
  }

  /** Asks for what does not open to be sealed in another session, which they start from the prekeys that follow (D9). */
  async #askAgain(connection: Connection): Promise<void> {
    const { talk, events } = this.#context;
    const { incoming } = talk.current;
    connection.resets++;
    if (!incoming || connection.resets > MAX_RESETS) {
      events.broken();
      return;
    }
    connection.link.send({ type: 'reset', ...incoming });
    await this.#offerPrekeys(connection);
  }
}
