/**
 * A link that is proven before it is used: the handshake first, then sealed frames (PROTOCOL.md H…, F…).
 *
 * Nothing received before the handshake is over is looked at but by the handshake, and any failure closes the link for
 * good: a link is disposable, the session builds another.
 */
import type { VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import { EMPTY, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { decode, encode } from '../protocol/codec.ts';
import { frame as frameCodec, type ByeReason, type Frame } from '../protocol/frame.ts';
import type { IceServer } from '../protocol/signaling.ts';
import { ChannelCipher } from './channel-cipher.ts';
import { advance, startInitiator, startResponder, type HandshakeContext, type HandshakeFailure, type HandshakeState } from './handshake.ts';
import type { BulkEnd, Link, LinkClosure, LinkMaker, LinkSignal } from './ports.ts';

/** Generous for a slow relay and a busy phone; past it the other end is not one of ours (H9). */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export type SecureLinkClosure =
  | LinkClosure
  | { readonly reason: 'handshake-refused'; readonly failure: HandshakeFailure }
  | { readonly reason: 'handshake-timeout' }
  /** A frame that could not be opened or read, or bulk where none may be (X40): somebody on the path, or a broken peer. */
  | { readonly reason: 'bad-frame' }
  /** The other side said why. */
  | { readonly reason: 'bye'; readonly bye: ByeReason };

export interface SecureLinkEvents {
  signal(signal: LinkSignal): void;
  established(peer: VerifiedDevice): void;
  frame(frame: Frame): void;
  drained(): void;
  /** What bulk is for, on links that carry any; on others a bulk message ends the link. */
  readonly bulk?: {
    received(message: Bytes): void;
    drained(): void;
  };
  /** Once, and nothing after it. */
  closed(closure: SecureLinkClosure): void;
}

export interface SecureLinkOptions {
  /** The offerer is the handshake's initiator. */
  readonly role: 'offerer' | 'answerer';
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly iceServers: readonly IceServer[];
  /** Who I am, and whom I will talk to; the link adds the fingerprints. */
  readonly handshake: Omit<HandshakeContext, 'fingerprints'>;
  readonly events: SecureLinkEvents;
}

const NO_BULK: BulkEnd = { room: 0, waiting: 0, send: () => undefined };

type Phase =
  | { readonly name: 'connecting' }
  | { readonly name: 'proving'; readonly state: HandshakeState; readonly stopTimer: () => void }
  | { readonly name: 'open'; readonly cipher: ChannelCipher }
  | { readonly name: 'closed' };

export class SecureLink {
  readonly #options: SecureLinkOptions;
  readonly #link: Link;
  #phase: Phase = { name: 'connecting' };

  constructor(options: SecureLinkOptions) {
    this.#options = options;
    this.#link = options.maker.make({
      role: options.role,
      iceServers: options.iceServers,
      events: {
        signal: (signal) => options.events.signal(signal),
        opened: ({ local, remote }) => this.#prove(local, remote),
        received: (bytes) => this.#received(bytes),
        drained: () => options.events.drained(),
        bulk: (message) => this.#receivedBulk(message),
        bulkDrained: () => {
          if (this.#phase.name === 'open') options.events.bulk?.drained();
        },
        closed: (closure) => this.#closed(closure),
      },
    });
  }

  get phase(): Phase['name'] {
    return this.#phase.name;
  }

  /** Bytes handed over and not yet sent. */
  get waiting(): number {
    return this.#link.waiting;
  }

  signal(signal: LinkSignal): void {
    if (this.#phase.name === 'connecting') this.#link.signal(signal);
  }

  /** Seals and sends a frame; ignored unless the link is open. */
  send(frame: Frame): void {
    if (this.#phase.name === 'open') this.#link.send(this.#phase.cipher.seal(encode(frameCodec, frame), this.#options.clock.now()));
  }

  /** Sealed by itself: it goes as it is, and only once both ends have proven themselves (X40). */
  get bulk(): BulkEnd {
    return this.#phase.name === 'open' ? this.#link.bulk : NO_BULK;
  }

  relayed(): Promise<boolean | undefined> {
    return this.#link.relayed();
  }

  close(bye?: ByeReason): void {
    if (bye) this.send({ type: 'bye', reason: bye });
    this.#finish({ reason: 'closed' });
  }

  #prove(local: Bytes, remote: Bytes): void {
    if (this.#phase.name !== 'connecting') return;
    const initiates = this.#options.role === 'offerer';
    const context: HandshakeContext = {
      ...this.#options.handshake,
      fingerprints: initiates ? { initiator: local, responder: remote } : { initiator: remote, responder: local },
    };
    const stopTimer = this.#options.clock.after(HANDSHAKE_TIMEOUT_MS, () => this.#finish({ reason: 'handshake-timeout' }));
    const { state, send } = initiates ? startInitiator(context) : { state: startResponder(context), send: EMPTY };
    this.#phase = { name: 'proving', state, stopTimer };
    if (send.length > 0) this.#link.send(send);
  }

  #received(bytes: Bytes): void {
    switch (this.#phase.name) {
      case 'proving':
        this.#advance(this.#phase.state, bytes);
        break;
      case 'open':
        this.#open(this.#phase.cipher, bytes);
        break;
      case 'connecting':
      case 'closed':
        break;
      default:
        assertNever(this.#phase);
    }
  }

  #receivedBulk(message: Bytes): void {
    const { bulk } = this.#options.events;
    if (this.#phase.name === 'open' && bulk) bulk.received(message);
    else if (this.#phase.name !== 'closed') this.#finish({ reason: 'bad-frame' });
  }

  #advance(state: HandshakeState, bytes: Bytes): void {
    const step = advance(state, bytes);
    if (!step.ok) {
      this.#finish({ reason: 'handshake-refused', failure: step.failure });
      return;
    }
    const { send, established, consumed } = step.value;
    for (const secret of consumed) secret.wipe();
    if (send) this.#link.send(send);
    if (this.#phase.name !== 'proving') return;
    if (!established) {
      this.#phase = { ...this.#phase, state: step.value.state };
      return;
    }
    this.#phase.stopTimer();
    // Nothing is derived from this link yet; a secret without a use is wiped.
    established.exporter.wipe();
    this.#phase = { name: 'open', cipher: new ChannelCipher(established.keys, this.#options.clock.now()) };
    this.#options.events.established(established.peer);
  }

  #open(cipher: ChannelCipher, bytes: Bytes): void {
    const opened = cipher.open(bytes);
    const decoded = opened.ok ? decode(frameCodec, opened.value) : opened;
    if (!decoded.ok) this.#finish({ reason: 'bad-frame' });
    else if (decoded.value.type === 'bye') this.#finish({ reason: 'bye', bye: decoded.value.reason });
    else this.#options.events.frame(decoded.value);
  }

  #finish(closure: SecureLinkClosure): void {
    this.#link.close();
    this.#closed(closure);
  }

  #closed(closure: SecureLinkClosure): void {
    if (this.#phase.name === 'closed') return;
    if (this.#phase.name === 'proving') this.#phase.stopTimer();
    if (this.#phase.name === 'open') this.#phase.cipher.wipe();
    this.#phase = { name: 'closed' };
    this.#options.events.closed(closure);
  }
}
