/**
 * As much of an RTCPeerConnection as simple-peer asks for, over a link that is there already: the description is an opaque
 * word, there are no candidates, and the one data channel hands its messages to whoever made it. It goes through the states of
 * a real one in the order of a real one, but only when it is told that both ends are bound.
 */
import type { Bytes } from '../lib/bytes.ts';

type Listener<Happening = unknown> = ((happening: Happening) => void) | null;

export interface VirtualOutlet {
  /** A message for the other end. */
  send(message: Uint8Array): void;
  /** Bytes of such messages that wait here. */
  waiting(): number;
}

interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

class VirtualChannel {
  readonly label: string;
  binaryType = 'arraybuffer';
  /** simple-peer asks by a timer where this is no number. */
  bufferedAmountLowThreshold = 0;
  readyState: 'connecting' | 'open' | 'closed' = 'connecting';
  onopen: Listener = null;
  onmessage: Listener<{ readonly data: Uint8Array }> = null;
  onclose: Listener = null;
  onerror: Listener = null;
  onbufferedamountlow: Listener = null;
  readonly #outlet: VirtualOutlet;

  constructor(label: string, outlet: VirtualOutlet) {
    this.label = label;
    this.#outlet = outlet;
  }

  get bufferedAmount(): number {
    return this.#outlet.waiting();
  }

  /** Throws before it is open, as a real one does: y-webrtc tells everybody everything and relies on that. */
  send(message: Uint8Array): void {
    if (this.readyState !== 'open') throw new Error('The channel is not open.');
    this.#outlet.send(message);
  }

  close(): void {
    this.readyState = 'closed';
  }
}

export class VirtualPeerConnection {
  connectionState: 'new' | 'connected' | 'closed' = 'new';
  iceConnectionState: 'new' | 'connected' | 'closed' = 'new';
  readonly iceGatheringState = 'complete';
  signalingState: 'stable' | 'have-local-offer' | 'have-remote-offer' | 'closed' = 'stable';
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  onconnectionstatechange: Listener = null;
  oniceconnectionstatechange: Listener = null;
  onicegatheringstatechange: Listener = null;
  onsignalingstatechange: Listener = null;
  onicecandidate: Listener = null;
  ondatachannel: Listener = null;
  ontrack: Listener = null;
  readonly #word: string;
  readonly #outlet: VirtualOutlet;
  #channel: VirtualChannel | undefined;

  /** `word`: what its description says. */
  constructor(word: string, outlet: VirtualOutlet) {
    this.#word = word;
    this.#outlet = outlet;
  }

  /** Both ends are described and listen. */
  establish(): void {
    if (this.connectionState !== 'new') return;
    this.connectionState = 'connected';
    this.iceConnectionState = 'connected';
    this.oniceconnectionstatechange?.(undefined);
    this.onconnectionstatechange?.(undefined);
    if (!this.#channel) return;
    this.#channel.readyState = 'open';
    this.#channel.onopen?.(undefined);
  }

  /** A message from the other end. */
  deliver(message: Bytes): void {
    if (this.#channel?.readyState === 'open') this.#channel.onmessage?.({ data: message });
  }

  createDataChannel(label: string): VirtualChannel {
    this.#channel = new VirtualChannel(label, this.#outlet);
    return this.#channel;
  }

  createOffer(): Promise<Description> {
    return Promise.resolve({ type: 'offer', sdp: this.#word });
  }

  createAnswer(): Promise<Description> {
    return Promise.resolve({ type: 'answer', sdp: this.#word });
  }

  setLocalDescription(description: Description): Promise<void> {
    this.localDescription = description;
    this.#turn(description.type === 'offer' ? 'have-local-offer' : 'stable');
    return Promise.resolve();
  }

  setRemoteDescription(description: Description): Promise<void> {
    this.remoteDescription = description;
    this.#turn(description.type === 'offer' ? 'have-remote-offer' : 'stable');
    return Promise.resolve();
  }

  addIceCandidate(): Promise<void> {
    return Promise.resolve();
  }

  /** simple-peer connects when it sees a pair of candidates in use. */
  getStats(): Promise<ReadonlyMap<string, object>> {
    return Promise.resolve(new Map([['pair', { id: 'pair', type: 'candidate-pair', selected: true }]]));
  }

  getSenders(): readonly [] {
    return [];
  }

  close(): void {
    this.connectionState = 'closed';
    this.iceConnectionState = 'closed';
    this.signalingState = 'closed';
    this.#channel?.close();
  }

  #turn(state: 'stable' | 'have-local-offer' | 'have-remote-offer'): void {
    if (this.signalingState === 'closed') return;
    this.signalingState = state;
    this.onsignalingstatechange?.(undefined);
  }
}
