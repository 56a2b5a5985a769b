/**
 * Links over WebRTC, made by simple-peer; nothing else imports it. One link is one RTCPeerConnection with two data channels:
 * one for frames, which simple-peer keeps, and one for bulk beside it.
 *
 * A link is described once: one offer, one answer, and candidates until it opens. Everything after that is ignored,
 * because a browser may take a second description with another certificate on a live connection, and what the two ends
 * authenticated would no longer be what carries their words.
 */
import SimplePeer from 'simple-peer';
import { assert } from '../lib/assert.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { MAX_FRAME_BYTES } from '../protocol/frame.ts';
import type { IceCandidate } from '../protocol/signal.ts';
import type { BulkEnd, Link, LinkClosure, LinkEvents, LinkMaker, LinkOptions, LinkSignal } from '../session/ports.ts';
import { BulkChannel } from './bulk-channel.ts';
import { CertificateStock } from './certificate-stock.ts';
import { isRelayed } from './link-stats.ts';
import { CLOSE_FLUSH_MS, CONNECT_TIMEOUT_MS, LOW_WATER_BYTES } from './link-limits.ts';
import { onPageHide } from './page-hide.ts';
import { remoteFingerprint } from './remote-certificate.ts';
import { isUsableCandidate, readDescription } from './sdp.ts';

/** Candidates found within a moment travel in one signal: the signaling server counts signals. */
const CANDIDATE_BATCH_MS = 10;
/** What one signal may carry (protocol/signal.ts). */
const CANDIDATES_PER_SIGNAL = 16;
/** Host, reflexive and relay candidates over two protocols on a machine with many interfaces; more is a flood. */
const MAX_REMOTE_CANDIDATES = 64;
/** What the other side may send before we know its certificate. */
const MAX_EARLY_BYTES = 4 * MAX_FRAME_BYTES;

/** Both ends agree on the channel beforehand: one opened in-band by the other side could take its place. */
const CHANNEL: RTCDataChannelInit = { negotiated: true, id: 0, ordered: true };

export interface WebRtc {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly RTCSessionDescription: typeof RTCSessionDescription;
  readonly RTCIceCandidate: typeof RTCIceCandidate;
}

export interface LinkMakerOptions {
  readonly clock: Clock;
  /** Looked up anew for every link, because it can be switched off; undefined where there is none. Default: the browser's own. */
  readonly webRtc?: () => WebRtc | undefined;
  /** Calls back when the person leaves the page; returns its undo. Default: the page's `pagehide`. */
  readonly onLeave?: (listener: () => void) => () => void;
}

export function createLinkMaker({ clock, webRtc = browserWebRtc, onLeave = onPageHide }: LinkMakerOptions): LinkMaker {
  const certificates = new CertificateStock(clock);
  const atStart = webRtc();
  if (atStart) certificates.fill(atStart.RTCPeerConnection);
  return { make: (options) => new PeerLink({ clock, certificates, webRtc: webRtc(), onLeave, ...options }) };
}

function browserWebRtc(): WebRtc | undefined {
  // What the types promise need not be there: people and administrators switch WebRTC off.
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = globalThis as Partial<typeof globalThis>;
  if (!RTCPeerConnection || !RTCSessionDescription || !RTCIceCandidate) return undefined;
  return { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate };
}

interface PeerLinkOptions extends LinkOptions {
  readonly onLeave: (listener: () => void) => () => void;
  readonly clock: Clock;
  readonly certificates: CertificateStock;
  readonly webRtc: WebRtc | undefined;
}

/** What simple-peer keeps to itself. */
interface Connection {
  readonly peer: SimplePeer.Instance;
  readonly pc: RTCPeerConnection;
  readonly channel: RTCDataChannel;
}

type Phase = 'connecting' | 'open' | 'closing' | 'closed';

class PeerLink implements Link {
  readonly #clock: Clock;
  readonly #role: LinkOptions['role'];
  readonly #events: LinkEvents;
  readonly #connection: Connection | undefined;
  readonly bulk: BulkEnd;
  readonly #cancelTimeout: () => void;
  readonly #stopWatchingPage: () => void;
  readonly #knownCandidates = new Set<string>();
  #phase: Phase = 'connecting';
  /** The one description that counts has come. */
  #described = false;
  /** Of the certificate the description promises. */
  #promised: Bytes | undefined;
  #candidates: IceCandidate[] = [];
  #cancelBatch: (() => void) | undefined;
  #cancelFlush: () => void = () => undefined;
  /** Arrived before `opened` was told. */
  #early: Bytes[] = [];
  #earlyBytes = 0;

  constructor(options: PeerLinkOptions) {
    this.#clock = options.clock;
    this.#role = options.role;
    this.#events = options.events;
    this.#cancelTimeout = this.#clock.after(CONNECT_TIMEOUT_MS, () => this.#end({ reason: 'timeout' }));
    this.#stopWatchingPage = options.onLeave(() => this.#end({ reason: 'closed' }));
    this.#connection = connect(options);
    this.bulk = this.#connection ? this.#openBulk(this.#connection.pc) : NO_BULK;
    if (this.#connection) this.#listen(this.#connection);
    else queueMicrotask(() => this.#end({ reason: 'unsupported' }));
  }

  get waiting(): number {
    return this.#phase === 'open' || this.#phase === 'closing' ? (this.#connection?.channel.bufferedAmount ?? 0) : 0;
  }

  signal(signal: LinkSignal): void {
    if (this.#phase !== 'connecting' || !this.#connection) return;
    if (signal.type === 'candidates') this.#addCandidates(signal.candidates, this.#connection);
    else this.#describe(signal, this.#connection);
  }

  send(frame: Uint8Array): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    assert(this.#phase === 'open', 'nothing is sent before the link is open');
    assert(frame.length <= MAX_FRAME_BYTES, 'a frame fits the link');
    try {
      this.#connection?.peer.send(frame);
    } catch (reason) {
      // The channel closed a moment ago, or its buffer is full although we were asked to wait: a frame would be lost.
      this.#end({ reason: 'error', detail: `send: ${describeError(reason)}` });
    }
  }

  async relayed(): Promise<boolean | undefined> {
    if (this.#phase !== 'open' || !this.#connection) return undefined;
    try {
      return isRelayed(await this.#connection.pc.getStats());
    } catch {
      // Closed while it was being asked.
      return undefined;
    }
  }

  close(): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closing';
    // Closing the channel sends what is waiting first (W3C WebRTC §6.2.4); the channel's end then ends the link.
    if (wasOpen) this.#connection?.channel.close();
    const flush = wasOpen ? CLOSE_FLUSH_MS : 0;
    this.#cancelFlush = this.#clock.after(flush, () => this.#end({ reason: 'closed' }));
  }

  #listen({ peer, pc, channel }: Connection): void {
    peer.on('signal', (data) => this.#tell(data));
    peer.on('connect', () => void this.#open({ peer, pc, channel }));
    peer.on('data', (data: unknown) => this.#receive(data));
    peer.on('error', (error) => this.#end(closureOf(error, this.#phase)));
    peer.on('close', () => this.#end({ reason: 'closed' }));
    channel.bufferedAmountLowThreshold = LOW_WATER_BYTES;
    channel.addEventListener('bufferedamountlow', () => {
      if (this.#phase === 'open') this.#events.drained();
    });
    // Neither can come of the descriptions we accept; if it does, something got around them.
    pc.addEventListener('datachannel', () => this.#end({ reason: 'error', detail: 'uninvited channel' }));
    pc.addEventListener('track', ({ track }) => {
      track.stop();
      this.#end({ reason: 'error', detail: 'uninvited media' });
    });
  }

  #openBulk(pc: RTCPeerConnection): BulkEnd {
    return new BulkChannel(pc, {
      isOpen: () => this.#isOpen(),
      received: (message) => {
        if (this.#phase === 'open') this.#events.bulk(message);
        // Nobody who keeps the rules has anything to send on it before both ends are open.
        else if (this.#phase === 'connecting') this.#end({ reason: 'error', detail: 'bulk before the link was open' });
      },
      drained: () => {
        if (this.#phase === 'open') this.#events.bulkDrained();
      },
      failed: (detail) => this.#end({ reason: 'error', detail }),
      closed: () => this.#end({ reason: 'closed' }),
    });
  }

  // ————— describing each other —————

  #describe({ type, sdp }: Extract<LinkSignal, { sdp: string }>, { peer }: Connection): void {
    if (this.#described || type !== (this.#role === 'offerer' ? 'answer' : 'offer')) return;
    this.#described = true;
    const description = readDescription(sdp);
    if (!description.ok) {
      this.#end({ reason: 'error', detail: `unacceptable ${type}: ${description.failure.kind}` });
      return;
    }
    this.#promised = description.value.fingerprint;
    peer.signal({ type, sdp });
  }

  #addCandidates(candidates: readonly IceCandidate[], { peer }: Connection): void {
    for (const candidate of candidates) {
      const known = this.#knownCandidates;
      if (!isUsableCandidate(candidate) || known.has(candidate.candidate) || known.size >= MAX_REMOTE_CANDIDATES) continue;
      known.add(candidate.candidate);
      // By the only line there is, not by its name, which the browser could disagree about.
      const init = { candidate: candidate.candidate, sdpMLineIndex: 0 };
      peer.signal({ type: 'candidate', candidate: init as RTCIceCandidate });
    }
  }

  #tell(data: SimplePeer.SignalData): void {
    if (this.#phase !== 'connecting' && this.#phase !== 'open') return;
    if ((data.type === 'offer' || data.type === 'answer') && data.sdp !== undefined) {
      this.#events.signal({ type: data.type, sdp: data.sdp });
    } else if (data.type === 'candidate') {
      this.#collect(data.candidate);
    }
  }

  #collect({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    // An empty one marks the end, which nobody waits for.
    if (candidate === '') return;
    this.#candidates.push({ candidate, mid: sdpMid ?? '', line: sdpMLineIndex ?? 0 });
    this.#cancelBatch ??= this.#clock.after(CANDIDATE_BATCH_MS, () => this.#tellCandidates());
  }

  #tellCandidates(): void {
    this.#cancelBatch = undefined;
    while (this.#candidates.length > 0) {
      this.#events.signal({ type: 'candidates', candidates: this.#candidates.splice(0, CANDIDATES_PER_SIGNAL) });
    }
  }

  // ————— open —————

  async #open({ pc, channel }: Connection): Promise<void> {
    const dtls = pc.sctp?.transport;
    dtls?.addEventListener('statechange', () => {
      if (dtls.state !== 'connected') this.#end({ reason: 'failed' });
    });
    const local = readDescription(pc.localDescription?.sdp ?? '');
    const remote = (await remoteFingerprint(dtls)) ?? this.#promised;
    if (this.#phase !== 'connecting') return;
    if (!local.ok || !remote || !this.#promised || !equalBytes(remote, this.#promised)) {
      this.#end({ reason: 'error', detail: 'certificates do not match their descriptions' });
      return;
    }
    if (channel.readyState !== 'open') {
      this.#end({ reason: 'closed' });
      return;
    }
    this.#phase = 'open';
    this.#cancelTimeout();
    this.#events.opened({ local: local.value.fingerprint, remote });
    this.#deliverEarly();
  }

  #receive(data: unknown): void {
    if (!(data instanceof Uint8Array) || data.length > MAX_FRAME_BYTES) {
      this.#end({ reason: 'error', detail: 'not a frame' });
      return;
    }
    // simple-peer hands out a Buffer over the channel's own ArrayBuffer.
    const frame = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    if (this.#phase === 'open' && this.#early.length === 0) this.#events.received(frame);
    else if (this.#phase === 'connecting' || this.#phase === 'open') this.#keepEarly(frame);
  }

  #keepEarly(frame: Bytes): void {
    this.#early.push(frame);
    this.#earlyBytes += frame.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#end({ reason: 'error', detail: 'too much before the link was open' });
  }

  #deliverEarly(): void {
    for (let frame = this.#early.shift(); frame && this.#isOpen(); frame = this.#early.shift()) this.#events.received(frame);
    this.#earlyBytes = 0;
  }

  /** Asked anew after each listener's turn: it may have closed the link. */
  #isOpen(): boolean {
    return this.#phase === 'open';
  }

  #end(closure: LinkClosure): void {
    if (this.#phase === 'closed') return;
    // What fails while we are saying goodbye is the goodbye's end.
    const told: LinkClosure = this.#phase === 'closing' ? { reason: 'closed' } : closure;
    this.#phase = 'closed';
    this.#cancelTimeout();
    this.#cancelBatch?.();
    this.#cancelFlush();
    this.#stopWatchingPage();
    this.#early = [];
    this.#connection?.peer.destroy();
    this.#events.closed(told);
  }
}

const NO_BULK: BulkEnd = { room: 0, waiting: 0, send: () => undefined };

/** Undefined when there is no WebRTC, or the browser refuses to make a connection. */
function connect({ role, iceServers, certificates, webRtc }: PeerLinkOptions): Connection | undefined {
  if (!webRtc) return undefined;
  const certificate = certificates.take(webRtc.RTCPeerConnection);
  const made: { pc?: RTCPeerConnection; channel?: RTCDataChannel } = {};
  const peer = new SimplePeer({
    initiator: role === 'offerer',
    trickle: true,
    objectMode: true,
    channelName: 'parley',
    channelConfig: CHANNEL,
    config: {
      iceServers: iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
      ...(certificate ? { certificates: [certificate] } : {}),
    },
    wrtc: { ...webRtc, RTCPeerConnection: recording(webRtc.RTCPeerConnection, made) },
  });
  if (made.pc && made.channel) return { peer, pc: made.pc, channel: made.channel };
  // The constructor threw; simple-peer tells the reason as an event, and somebody has to listen to it.
  peer.on('error', () => undefined);
  return undefined;
}

/** The same constructor, keeping what it made: simple-peer does not show the connection and the channel it works with. */
function recording(
  RealConnection: typeof RTCPeerConnection,
  made: { pc?: RTCPeerConnection; channel?: RTCDataChannel },
): typeof RTCPeerConnection {
  return class extends RealConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.pc = this;
    }

    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      made.channel = super.createDataChannel(label, options);
      return made.channel;
    }
  };
}

const UNREACHABLE = ['ERR_ICE_CONNECTION_FAILURE', 'ERR_CONNECTION_FAILURE', 'ERR_ICE_CONNECTION_CLOSED'];

function closureOf(error: Error, phase: Phase): LinkClosure {
  const code = 'code' in error ? String(error.code) : error.name;
  if (UNREACHABLE.includes(code)) return { reason: 'failed' };
  // A connection closed at the other end reaches the channel as an error.
  if (code === 'ERR_DATA_CHANNEL' && phase === 'open') return { reason: 'closed' };
  return { reason: 'error', detail: `${code}: ${error.message}` };
}

function describeError(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
