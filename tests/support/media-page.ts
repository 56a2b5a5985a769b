/** The page of the media tests: one end of a real media link, with the browser's (fake) devices, for a test in Node to drive. */
import { LADDER } from '../../src/calls/ladder.ts';
import type { Capture, LinkSample, MediaLink, MediaLinkState, SendLimit, Slot, Track } from '../../src/calls/ports.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { browserMediaDevices } from '../../src/platform/media-devices.ts';
import { createSound } from '../../src/platform/sound.ts';
import type { LinkSignal } from '../../src/session/ports.ts';
import { createMediaLinkMaker } from '../../src/transport/media-link.ts';

/** What the page's window offers. Everything that crosses into Node is plain data. */
export interface MediaPage {
  /** Makes this page's link; its signals go to `window.sendMediaSignal`, which the test provides. */
  make(options: { readonly polite: boolean; readonly offers: boolean }): void;
  signal(signal: LinkSignal): void;
  /** Opens the device and sends it, or stops. Resolves with how it failed. */
  turn(slot: 'microphone' | 'camera' | 'screen', on: boolean): Promise<string | undefined>;
  mute(muted: boolean): void;
  limit(slot: 'camera' | 'screen', limit: SendLimit): void;
  restart(): void;
  states(): readonly MediaLinkState[];
  /** Slots whose tracks were told, and of which kind they are. */
  slots(): readonly string[];
  level(): number;
  /** Of the own microphone. */
  ownLevel(): number;
  sample(): Promise<LinkSample | undefined>;
  /** Resolves with the picture's size once one of theirs has been drawn; `colours`: how many different ones were in it. */
  picture(slot: 'camera' | 'screen'): Promise<{ readonly width: number; readonly height: number; readonly colours: number }>;
  devices(): readonly string[];
  /** The descriptions sent so far, newest last. */
  described(): readonly { readonly type: string; readonly sdp: string }[];
  close(): void;
}

declare global {
  interface Window {
    mediaPage: MediaPage;
    sendMediaSignal(signal: LinkSignal): Promise<void>;
  }
}

const [, vga] = LADDER;
if (!vga) throw new Error('the ladder has a second rung');
const sound = createSound();
const devices = browserMediaDevices(sound);
const maker = createMediaLinkMaker({ clock: systemClock });
const captures = new Map<Slot, Capture>();
const theirs = new Map<Slot, MediaStreamTrack>();
const states: MediaLinkState[] = [];
const described: { type: string; sdp: string }[] = [];
let link: MediaLink | undefined;
let known: readonly { readonly kind: string; readonly label: string }[] = [];
devices.devices.subscribe((all) => (known = all));

function theLink(): MediaLink {
  if (!link) throw new Error('make the link first');
  return link;
}

/** Elements play what comes, as in the app: a track that nobody plays is not decoded. */
function play(track: MediaStreamTrack): HTMLVideoElement {
  const element = document.createElement('video');
  element.autoplay = true;
  element.playsInline = true;
  element.muted = track.kind === 'video';
  element.srcObject = new MediaStream([track]);
  document.body.append(element);
  return element;
}
const players = new Map<Slot, HTMLVideoElement>();

async function open(slot: 'microphone' | 'camera' | 'screen') {
  const processing = { echoCancellation: false, noiseSuppression: false, autoGain: false };
  if (slot === 'microphone') return devices.openMicrophone(undefined, processing);
  if (slot === 'camera' && vga) return devices.openCamera(undefined, vga.size);
  const opened = await devices.openScreen({ sound: false });
  return opened.ok ? { ok: true as const, value: opened.value.picture } : opened;
}

window.mediaPage = {
  make({ polite, offers }) {
    link = maker.make({
      polite,
      offers,
      iceServers: [],
      tracks: new Map([...captures].map(([slot, { track }]) => [slot, track])),
      events: {
        signal: (signal) => {
          if (signal.type !== 'candidates') described.push(signal);
          void window.sendMediaSignal(signal);
        },
        changed: (state) => states.push(state),
        track: (slot, track: Track) => {
          const media = track as object as MediaStreamTrack;
          theirs.set(slot, media);
          players.set(slot, play(media));
        },
      },
    });
  },
  signal: (signal) => theLink().signal(signal),
  async turn(slot, on) {
    captures.get(slot)?.stop();
    captures.delete(slot);
    if (!on) {
      link?.send(slot, undefined);
      return undefined;
    }
    const opened = await open(slot);
    if (!opened.ok) return opened.failure.kind;
    captures.set(slot, opened.value);
    link?.send(slot, opened.value.track);
    return undefined;
  },
  mute: (muted) => captures.get('microphone')?.setEnabled(!muted),
  limit: (slot, limit) => theLink().limit(slot, limit),
  restart: () => theLink().restart(),
  states: () => states,
  slots: () => [...theirs].map(([slot, { kind }]) => `${slot}: ${kind}`),
  level: () => theLink().level(),
  ownLevel: () => captures.get('microphone')?.level() ?? 0,
  sample: () => theLink().measure(),
  picture: (slot) =>
    new Promise((resolve) => {
      const player = players.get(slot);
      player?.requestVideoFrameCallback(() => {
        const canvas = new OffscreenCanvas(player.videoWidth, player.videoHeight);
        const context = canvas.getContext('2d');
        context?.drawImage(player, 0, 0);
        const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
        const colours = new Set<number>();
        for (let at = 0; at < pixels.length; at += 16)
          colours.add(((pixels[at] ?? 0) >> 4) * 256 + ((pixels[at + 1] ?? 0) >> 4) * 16 + ((pixels[at + 2] ?? 0) >> 4));
        resolve({ width: canvas.width, height: canvas.height, colours: colours.size });
      });
    }),
  devices: () => known.map(({ kind, label }) => `${kind}: ${label}`),
  described: () => described,
  close: () => theLink().close(),
};
