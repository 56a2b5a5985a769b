/**
 * Delivery to and from one contact: each side's contents form a stream, numbered without gaps, acknowledged up to a number
 * (PROTOCOL.md D1–D9).
 *
 * Two rules carry everything: the state advances on a copy and is adopted only once it is saved together with what it
 * produced; and nothing leaves the browser before that. A crash anywhere loses nothing and shows nothing twice.
 *
 * One `Serial` runs all steps of a contact, so no two of them ever build on the same state. This file does not know how links
 * are made, what contents mean or where rows are kept.
 */
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import { decode, encode } from '../protocol/codec.ts';
import { content as contentCodec, type Content } from '../protocol/content.ts';
import { STREAM_ID_BYTES, type Frame, type FrameOf } from '../protocol/frame.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { NewOutboxEntry, OutboxEntry, PeerState, SealedEntry, SessionStore } from './ports.ts';
import type { Router } from './router.ts';

/** Entries read, sealed and saved in one go: one transaction for many when there is a backlog, one for one otherwise. */
const BATCH = 256;
/** Entries sent and not yet acknowledged: with those of everyday length, a megabyte or two that a silent peer makes us hold. */
const MAX_IN_FLIGHT = 2048;
/**
 * How many may be in flight at first; acknowledgements double it. Until the first of them, every envelope of a new session
 * carries what it was started from, which is several times what people write.
 */
const FIRST_IN_FLIGHT = 32;
/** Bytes handed to the link and not yet sent; more would only wait there instead of here. */
const MAX_WAITING_BYTES = 1_048_576;
/** Resets asked for on one link. One is enough if both sides keep the rules; a peer that needs more only keeps us busy. */
const MAX_RESETS = 3;
const NO_STREAM: Bytes = new Uint8Array(STREAM_ID_BYTES);

export interface DeliveryLink {
  send(frame: Frame): void;
  readonly waiting: number;
}

export interface DeliveryEvents {
  /** The peer breaks the rules of delivery (D3, D9): the link must go. */
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
  /** True once we have prekeys of theirs, from which a session can be started if need be; nothing is sealed before. */
  equipped: boolean;
  /** True from an envelope that did not open until their next stream: nothing that follows it in this one would. */
  deaf: boolean;
  resets: number;
  /** How far the peer has our stream, by its own word on this link. */
  acknowledged: number;
  removalPlanned: boolean;
  /** How far into the outbox this link has been served. */
  cursor: number;
  /** True while there is nothing in the outbox beyond that. */
  idle: boolean;
  readonly inFlight: OutboxEntry[];
  /** How many may be in flight. */
  window: number;
  /** Envelopes to be taken in one step; those after a hello belong to the next. */
  arrived: FrameOf<'envelope'>[];
}

type DeliveryFrame = FrameOf<'hello' | 'prekeys' | 'envelope' | 'ack' | 'reset'>;

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

  /** A link to this device of theirs is proven: say hello, hand out prekeys, and go on from where the other side is. */
  connect(link: DeliveryLink, peer: VerifiedDevice): void {
    const connection: Connection = {
      link,
      told: NO_STREAM,
      agreed: false,
      equipped: false,
      deaf: false,
      resets: 0,
      acknowledged: 0,
      removalPlanned: false,
      cursor: 0,
      idle: false,
      inFlight: [],
      window: FIRST_IN_FLIGHT,
      arrived: [],
    };
    this.#connection = connection;
    this.#run(() => this.#meet(connection, peer));
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
    return this.#serial.run(async () => {
      if (await this.#sendAtOnce(entries, writes)) return;
      const { store } = this.#options;
      await store.commit([...writes, ...entries.map((entry) => store.enqueue(entry))]);
      if (this.#connection) this.#connection.idle = false;
      this.#setPending(true);
      this.#planFlush();
    });
  }

  /** The link has room again, or what was held back may go. */
  drained(): void {
    this.#planFlush();
  }

  receive(frame: DeliveryFrame): void {
    const connection = this.#connection;
    if (!connection) return;
    switch (frame.type) {
      case 'hello':
        connection.arrived = [];
        this.#run(() => this.#greeted(connection, frame));
        break;
      case 'prekeys':
        this.#run(() => this.#learn(connection, frame));
        break;
      case 'envelope':
        this.#arrive(connection, frame);
        break;
      case 'ack':
        this.#acknowledge(connection, frame.upTo);
        break;
      case 'reset':
        this.#run(() => this.#restart(connection, frame));
        break;
      default:
        assertNever(frame);
    }
  }

  // ————— agreeing where the streams stand —————

  /** Another device than last time has nothing of what was sealed for that one. */
  async #meet(connection: Connection, peer: VerifiedDevice): Promise<void> {
    const { state, fresh } = this.#options.cipher.meet(this.#state.cipher, peer);
    if (fresh && this.#state.outgoing.lastSeq > 0) await this.#beginNewStream(state);
    else this.#become({ ...this.#state, cipher: state });
    this.#hello(connection);
    await this.#offer(connection);
  }

  async #offer(connection: Connection): Promise<void> {
    const { state, prekeys } = this.#options.cipher.offer(this.#state.cipher);
    if (state !== this.#state.cipher) await this.#adopt({ ...this.#state, cipher: state });
    connection.link.send({ type: 'prekeys', ...prekeys });
  }

  /** Not saved by itself: if it is lost, the next link brings others. */
  #learn(connection: Connection, prekeys: FrameOf<'prekeys'>): void {
    if (this.#connection !== connection) return;
    const learnt = this.#options.cipher.learn(this.#state.cipher, prekeys);
    if (!learnt.ok) {
      this.#options.events.broken();
      return;
    }
    this.#become({ ...this.#state, cipher: learnt.value });
    connection.equipped = true;
    this.#planFlush();
  }

  #hello(connection: Connection): void {
    const { outgoing, incoming } = this.#state;
    connection.told = incoming?.stream ?? NO_STREAM;
    connection.link.send({ type: 'hello', stream: outgoing.stream, yours: connection.told, receivedUpTo: incoming?.receivedUpTo ?? 0 });
  }

  async #greeted(connection: Connection, hello: FrameOf<'hello'>): Promise<void> {
    if (!this.#state.incoming || !equalBytes(this.#state.incoming.stream, hello.stream)) {
      await this.#adopt({ ...this.#state, incoming: { stream: hello.stream, receivedUpTo: 0 } });
      connection.deaf = false;
    }
    const known = equalBytes(hello.yours, this.#state.outgoing.stream) ? hello.receivedUpTo : 0;
    if (known > this.#state.outgoing.lastSeq) {
      if (connection.agreed) {
        this.#options.events.broken();
        return;
      }
      // They have more than we ever sent: we were set back to an older state. Its keys have been used, and are not used again (D5).
      await this.#beginNewStream(this.#options.cipher.restart(this.#state.cipher));
      this.#hello(connection);
    } else if (known < (await this.#acknowledgedBefore())) {
      // What they had acknowledged is lost on their side, so the stream cannot be gone on with (D5).
      await this.#beginNewStream();
      this.#hello(connection);
    } else if (!equalBytes(connection.told, hello.stream)) this.#hello(connection);
    connection.agreed = true;
    this.#acknowledge(connection, Math.min(known, this.#state.outgoing.lastSeq));
    this.#planFlush();
  }

  /** The last number of our stream that the peer has ever acknowledged: what is no longer in the outbox. */
  async #acknowledgedBefore(): Promise<number> {
    const [first] = await this.#options.store.outbox(this.#options.contact, 0, 1);
    return first?.sealed ? first.sealed.seq - 1 : this.#state.outgoing.lastSeq;
  }

  /** All that is not acknowledged, in a stream of its own, sealed anew when it leaves. `cipher`: the state to seal it with. */
  async #beginNewStream(cipher = this.#state.cipher): Promise<void> {
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
    const state: PeerState = { ...this.#state, outgoing: { stream: randomBytes(STREAM_ID_BYTES), lastSeq: 0 }, cipher };
    await store.commit([store.putPeer(state), store.dropEnvelopes(contact), ...unsealed.map((entry) => store.putSealed(entry))]);
    this.#become(state);
  }

  /** They cannot open what we sealed: all they do not have is sealed again, in another session (D9). */
  async #restart(connection: Connection, reset: FrameOf<'reset'>): Promise<void> {
    const { lastSeq, stream } = this.#state.outgoing;
    if (this.#connection !== connection || !equalBytes(reset.stream, stream)) return;
    if (reset.receivedUpTo > lastSeq) {
      this.#options.events.broken();
      return;
    }
    connection.equipped = false;
    connection.acknowledged = Math.max(connection.acknowledged, reset.receivedUpTo);
    await this.#removeDelivered(connection);
    await this.#beginNewStream(this.#options.cipher.restart(this.#state.cipher));
    connection.inFlight.length = 0;
    connection.window = FIRST_IN_FLIGHT;
    connection.acknowledged = 0;
    connection.cursor = 0;
    connection.idle = false;
    this.#hello(connection);
  }

  // ————— sending —————

  #planFlush(): void {
    if (this.#flushPlanned || !isReady(this.#connection) || this.#options.held()) return;
    this.#flushPlanned = true;
    this.#run(async () => {
      this.#flushPlanned = false;
      await this.#sendOutbox();
    });
  }

  async #sendAtOnce(entries: readonly NewOutboxEntry[], writes: readonly Write[]): Promise<boolean> {
    const connection = this.#connection;
    if (!isReady(connection) || !connection.idle || this.#options.held() || !hasRoom(connection)) return false;
    const { store } = this.#options;
    const positioned = entries.map((entry) => ({ ...entry, position: store.nextPosition(), sealed: undefined }));
    const sealed = await this.#sealEntries(positioned, (fresh) => [...writes, ...fresh.map((entry) => store.putSealed(entry))]);
    if (!sealed) return false;
    this.#setPending(true);
    if (this.#connection === connection) this.#sendEntries(connection, sealed);
    return true;
  }

  async #sendOutbox(): Promise<void> {
    const { store, contact } = this.#options;
    for (
      let connection = this.#connection;
      isReady(connection) && !this.#options.held() && hasRoom(connection);
      connection = this.#connection
    ) {
      const page = await store.outbox(contact, connection.cursor, Math.min(BATCH, connection.window - connection.inFlight.length));
      if (page.length === 0) {
        connection.idle = true;
        break;
      }
      const entries = await this.#sealEntries(page, (fresh) => [store.putEnvelopes(fresh)]);
      if (this.#connection !== connection) return;
      if (!entries) {
        this.#options.events.broken();
        return;
      }
      this.#sendEntries(connection, entries);
    }
  }

  /** Seals what is not sealed yet and saves that, as `save` says, before any of it may leave. Undefined when their prekeys serve no session. */
  async #sealEntries(
    page: readonly OutboxEntry[],
    save: (fresh: readonly SealedEntry[]) => readonly Write[],
  ): Promise<readonly SealedEntry[] | undefined> {
    const { contact, cipher, store, router } = this.#options;
    let state = this.#state;
    const superseded: Bytes[] = [];
    const fresh: SealedEntry[] = [];
    const entries: SealedEntry[] = [];
    for (const entry of page) {
      if (isSealed(entry)) {
        entries.push(entry);
        continue;
      }
      const step = cipher.seal(state.cipher, entry.content);
      if (!step.ok) return undefined;
      const seq = state.outgoing.lastSeq + 1;
      superseded.push(state.cipher);
      state = { ...state, cipher: step.value.state, outgoing: { ...state.outgoing, lastSeq: seq } };
      const sealed = { ...entry, sealed: { seq, envelope: step.value.envelope } };
      fresh.push(sealed);
      entries.push(sealed);
    }
    if (fresh.length > 0) {
      await store.commit([...save(fresh), store.putPeer(state), ...router.sent(contact, fresh)]);
      this.#state = state;
      wipe(...superseded);
    }
    return entries;
  }

  #sendEntries(connection: Connection, entries: readonly SealedEntry[]): void {
    for (const entry of entries) {
      connection.inFlight.push(entry);
      const { seq, envelope } = entry.sealed;
      if (seq > connection.acknowledged) connection.link.send({ type: 'envelope', seq, sealed: envelope });
      connection.cursor = entry.position;
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
    const { contact, store, router } = this.#options;
    connection.removalPlanned = false;
    const delivered = connection.inFlight.filter((entry) => isAcknowledged(entry, connection.acknowledged));
    const last = delivered.at(-1);
    if (!last) return;
    const state: PeerState = { ...this.#state, cipher: this.#confirmed(last) };
    const news = state.cipher === this.#state.cipher ? [] : [store.putPeer(state)];
    await store.commit([store.dequeue(delivered), ...news, ...router.delivered(contact, delivered)]);
    this.#become(state);
    connection.inFlight.splice(0, delivered.length);
    connection.window = Math.min(MAX_IN_FLIGHT, connection.window * 2);
    if (connection.inFlight.length === 0) await this.#checkPending();
    this.#planFlush();
  }

  /** They have opened this one, and with it what every envelope of a new session or chain has to carry. */
  #confirmed({ sealed }: OutboxEntry): Bytes {
    const { cipher } = this.#state;
    return sealed ? this.#options.cipher.confirm(cipher, sealed.envelope) : cipher;
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

  #arrive(connection: Connection, envelope: FrameOf<'envelope'>): void {
    const { arrived } = connection;
    arrived.push(envelope);
    if (arrived.length === 1) this.#run(() => this.#takeArrived(connection, arrived));
  }

  /** All that has arrived while the step before was being saved is saved in one step, and acknowledged with one number. */
  async #takeArrived(connection: Connection, batch: FrameOf<'envelope'>[]): Promise<void> {
    const { events } = this.#options;
    const arrived = batch.splice(0, batch.length);
    if (this.#connection !== connection || connection.deaf) return;
    let state = this.#state;
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
    await this.#saveReceived(state, contents);
    wipe(...superseded);
    connection.link.send({ type: 'ack', upTo: state.incoming?.receivedUpTo ?? 0 });
    if (connection.deaf) await this.#askAgain(connection);
  }

  async #saveReceived(state: PeerState, contents: readonly Content[]): Promise<void> {
    const { store, router, contact } = this.#options;
    if (state === this.#state) return;
    await store.commit([store.putPeer(state), ...(await router.received(contact, contents))]);
    this.#state = state;
  }

  #open(
    state: PeerState,
    seq: number,
    sealed: Bytes,
  ): 'gap' | 'not-opened' | { readonly state: PeerState; readonly content: Content | undefined } {
    const { incoming } = state;
    if (!incoming || seq > incoming.receivedUpTo + 1) return 'gap';
    if (seq <= incoming.receivedUpTo) return { state, content: undefined };
    const opened = this.#options.cipher.open(state.cipher, sealed);
    if (!opened.ok) return 'not-opened';
    return {
      state: { ...state, cipher: opened.value.state, incoming: { ...incoming, receivedUpTo: seq } },
      content: this.#read(opened.value.content),
    };
  }

  #read(encoded: Bytes): Content | undefined {
    const decoded = decode(contentCodec, encoded);
    if (decoded.ok && this.#options.router.knows(decoded.value.type)) return decoded.value;
    this.#options.events.unreadable();
    return undefined;
  }

  /** Asks for what does not open to be sealed in another session, which they start from the prekeys that follow (D9). */
  async #askAgain(connection: Connection): Promise<void> {
    const { incoming } = this.#state;
    connection.resets++;
    if (!incoming || connection.resets > MAX_RESETS) {
      this.#options.events.broken();
      return;
    }
    connection.link.send({ type: 'reset', ...incoming });
    await this.#offer(connection);
  }

  // ————— the state —————

  async #adopt(state: PeerState): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.putPeer(state)]);
    this.#become(state);
  }

  /** The state before is gone for good, and its secrets with it. */
  #become(state: PeerState): void {
    const { cipher } = this.#state;
    this.#state = state;
    if (state.cipher !== cipher) wipe(cipher);
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

function isSealed(entry: OutboxEntry): entry is SealedEntry {
  return entry.sealed !== undefined;
}

function isAcknowledged(entry: OutboxEntry, upTo: number): boolean {
  return entry.sealed !== undefined && entry.sealed.seq <= upTo;
}

function isReady(connection: Connection | undefined): connection is Connection {
  return connection !== undefined && connection.agreed && connection.equipped;
}

function hasRoom({ inFlight, window, link }: Connection): boolean {
  return inFlight.length < window && link.waiting < MAX_WAITING_BYTES;
}

function beginning({ contact, cipher }: DeliveryOptions): PeerState {
  return { contact, outgoing: { stream: randomBytes(STREAM_ID_BYTES), lastSeq: 0 }, incoming: undefined, cipher: cipher.start() };
}

/** What goes into the outbox for a content. */
export function outboxContent(content: Content): Bytes {
  return encode(contentCodec, content);
}
