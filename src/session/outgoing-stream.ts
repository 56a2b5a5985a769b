/**
 * What goes to one peer: from the outbox, sealed and numbered, into flight, until it is acknowledged (PROTOCOL.md D1, D4–D7).
 * Nothing leaves before it is saved as it leaves.
 */
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import { STREAM_ID_BYTES } from '../protocol/frame.ts';
import { BATCH, FIRST_IN_FLIGHT, hasRoom, isReady, type Connection, type DeliveryContext } from './delivery-context.ts';
import type { NewOutboxEntry, OutboxEntry, PeerState, SealedEntry } from './ports.ts';

/** Entries sent and not yet acknowledged: with those of everyday length, a megabyte or two that a silent peer makes us hold. */
const MAX_IN_FLIGHT = 2048;

export class OutgoingStream {
  readonly #context: DeliveryContext;
  #pending = false;
  #flushPlanned = false;

  constructor(context: DeliveryContext) {
    this.#context = context;
  }

  /** True while something waits to be delivered. */
  get pending(): boolean {
    return this.#pending;
  }

  async checkPending(): Promise<void> {
    const { store, peer } = this.#context;
    const waiting = await store.outbox(peer, 0, 1);
    this.#setPending(waiting.length > 0);
  }

  /** A step: stores entries with `writes`; with a link that has nothing else to do they leave at once. */
  async send(entries: readonly NewOutboxEntry[], writes: readonly Write[]): Promise<void> {
    if (await this.#sendAtOnce(entries, writes)) return;
    const { store, connection } = this.#context;
    await store.commit([...writes, ...entries.map((entry) => store.enqueue(entry))]);
    const open = connection();
    if (open) open.idle = false;
    this.#setPending(true);
    this.flush();
  }

  /** Plans a step that sends what may go. */
  flush(): void {
    const { connection, run } = this.#context;
    if (this.#flushPlanned || !isReady(connection())) return;
    this.#flushPlanned = true;
    run(async () => {
      this.#flushPlanned = false;
      await this.#sendOutbox();
    });
  }

  /** They have everything up to this number. */
  acknowledge(connection: Connection, upTo: number): void {
    if (upTo > this.#context.talk.current.outgoing.lastSeq) {
      this.#context.events.broken();
      return;
    }
    connection.acknowledged = Math.max(connection.acknowledged, upTo);
    if (connection.removalPlanned || !connection.inFlight.some((entry) => isAcknowledged(entry, connection.acknowledged))) return;
    connection.removalPlanned = true;
    this.#context.run(() => this.removeDelivered(connection));
  }

  /** A step: what is acknowledged is delivered, and leaves the outbox. */
  async removeDelivered(connection: Connection): Promise<void> {
    const { peer, store, router, talk } = this.#context;
    connection.removalPlanned = false;
    const delivered = connection.inFlight.filter((entry) => isAcknowledged(entry, connection.acknowledged));
    const last = delivered.at(-1);
    if (!last) return;
    const state: PeerState = { ...talk.current, cipher: this.#confirmed(last) };
    const news = state.cipher === talk.current.cipher ? [] : [store.putPeer(state)];
    await store.commit([store.dequeue(delivered), ...news, ...router.delivered(peer, delivered)]);
    talk.become(state);
    connection.inFlight.splice(0, delivered.length);
    connection.window = Math.min(MAX_IN_FLIGHT, connection.window * 2);
    if (connection.inFlight.length === 0) await this.checkPending();
    this.flush();
  }

  /** The last number of our stream that the peer has ever acknowledged: what is no longer in the outbox. */
  async acknowledgedBefore(): Promise<number> {
    const { store, peer, talk } = this.#context;
    const [first] = await store.outbox(peer, 0, 1);
    return first?.sealed ? first.sealed.seq - 1 : talk.current.outgoing.lastSeq;
  }

  /** A step: all that is not acknowledged, in a stream of its own, sealed anew when it leaves. `cipher`: the state to seal it with. */
  async beginAnew(cipher: Bytes): Promise<void> {
    const { store, peer, talk } = this.#context;
    const unsealed: OutboxEntry[] = [];
    for (let after = 0, page = await store.outbox(peer, after, BATCH); page.length > 0; page = await store.outbox(peer, after, BATCH)) {
      unsealed.push(...page.filter(({ sealed }) => sealed).map((entry) => ({ ...entry, sealed: undefined })));
      after = page.at(-1)?.position ?? after;
    }
    const state: PeerState = { ...talk.current, outgoing: { stream: randomBytes(STREAM_ID_BYTES), lastSeq: 0 }, cipher };
    await store.commit([store.putPeer(state), store.dropEnvelopes(peer), ...unsealed.map((entry) => store.putSealed(entry))]);
    talk.become(state);
  }

  /** Nothing of the present stream is on its way any more: this link is served from the beginning. */
  rewind(connection: Connection): void {
    connection.inFlight.length = 0;
    connection.window = FIRST_IN_FLIGHT;
    connection.acknowledged = 0;
    connection.cursor = 0;
    connection.idle = false;
  }

  async #sendAtOnce(entries: readonly NewOutboxEntry[], writes: readonly Write[]): Promise<boolean> {
    const { store, holds, connection: current } = this.#context;
    const connection = current();
    if (!isReady(connection) || !connection.idle || !hasRoom(connection) || entries.some(({ type }) => holds(type))) return false;
    const positioned = entries.map((entry) => ({ ...entry, position: store.nextPosition(), sealed: undefined }));
    const sealed = await this.#seal(positioned, (fresh) => [...writes, ...fresh.map((entry) => store.putSealed(entry))]);
    if (!sealed) return false;
    this.#setPending(true);
    if (current() === connection) this.#sendEntries(connection, sealed);
    return true;
  }

  async #sendOutbox(): Promise<void> {
    const { store, peer, events, connection: current } = this.#context;
    for (let connection = current(); isReady(connection) && hasRoom(connection); connection = current()) {
      const page = await store.outbox(peer, connection.cursor, Math.min(BATCH, connection.window - connection.inFlight.length));
      if (page.length === 0) {
        connection.idle = true;
        break;
      }
      const free = this.#beforeHeld(page);
      if (free.length === 0) break;
      const entries = await this.#seal(free, (fresh) => [store.putEnvelopes(fresh)]);
      if (current() !== connection) return;
      if (!entries) {
        events.broken();
        return;
      }
      this.#sendEntries(connection, entries);
    }
  }

  /** Those before the first that is held: the order is kept. */
  #beforeHeld(page: readonly OutboxEntry[]): readonly OutboxEntry[] {
    const first = page.findIndex(({ type }) => this.#context.holds(type));
    return first < 0 ? page : page.slice(0, first);
  }

  /** Seals what is not sealed yet and saves that, as `save` says, before any of it may leave. Undefined when their prekeys serve no session. */
  async #seal(
    page: readonly OutboxEntry[],
    save: (fresh: readonly SealedEntry[]) => readonly Write[],
  ): Promise<readonly SealedEntry[] | undefined> {
    const { peer, cipher, store, router, talk } = this.#context;
    let state = talk.current;
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
      await store.commit([...save(fresh), store.putPeer(state), ...router.sent(peer, fresh)]);
      talk.become(state);
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
    this.acknowledge(connection, connection.acknowledged);
  }

  /** They have opened this one, and with it what every envelope of a new session or chain has to carry. */
  #confirmed({ sealed }: OutboxEntry): Bytes {
    const { talk, cipher } = this.#context;
    return sealed ? cipher.confirm(talk.current.cipher, sealed.envelope) : talk.current.cipher;
  }

  #setPending(pending: boolean): void {
    if (pending === this.#pending) return;
    this.#pending = pending;
    this.#context.events.pendingChanged(pending);
  }
}

function isSealed(entry: OutboxEntry): entry is SealedEntry {
  return entry.sealed !== undefined;
}

function isAcknowledged(entry: OutboxEntry, upTo: number): boolean {
  return entry.sealed !== undefined && entry.sealed.seq <= upTo;
}
