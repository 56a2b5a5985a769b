/**
 * Delivery to and from one contact: each side's contents form a stream, numbered without gaps, acknowledged up to a number
 * (PROTOCOL.md D1–D7).
 *
 * Two rules carry everything: the state advances on a copy and is adopted only once it is saved together with what it
 * produced; and nothing leaves the browser before that. A crash anywhere loses nothing and shows nothing twice.
 *
 * One `Serial` runs all steps of a contact, so no two of them ever build on the same state. This file does not know how links
 * are made, what contents mean or where rows are kept.
 */
import { randomBytes } from '../crypto/random.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import { decode, encode } from '../protocol/codec.ts';
import { content as contentCodec, type Content } from '../protocol/content.ts';
import { STREAM_ID_BYTES, type Frame, type FrameOf } from '../protocol/frame.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { OutboxEntry, PeerState, SessionStore } from './ports.ts';
import type { Router } from './router.ts';

/** Entries read, sealed and saved in one go: one transaction for many when there is a backlog, one for one otherwise. */
const BATCH = 128;
/** Entries sent and not yet acknowledged; with envelopes of 60 KB at most this bounds what a silent peer makes us hold. */
const MAX_IN_FLIGHT = 512;
/** Bytes handed to the link and not yet sent; more would only wait there instead of here. */
const MAX_WAITING_BYTES = 1_048_576;
const NO_STREAM: Bytes = new Uint8Array(STREAM_ID_BYTES);

export interface DeliveryLink {
  send(frame: Frame): void;
  readonly waiting: number;
}

export interface DeliveryEvents {
  /** The peer breaks the rules of delivery (D3): the link must go. */
  broken(): void;
  /** Saving failed; what was to be saved will come again over a later link, so this one must go. */
  stalled(reason: unknown): void;
  /** A content nobody here can read: made by a newer Parley, or by none. It counts as received and is gone. */
  unreadable(): void;
  /** Whether anything waits to be delivered. */
  pendingChanged(pending: boolean): void;
}

export interface DeliveryOptions {
  readonly contact: AccountId;
  readonly store: SessionStore;
  readonly cipher: EnvelopeCipher;
  readonly router: Router;
  /** True while nothing may be sent to them; what they send is received all the same (T4). */
  readonly held: () => boolean;
  readonly events: DeliveryEvents;
}

interface Connection {
  readonly link: DeliveryLink;
  /** What our last hello on this link said of their stream. */
  told: Bytes;
  /** True once both agree where our stream stands; nothing of it is sent before. */
  agreed: boolean;
  /** How far the peer has our stream, by its own word on this link. */
  acknowledged: number;
  removalPlanned: boolean;
  /** How far into the outbox this link has been served. */
  cursor: number;
  readonly inFlight: OutboxEntry[];
  readonly arrived: FrameOf<'envelope'>[];
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #serial = new Serial();
  #state: PeerState;
  #connection: Connection | undefined;
  #pending = false;
  #flushPlanned = false;
  #closed = false;

  /** `saved`: where the store has the talk; undefined begins it. */
  constructor(options: DeliveryOptions, saved: PeerState | undefined) {
    this.#options = options;
    this.#state = saved ?? beginning(options);
  }

  /** Looks what is left from before. */
  start(): Promise<void> {
    return this.#checkPending();
  }

  /** True while something waits to be delivered. */
  get pending(): boolean {
    return this.#pending;
  }

  /** A proven link is there: say hello, and go on from where the other side is. */
  connect(link: DeliveryLink): void {
    const connection: Connection = {
      link,
      told: NO_STREAM,
      agreed: false,
      acknowledged: 0,
      removalPlanned: false,
      cursor: 0,
      inFlight: [],
      arrived: [],
    };
    this.#connection = connection;
    this.#run(() => this.#hello(connection));
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

  /** Something new is in the outbox, or the link has room again. */
  flush(): void {
    this.#setPending(true);
    this.#planFlush();
  }

  drained(): void {
    this.#planFlush();
  }

  receive(frame: FrameOf<'hello'> | FrameOf<'envelope'> | FrameOf<'ack'>): void {
    const connection = this.#connection;
    if (!connection) return;
    switch (frame.type) {
      case 'hello':
        this.#run(() => this.#greeted(connection, frame));
        break;
      case 'envelope':
        connection.arrived.push(frame);
        if (connection.arrived.length === 1) this.#run(() => this.#takeArrived(connection));
        break;
      case 'ack':
        this.#acknowledge(connection, frame.upTo);
        break;
    }
  }

  // ————— agreeing where the streams stand —————

  #hello(connection: Connection): void {
    const { outgoing, incoming } = this.#state;
    connection.told = incoming?.stream ?? NO_STREAM;
    connection.link.send({ type: 'hello', stream: outgoing.stream, yours: connection.told, receivedUpTo: incoming?.receivedUpTo ?? 0 });
  }

  async #greeted(connection: Connection, hello: FrameOf<'hello'>): Promise<void> {
    if (!this.#state.incoming || !equalBytes(this.#state.incoming.stream, hello.stream)) {
      await this.#adopt({ ...this.#state, incoming: { stream: hello.stream, receivedUpTo: 0 } });
    }
    const knowsOurs = equalBytes(hello.yours, this.#state.outgoing.stream);
    if (knowsOurs && hello.receivedUpTo > this.#state.outgoing.lastSeq) {
      this.#options.events.broken();
      return;
    }
    // They never had our stream, or lost it. If they did have part of it, it cannot be gone on with: begin another (D5).
    if (!knowsOurs && (await this.#acknowledgedBefore()) > 0) await this.#beginNewStream();
    if (!equalBytes(connection.told, hello.stream)) this.#hello(connection);
    connection.agreed = true;
    this.#acknowledge(connection, knowsOurs ? hello.receivedUpTo : 0);
    this.#planFlush();
  }

  /** The last number of our stream that the peer has ever acknowledged: what is no longer in the outbox. */
  async #acknowledgedBefore(): Promise<number> {
    const [first] = await this.#options.store.outbox(this.#options.contact, 0, 1);
    return first?.sealed ? first.sealed.seq - 1 : this.#state.outgoing.lastSeq;
  }

  async #beginNewStream(): Promise<void> {
    const { store, contact } = this.#options;
    const unsealed: OutboxEntry[] = [];
    for (
      let after = 0, page = await store.outbox(contact, after, BATCH);
      page.length > 0;
      page = await store.outbox(contact, after, BATCH)
    ) {
      unsealed.push(...page.filter(({ sealed }) => sealed).map((entry) => ({ ...entry, sealed: undefined })));
      after = page.at(-1)?.position ?? after;
    }
    const state: PeerState = { ...this.#state, outgoing: { stream: randomBytes(STREAM_ID_BYTES), lastSeq: 0 } };
    await store.commit([store.putPeer(state), ...unsealed.map((entry) => store.putSealed(entry))]);
    this.#state = state;
  }

  // ————— sending —————

  #planFlush(): void {
    if (this.#flushPlanned || !this.#connection?.agreed || this.#options.held()) return;
    this.#flushPlanned = true;
    this.#run(async () => {
      this.#flushPlanned = false;
      await this.#sendOutbox();
    });
  }

  async #sendOutbox(): Promise<void> {
    const { store, contact } = this.#options;
    for (
      let connection = this.#connection;
      connection?.agreed && !this.#options.held() && hasRoom(connection);
      connection = this.#connection
    ) {
      const page = await store.outbox(contact, connection.cursor, BATCH);
      const last = page.at(-1);
      if (!last) break;
      const entries = await this.#sealEntries(page);
      if (this.#connection !== connection) return;
      this.#sendEntries(connection, entries);
      connection.cursor = last.position;
    }
  }

  /** Seals what is not sealed yet and saves that before any of it may leave. */
  async #sealEntries(page: readonly OutboxEntry[]): Promise<readonly SealedEntry[]> {
    const { cipher, store, router } = this.#options;
    let state = this.#state;
    const fresh: SealedEntry[] = [];
    const entries = page.map((entry): SealedEntry => {
      if (isSealed(entry)) return entry;
      const step = cipher.seal(state.cipher, entry.content);
      const seq = state.outgoing.lastSeq + 1;
      state = { ...state, cipher: step.state, outgoing: { ...state.outgoing, lastSeq: seq } };
      const sealed = { ...entry, sealed: { seq, envelope: step.envelope } };
      fresh.push(sealed);
      return sealed;
    });
    if (fresh.length > 0) {
      await store.commit([store.putPeer(state), ...fresh.map((entry) => store.putSealed(entry)), ...router.sent(fresh)]);
      this.#state = state;
    }
    return entries;
  }

  #sendEntries(connection: Connection, entries: readonly SealedEntry[]): void {
    for (const entry of entries) {
      connection.inFlight.push(entry);
      const { seq, envelope } = entry.sealed;
      if (seq > connection.acknowledged) connection.link.send({ type: 'envelope', seq, sealed: envelope });
    }
    // What a crash kept in the outbox although it had arrived is acknowledged already.
    this.#acknowledge(connection, connection.acknowledged);
  }

  #acknowledge(connection: Connection, upTo: number): void {
    if (upTo > this.#state.outgoing.lastSeq) {
      this.#options.events.broken();
      return;
    }
    connection.acknowledged = Math.max(connection.acknowledged, upTo);
    if (connection.removalPlanned || !connection.inFlight.some((entry) => isAcknowledged(entry, connection.acknowledged))) return;
    connection.removalPlanned = true;
    this.#run(() => this.#removeDelivered(connection));
  }

  async #removeDelivered(connection: Connection): Promise<void> {
    const { store, router } = this.#options;
    connection.removalPlanned = false;
    const delivered = connection.inFlight.filter((entry) => isAcknowledged(entry, connection.acknowledged));
    if (delivered.length === 0) return;
    await store.commit([store.dequeue(delivered), ...router.delivered(delivered)]);
    connection.inFlight.splice(0, delivered.length);
    if (connection.inFlight.length === 0) await this.#checkPending();
    this.#planFlush();
  }

  async #checkPending(): Promise<void> {
    const waiting = await this.#options.store.outbox(this.#options.contact, 0, 1);
    this.#setPending(waiting.length > 0);
  }

  #setPending(pending: boolean): void {
    if (pending === this.#pending) return;
    this.#pending = pending;
    this.#options.events.pendingChanged(pending);
  }

  // ————— receiving —————

  /** All that has arrived while the step before was being saved is saved in one step, and acknowledged with one number. */
  async #takeArrived(connection: Connection): Promise<void> {
    const { store, router, contact, events } = this.#options;
    const arrived = connection.arrived.splice(0, connection.arrived.length);
    if (this.#connection !== connection) return;
    let state = this.#state;
    const contents: Content[] = [];
    for (const { seq, sealed } of arrived) {
      const step = this.#open(state, seq, sealed);
      if (step === 'gap') {
        events.broken();
        return;
      }
      state = step.state;
      if (step.content) contents.push(step.content);
    }
    if (state !== this.#state) {
      await store.commit([store.putPeer(state), ...(await router.received(contact, contents))]);
      this.#state = state;
    }
    connection.link.send({ type: 'ack', upTo: state.incoming?.receivedUpTo ?? 0 });
  }

  #open(state: PeerState, seq: number, sealed: Bytes): 'gap' | { readonly state: PeerState; readonly content?: Content } {
    const { incoming } = state;
    if (!incoming || seq > incoming.receivedUpTo + 1) return 'gap';
    if (seq <= incoming.receivedUpTo) return { state };
    const opened = this.#options.cipher.open(state.cipher, sealed);
    const decoded = opened.ok ? decode(contentCodec, opened.value.content) : opened;
    const next: PeerState = {
      ...state,
      cipher: opened.ok ? opened.value.state : state.cipher,
      incoming: { ...incoming, receivedUpTo: seq },
    };
    if (decoded.ok) return { state: next, content: decoded.value };
    this.#options.events.unreadable();
    return { state: next };
  }

  async #adopt(state: PeerState): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.putPeer(state)]);
    this.#state = state;
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

type SealedEntry = OutboxEntry & { readonly sealed: NonNullable<OutboxEntry['sealed']> };

function isSealed(entry: OutboxEntry): entry is SealedEntry {
  return entry.sealed !== undefined;
}

function isAcknowledged(entry: OutboxEntry, upTo: number): boolean {
  return entry.sealed !== undefined && entry.sealed.seq <= upTo;
}

function hasRoom({ inFlight, link }: Connection): boolean {
  return inFlight.length < MAX_IN_FLIGHT && link.waiting < MAX_WAITING_BYTES;
}

function beginning({ contact, cipher }: DeliveryOptions): PeerState {
  return { contact, outgoing: { stream: randomBytes(STREAM_ID_BYTES), lastSeq: 0 }, incoming: undefined, cipher: cipher.start() };
}

/** What goes into the outbox for a content. */
export function outboxContent(content: Content): Bytes {
  return encode(contentCodec, content);
}
