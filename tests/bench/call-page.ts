/** What the call benchmark does in its two pages: a call's media link, or the plainest connection there is, timed to the first picture. */
import type { MediaLink } from '../../src/calls/ports.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { browserMediaDevices } from '../../src/platform/media-devices.ts';
import { createSound } from '../../src/platform/sound.ts';
import type { LinkSignal } from '../../src/session/ports.ts';
import { createMediaLinkMaker } from '../../src/transport/media-link.ts';

export type CallKind = 'ours' | 'raw';

export interface CallBench {
  /** Turns microphone and camera on, once. */
  prepare(): Promise<void>;
  /** Waits for the other page to begin. */
  answer(kind: CallKind): void;
  /** Connects with the page that waits; resolves with milliseconds to its first picture on this one. */
  begin(kind: CallKind): Promise<number>;
  /** Pictures drawn here of theirs, so far. */
  frames(): number;
  end(): void;
}

declare global {
  interface Window {
    callBench: CallBench;
  }
}

type RawSignal = { readonly description: RTCSessionDescriptionInit } | { readonly candidate: RTCIceCandidateInit };
type Said = { readonly go: true } | { readonly ours: LinkSignal } | { readonly raw: RawSignal };

const SIZE = { width: 640, height: 480, framesPerSecond: 30 };
const PROCESSING = { echoCancellation: false, noiseSuppression: false, autoGain: false };

const wire = new BroadcastChannel('call-bench');
const devices = browserMediaDevices(createSound());
const maker = createMediaLinkMaker({ clock: systemClock });
let tracks: readonly [microphone: MediaStreamTrack, camera: MediaStreamTrack] | undefined;
let link: MediaLink | undefined;
let pc: RTCPeerConnection | undefined;
let player: HTMLVideoElement | undefined;
let drawn: (() => void) | undefined;
let frames = 0;
let queue: Promise<void> = Promise.resolve();

function say(said: Said): void {
  wire.postMessage(said);
}

function ownTracks(): readonly [MediaStreamTrack, MediaStreamTrack] {
  if (!tracks) throw new Error('prepare first');
  return tracks;
}

function play(track: MediaStreamTrack): void {
  player = document.createElement('video');
  player.autoplay = true;
  player.muted = true;
  player.srcObject = new MediaStream([track]);
  document.body.append(player);
  const count = (): void => {
    frames++;
    drawn?.();
    player?.requestVideoFrameCallback(count);
  };
  player.requestVideoFrameCallback(count);
}

function makeOurs(offers: boolean): void {
  const [microphone, camera] = ownTracks();
  link = maker.make({
    polite: !offers,
    offers,
    iceServers: [],
    tracks: new Map([
      ['microphone', microphone as never],
      ['camera', camera as never],
    ]),
    events: {
      signal: (signal) => say({ ours: signal }),
      changed: () => undefined,
      track: (slot, track) => {
        if (slot === 'camera') play(track as object as MediaStreamTrack);
      },
    },
  });
}

function makeRaw(): RTCPeerConnection {
  const made = new RTCPeerConnection();
  pc = made;
  for (const track of ownTracks()) made.addTrack(track);
  made.onicecandidate = ({ candidate }) => {
    if (candidate) say({ raw: { candidate: candidate.toJSON() } });
  };
  made.ontrack = ({ track }) => {
    if (track.kind === 'video') play(track);
  };
  return made;
}

async function describe(connection: RTCPeerConnection): Promise<void> {
  await connection.setLocalDescription();
  if (connection.localDescription) say({ raw: { description: connection.localDescription.toJSON() } });
}

async function receiveRaw(signal: RawSignal): Promise<void> {
  if ('candidate' in signal) {
    await pc?.addIceCandidate(signal.candidate);
    return;
  }
  const isOffer = signal.description.type === 'offer';
  const connection = isOffer ? makeRaw() : pc;
  await connection?.setRemoteDescription(signal.description);
  if (connection && isOffer) await describe(connection);
}

wire.onmessage = ({ data }: MessageEvent<Said>) => {
  if ('ours' in data) link?.signal(data.ours);
  else if ('raw' in data) queue = queue.then(() => receiveRaw(data.raw));
};

window.callBench = {
  async prepare() {
    const [microphone, camera] = [await devices.openMicrophone(undefined, PROCESSING), await devices.openCamera(undefined, SIZE)];
    if (!microphone.ok || !camera.ok) throw new Error('no fake devices');
    tracks = [microphone.value.track as object as MediaStreamTrack, camera.value.track as object as MediaStreamTrack];
  },
  answer(kind) {
    if (kind === 'ours') makeOurs(false);
  },
  async begin(kind) {
    frames = 0;
    const first = new Promise<void>((resolve) => (drawn = resolve));
    const begun = performance.now();
    if (kind === 'ours') makeOurs(true);
    else await describe(makeRaw());
    await first;
    return performance.now() - begun;
  },
  frames: () => frames,
  end() {
    link?.close();
    pc?.close();
    player?.remove();
    link = pc = player = drawn = undefined;
  },
};
