/** What the session needs from outside: a meeting place, links, a store. */
import type { Bytes } from '../lib/bytes.ts';
import type { Observable } from '../lib/observable.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import type { AccountId, MemberTag, Topic } from '../protocol/ids.ts';
import type { IceCandidate } from '../protocol/signal.ts';
import type { IceServer } from '../protocol/signaling.ts';

// ————— the meeting place —————

export type RendezvousState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'online' }
  /** Not reachable; the next try is at `retryAt` (milliseconds since 1970). */
  | { readonly phase: 'offline'; readonly retryAt: number };

export interface Rendezvous {
  readonly state: Observable<RendezvousState>;
  /** STUN and TURN servers with credentials that are valid now. */
  iceServers(): readonly IceServer[];
  /** Joins a topic and stays on it across reconnections until `leave`. One membership per topic at a time. */
  join(topic: Topic, me: MemberTag, listener: TopicListener, options: { readonly quiet: boolean }): TopicMembership;
  /** Try now rather than at `retryAt`. */
  reconnect(): void;
  close(): void;
}

export interface TopicListener {
  /** The others who are here now, told after joining and at every change; empty while the meeting place is not reachable. */
  peersChanged(peers: ReadonlySet<MemberTag>): void;
  received(body: Bytes, from: MemberTag): void;
}

export interface TopicMembership {
  /** Best effort, at most once: dropped when the meeting place is not reachable. */
  publish(body: Uint8Array): void;
  setQuiet(quiet: boolean): void;
  leave(): void;
}

// ————— links —————

export type LinkSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidates'; readonly candidates: readonly IceCandidate[] };

export type LinkClosure =
  /** `unsupported`: this browser has no WebRTC, or it is switched off. */
  | { readonly reason: 'closed' | 'failed' | 'timeout' | 'unsupported' }
  /** An error the transport tells of, for the log and the doctor. */
  | { readonly reason: 'error'; readonly detail: string };

export interface LinkOptions {
  /** The offerer makes the offer at once; the answerer waits for one. */
  readonly role: 'offerer' | 'answerer';
  readonly iceServers: readonly IceServer[];
  readonly events: LinkEvents;
}

export interface LinkEvents {
  signal(signal: LinkSignal): void;
  /** The data channel is open. Nobody is authenticated yet. Fingerprints: SHA-256 of each side's DTLS certificate (DER), 32 bytes. */
  opened(fingerprints: { readonly local: Bytes; readonly remote: Bytes }): void;
  received(frame: Bytes): void;
  /** Less than the low-water mark is waiting to be sent. */
  drained(): void;
  /** A message on the bulk channel, at most MAX_BULK_BYTES; nothing before `opened`. */
  bulk(message: Bytes): void;
  /** The bulk channel has room again, or for the first time. */
  bulkDrained(): void;
  /** Once, and nothing after it. */
  closed(closure: LinkClosure): void;
}

/** The channel for bulk that every link has beside the one for frames. Messages arrive whole, once, and in no promised order, or the link closes. */
export interface BulkEnd {
  /** How many messages of MAX_BULK_BYTES may be handed over now, so that what goes over the link beside them stays quick. 0 unless the link is open. */
  readonly room: number;
  /** Bytes handed over and not yet sent. */
  readonly waiting: number;
  /** At most MAX_BULK_BYTES; ignored once closed. */
  send(message: Uint8Array): void;
}

/** One connection to one other browser, disposable. Frames arrive whole and in order or the link closes. */
export interface Link {
  /** Signals that arrive after `opened`, twice, or out of place are ignored. */
  signal(signal: LinkSignal): void;
  /** At most MAX_FRAME_BYTES; ignored once closed. */
  send(frame: Uint8Array): void;
  /** Bytes handed over and not yet sent. */
  readonly waiting: number;
  readonly bulk: BulkEnd;
  /** Whether the traffic goes through a TURN relay; undefined until known. */
  relayed(): Promise<boolean | undefined>;
  /** Sends what is waiting if it can within a moment, then closes. */
  close(): void;
}

export interface LinkMaker {
  /** Never throws: what goes wrong is told by `closed`. */
  make(options: LinkOptions): Link;
}

// ————— the store —————

/** Where the talk with one contact stands. Saved in one transaction with what it produced. */
export interface PeerState {
  readonly contact: AccountId;
  /** My stream to them: 8 random bytes, and the number of the last envelope sealed. */
  readonly outgoing: { readonly stream: Bytes; readonly lastSeq: number };
  /** Their stream to me, as far as it is stored here. Undefined until they first said hello. */
  readonly incoming: { readonly stream: Bytes; readonly receivedUpTo: number } | undefined;
  /** The envelope cipher's own state, opaque to the session (see envelope-cipher.ts). */
  readonly cipher: Bytes;
}

export interface OutboxEntry {
  /** Where it stands in the outbox; given by the store, growing. */
  readonly position: number;
  readonly contact: AccountId;
  /** What the room that sent it calls it, given back when it is sent and delivered. */
  readonly reference: string;
  readonly type: Content['type'];
  /** Encoded content. */
  readonly content: Bytes;
  /** Set once it has been sealed: resending sends the same bytes. */
  readonly sealed: { readonly seq: number; readonly envelope: Bytes } | undefined;
}

export type NewOutboxEntry = Omit<OutboxEntry, 'position' | 'sealed'>;

export type SealedEntry = OutboxEntry & { readonly sealed: NonNullable<OutboxEntry['sealed']> };

export interface SessionStore extends Committer {
  peer(contact: AccountId): Promise<PeerState | undefined>;
  putPeer(state: PeerState): Write;
  /** Removes the peer state and everything in the outbox for that contact. */
  deletePeer(contact: AccountId): Write;
  enqueue(entry: NewOutboxEntry): Write;
  /** The position of an entry that is about to be written by `putSealed`; it has to be committed in the same turn. */
  nextPosition(): number;
  /** Writes an entry whole, whether it is in the outbox already or not. */
  putSealed(entry: OutboxEntry): Write;
  /** Keeps what entries that are in the outbox were sealed to: for many at once a fraction of the work of writing them again. */
  putEnvelopes(entries: readonly SealedEntry[]): Write;
  /** Forgets what `putEnvelopes` kept for the contact. */
  dropEnvelopes(contact: AccountId): Write;
  /** Entries for the contact with a position above `after`, in order. */
  outbox(contact: AccountId, after: number, limit: number): Promise<readonly OutboxEntry[]>;
  /** Removes these entries. */
  dequeue(entries: readonly OutboxEntry[]): Write;
  contactsWithOutbox(): Promise<readonly AccountId[]>;
}
