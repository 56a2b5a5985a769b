/** What the parts of a delivery share: the talk's state, the link in use, and the order of their steps. */
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Content } from '../protocol/content.ts';
import { STREAM_ID_BYTES, type Frame, type FrameOf } from '../protocol/frame.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { OutboxEntry, PeerState, SessionStore } from './ports.ts';
import type { Router, Standing } from './router.ts';

/** Entries read, sealed and saved in one go: one transaction for many when there is a backlog, one for one otherwise. */
export const BATCH = 256;
/**
 * How many may be in flight at first; acknowledgements double it. Until the first of them, every envelope of a new session
 * carries what it was started from, which is several times what people write.
 */
export const FIRST_IN_FLIGHT = 32;
/** Bytes handed to the link and not yet sent; more would only wait there instead of here. */
const MAX_WAITING_BYTES = 1_048_576;
export const NO_STREAM: Bytes = new Uint8Array(STREAM_ID_BYTES);

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
  /** A content they may not send, standing to us as they do (D10). It counts as received and is gone. */
  refused(type: Content['type']): void;
  /** Whether anything waits to be delivered. */
  pendingChanged(pending: boolean): void;
}

export interface DeliveryOptions {
  readonly peer: AccountId;
  readonly standing: () => Standing;
  /** True while contents of this type may not be sent to them: neither does what was stored after them. What they send is received all the same (T4). */
  readonly holds: (type: Content['type']) => boolean;
  readonly store: SessionStore;
  readonly cipher: EnvelopeCipher;
  readonly router: Router;
  readonly events: DeliveryEvents;
}

export interface DeliveryContext extends DeliveryOptions {
  readonly talk: TalkState;
  /** The link in use, as far as delivery is concerned. */
  readonly connection: () => Connection | undefined;
  /** Runs a step after those before it; a step that fails has stalled the talk. */
  readonly run: (step: () => Promise<void> | void) => void;
}

/** One link, and how far it has been served. */
export interface Connection {
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

export function newConnection(link: DeliveryLink): Connection {
  return {
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
}

export function isReady(connection: Connection | undefined): connection is Connection {
  return connection !== undefined && connection.agreed && connection.equipped;
}

export function hasRoom({ inFlight, window, link }: Connection): boolean {
  return inFlight.length < window && link.waiting < MAX_WAITING_BYTES;
}

/** Where the talk with one peer stands, as it is saved. It advances on copies, and a copy is taken over once it is saved. */
export class TalkState {
  readonly #store: SessionStore;
  #current: PeerState;

  /** `saved`: where the store has the talk; undefined begins it. */
  constructor({ peer, store, cipher }: DeliveryOptions, saved: PeerState | undefined) {
    this.#store = store;
    this.#current = saved ?? {
      contact: peer,
      outgoing: { stream: randomBytes(STREAM_ID_BYTES), lastSeq: 0 },
      incoming: undefined,
      cipher: cipher.start(),
    };
  }

  get current(): PeerState {
    return this.#current;
  }

  async save(state: PeerState): Promise<void> {
    await this.#store.commit([this.#store.putPeer(state)]);
    this.become(state);
  }

  /** The state before is gone for good, and its secrets with it. */
  become(state: PeerState): void {
    const { cipher } = this.#current;
    this.#current = state;
    if (state.cipher !== cipher) wipe(cipher);
  }
}
