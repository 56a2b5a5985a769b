/**
 * Media links: one RTCPeerConnection that carries voice, camera, screen and the sound of the screen between two people in a call,
 * each on a line of its own that is there from the start. What is sent on a line changes without a new description.
 *
 * Both sides may offer (perfect negotiation, W3C WebRTC 1.0 §10.7). Two first offers that cross are made good by the polite side
 * with a new connection: lines it has offered already could not become those of the other's offer. The certificate that the first
 * description names stays the only one, whatever is described later.
 */
import {
  asTrack,
  type LinkSample,
  type MediaLink,
  type MediaLinkEvents,
  type MediaLinkMaker,
  type MediaLinkOptions,
  type MediaLinkState,
  type SendLimit,
  type Slot,
  type Track,
} from '../calls/ports.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Serial } from '../lib/serial.ts';
import type { IceCandidate } from '../protocol/signal.ts';
import type { LinkSignal } from '../session/ports.ts';
import { passMistakesOn } from './browser-refusal.ts';
import { codecsFor } from './media-codecs.ts';
import { sampleOf } from './media-sample.ts';
import { onPageHide } from './page-hide.ts';
import { remoteFingerprint } from './remote-certificate.ts';
import { isUsableCandidate, readMediaDescription, wishingForVoice } from './sdp.ts';
import { SlotSender } from './slot-sender.ts';

/** The order of the lines (PROTOCOL.md V7). */
const SLOTS: readonly Slot[] = ['microphone', 'camera', 'screen', 'screen-sound'];
/** Candidates found within a moment travel in one word. */
const CANDIDATE_BATCH_MS = 10;
/** What one word may carry (protocol/signal.ts). */
const CANDIDATES_PER_SIGNAL = 16;
/** For each description; more is a flood. */
const MAX_REMOTE_CANDIDATES = 64;
/** Signals that wait for the browser; whoever sends more at once is not talking to us but filling our memory. */
const MAX_WAITING_SIGNALS = 64;
/** A loudness older than this is of somebody who has stopped sending. */
const HEARD_MS = 400;

/** What a browser has of WebRTC that media links use. */
export interface MediaRtc {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly RTCRtpReceiver: Pick<typeof RTCRtpReceiver, 'getCapabilities'>;
}

export interface MediaLinkMakerOptions {
  readonly clock: Clock;
  /** Looked up anew for every link; undefined where there is none. Default: the browser's own. */
  readonly webRtc?: () => MediaRtc | undefined;
  /** Calls back when the person leaves the page; returns its undo. Default: the page's `pagehide`. */
  readonly onLeave?: (listener: () => void) => () => void;
}

export function createMediaLinkMaker({ clock, webRtc = browserMedia, onLeave = onPageHide }: MediaLinkMakerOptions): MediaLinkMaker {
  return {
    get isSupported() {
      return webRtc() !== undefined;
    },
    make: (options) => new WebRtcMediaLink({ clock, webRtc: webRtc(), onLeave, ...options }),
  };
}

function browserMedia(): MediaRtc | undefined {
  const { RTCPeerConnection, RTCRtpReceiver } = globalThis as Partial<typeof globalThis>;
  return RTCPeerConnection && RTCRtpReceiver && { RTCPeerConnection, RTCRtpReceiver };
}

interface Options extends MediaLinkOptions {
  readonly clock: Clock;
  readonly webRtc: MediaRtc | undefined;
  readonly onLeave: (listener: () => void) => () => void;
}

class WebRtcMediaLink implements MediaLink {
  readonly #options: Options;
  readonly #events: MediaLinkEvents;
  readonly #senders = new Map<Slot, SlotSender>(SLOTS.map((slot) => [slot, new SlotSender(slot)]));
  readonly #stopWatchingPage: () => void;
  /** What is described, here and there, one after another. */
  readonly #serial = new Serial();
  #waitingSignals = 0;
  #pc: RTCPeerConnection | undefined;
  #state: MediaLinkState = 'connecting';
  /** Of their certificate, as their first description names it. */
  #promised: Bytes | undefined;
  /** The lines are made, by my offer or by theirs. */
  #voice: RTCRtpReceiver | undefined;
  #areTracksTold = false;
  #isProven = false;
  /** Found, and not told yet. */
  #candidates: IceCandidate[] = [];
  #cancelBatch: (() => void) | undefined;
  readonly #known = new Set<string>();
  /** Theirs, come before their description. */
  #early: IceCandidate[] = [];

  constructor(options: Options) {
    this.#options = options;
    this.#events = options.events;
    this.#stopWatchingPage = options.onLeave(() => this.close());
    for (const [slot, track] of options.tracks) this.send(slot, track);
    this.#pc = this.#connect();
    if (!this.#pc) queueMicrotask(() => this.#end());
    else if (options.offers) this.#do(() => this.#offer());
  }

  // ————— what is asked of it —————

  signal(signal: LinkSignal): void {
    if (this.#state === 'closed' || this.#waitingSignals >= MAX_WAITING_SIGNALS) return;
    this.#waitingSignals++;
    this.#do(async () => {
      this.#waitingSignals--;
      if (signal.type === 'candidates') for (const candidate of signal.candidates) await this.#addCandidate(candidate);
      else await this.#describe(signal);
    });
  }

  send(slot: Slot, track: Track | undefined): void {
    this.#senders.get(slot)?.send(track);
  }

  limit(slot: 'camera' | 'screen', limit: SendLimit): void {
    this.#senders.get(slot)?.limit(limit);
  }

  limitVoice(bitrate: number): void {
    this.#senders.get('microphone')?.limit({ bitrate });
  }

  restart(): void {
    this.#do(async () => {
      const pc = this.#pc;
      if (pc?.signalingState === 'have-local-offer') {
        // It has not been answered, so it may never have come. Another one would make an answer that is on its way worthless.
        this.#tellDescription(pc);
        return;
      }
      pc?.restartIce();
      await this.#offer();
    });
  }

  level(): number {
    const [source] = this.#voice?.getSynchronizationSources() ?? [];
    if (source?.audioLevel === undefined) return 0;
    const age = performance.timeOrigin + performance.now() - source.timestamp;
    return age < HEARD_MS ? source.audioLevel : 0;
  }

  async measure(): Promise<LinkSample | undefined> {
    const pc = this.#pc;
    if (!pc || this.#state === 'closed') return undefined;
    try {
      return sampleOf(await pc.getStats(), performance.now());
    } catch {
      // Closed while it was being asked.
      return undefined;
    }
  }

  close(): void {
    this.#end();
  }

  // ————— describing each other —————

  async #offer(): Promise<void> {
    const pc = this.#pc;
    if (!pc) return;
    if (pc.getTransceivers().length === 0) {
      for (const slot of SLOTS) pc.addTransceiver(kindOf(slot), { direction: 'sendrecv' });
      this.#takeLines(pc);
    }
    await pc.setLocalDescription();
    this.#tellDescription(pc);
  }

  async #describe({ type, sdp }: Extract<LinkSignal, { sdp: string }>): Promise<void> {
    const description = readMediaDescription(sdp);
    if (!description.ok) return;
    const { fingerprint } = description.value;
    if (this.#promised && !equalBytes(this.#promised, fingerprint)) {
      this.#end();
      return;
    }
    const pc = this.#connectionFor(type);
    if (!pc) return;
    await pc.setRemoteDescription({ type, sdp: wishingForVoice(sdp) });
    this.#promised = fingerprint;
    this.#known.clear();
    for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
    if (type === 'offer') {
      this.#takeLines(pc);
      await pc.setLocalDescription();
      this.#tellDescription(pc);
    }
    for (const sender of this.#senders.values()) sender.described();
    this.#tellTracks(pc);
  }

  /** The connection that takes their description; undefined when it is out of place, or mine counts. */
  #connectionFor(type: 'offer' | 'answer'): RTCPeerConnection | undefined {
    const pc = this.#pc;
    const isMineOut = pc?.signalingState === 'have-local-offer';
    if (type === 'answer') return isMineOut ? pc : undefined;
    if (!isMineOut) return pc;
    if (!this.#options.polite) return undefined;
    // Once the lines are agreed upon, the browser takes my offer back by itself.
    return this.#promised ? pc : this.#beginAnew();
  }

  #beginAnew(): RTCPeerConnection | undefined {
    this.#drop();
    this.#pc = this.#connect();
    if (!this.#pc) this.#end();
    return this.#pc;
  }

  /** Puts what is sent and heard on the lines there are now. */
  #takeLines(pc: RTCPeerConnection): void {
    for (const [index, transceiver] of pc.getTransceivers().entries()) {
      const slot = SLOTS[index];
      if (slot === undefined) continue;
      const { sender, receiver } = transceiver;
      if (transceiver.direction !== 'sendrecv') transceiver.direction = 'sendrecv';
      const known = this.#options.webRtc?.RTCRtpReceiver.getCapabilities(kindOf(slot))?.codecs ?? [];
      preferCodecs(transceiver, codecsFor(slot, known));
      this.#senders.get(slot)?.attach(sender);
      if (slot === 'microphone') this.#voice = receiver;
    }
  }

  #tellDescription({ localDescription }: RTCPeerConnection): void {
    if (this.#state === 'closed' || !localDescription) return;
    const { type, sdp } = localDescription;
    if (type === 'offer' || type === 'answer') this.#events.signal({ type, sdp });
  }

  #tellTracks(pc: RTCPeerConnection): void {
    if (this.#areTracksTold) return;
    this.#areTracksTold = true;
    for (const [index, { receiver }] of pc.getTransceivers().entries()) {
      const slot = SLOTS[index];
      if (slot !== undefined && !this.#isClosed()) this.#events.track(slot, asTrack(receiver.track));
    }
  }

  // ————— candidates —————

  async #addCandidate(candidate: IceCandidate): Promise<void> {
    const pc = this.#pc;
    if (!pc || !isUsableCandidate(candidate) || this.#known.has(candidate.candidate)) return;
    if (this.#known.size >= MAX_REMOTE_CANDIDATES) return;
    if (!pc.remoteDescription) {
      if (this.#early.length < MAX_REMOTE_CANDIDATES) this.#early.push(candidate);
      return;
    }
    this.#known.add(candidate.candidate);
    try {
      // By its line, not by its name: all lines share one transport, that of the first.
      await pc.addIceCandidate({ candidate: candidate.candidate, sdpMLineIndex: 0 });
    } catch {
      // Of an offer that was not taken, or one the browser cannot read: there are others.
    }
  }

  #collect({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    // An empty one marks the end, which nobody waits for.
    if (candidate === '') return;
    this.#candidates.push({ candidate, mid: sdpMid ?? '', line: sdpMLineIndex ?? 0 });
    this.#cancelBatch ??= this.#options.clock.after(CANDIDATE_BATCH_MS, () => this.#tellCandidates());
  }

  #tellCandidates(): void {
    this.#cancelBatch = undefined;
    while (this.#candidates.length > 0) {
      this.#events.signal({ type: 'candidates', candidates: this.#candidates.splice(0, CANDIDATES_PER_SIGNAL) });
    }
  }

  // ————— the connection —————

  #connect(): RTCPeerConnection | undefined {
    const { webRtc, iceServers } = this.#options;
    if (!webRtc) return undefined;
    try {
      const pc = new webRtc.RTCPeerConnection({
        iceServers: iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
        // One transport for all lines, and so one certificate.
        bundlePolicy: 'max-bundle',
      });
      pc.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate && pc === this.#pc) this.#collect(candidate);
      });
      pc.addEventListener('connectionstatechange', () => {
        if (pc === this.#pc) this.#do(() => this.#connectionChanged(pc));
      });
      return pc;
    } catch {
      // Switched off by whoever administers this browser.
      return undefined;
    }
  }

  async #connectionChanged(pc: RTCPeerConnection): Promise<void> {
    const dtls = pc.getSenders()[0]?.transport ?? undefined;
    // It showed another certificate than described, or said good-bye.
    if (dtls?.state === 'failed' || dtls?.state === 'closed') {
      this.#end();
      return;
    }
    if (pc.connectionState === 'connected' && !(await this.#isAsPromised(dtls))) {
      this.#end();
      return;
    }
    this.#tell(stateOf(pc.connectionState));
  }

  /** Whether the certificate is the described one. DTLS has held the two against each other; so do we. */
  async #isAsPromised(dtls: RTCDtlsTransport | undefined): Promise<boolean> {
    if (this.#isProven) return true;
    const shown = await remoteFingerprint(dtls);
    this.#isProven = this.#promised !== undefined && (shown === undefined || equalBytes(shown, this.#promised));
    return this.#isProven;
  }

  #tell(state: MediaLinkState): void {
    if (this.#state === state || this.#isClosed()) return;
    this.#state = state;
    this.#events.changed(state);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** One step after another; what the browser refuses is as good as not having been said. */
  #do(step: () => Promise<void>): void {
    const run = this.#serial.run(async () => {
      if (!this.#isClosed()) await step();
    });
    run.catch(passMistakesOn);
  }

  /** Lets go of the connection there is. */
  #drop(): void {
    this.#cancelBatch?.();
    this.#cancelBatch = undefined;
    this.#candidates = [];
    const pc = this.#pc;
    this.#pc = undefined;
    this.#voice = undefined;
    pc?.close();
  }

  #end(): void {
    if (this.#isClosed()) return;
    this.#stopWatchingPage();
    this.#drop();
    this.#tell('closed');
  }
}

function kindOf(slot: Slot): 'audio' | 'video' {
  return slot === 'camera' || slot === 'screen' ? 'video' : 'audio';
}

function preferCodecs(transceiver: RTCRtpTransceiver, codecs: readonly RTCRtpCodec[]): void {
  if (codecs.length === 0) return;
  try {
    transceiver.setCodecPreferences([...codecs]);
  } catch {
    // An older browser, which would have them all: its own order then.
  }
}

function stateOf(state: RTCPeerConnectionState): MediaLinkState {
  switch (state) {
    case 'new':
    case 'connecting':
      return 'connecting';
    case 'connected':
      return 'connected';
    case 'disconnected':
      return 'interrupted';
    case 'failed':
      return 'failed';
    case 'closed':
      return 'closed';
  }
}
