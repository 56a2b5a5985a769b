/** What goes out in one slot of a media link: the track that is wanted in it, and no more than is allowed. */
import type { SendLimit, Slot, Track } from '../calls/ports.ts';
import { Serial } from '../lib/serial.ts';
import { passMistakesOn } from './browser-refusal.ts';

export type Limit = SendLimit | { readonly bitrate: number };

/** Faces should move, text should be sharp: what the browser keeps when it has to give something up. */
const KEEPS: Readonly<Partial<Record<Slot, RTCDegradationPreference>>> = {
  camera: 'maintain-framerate',
  screen: 'maintain-resolution',
};

export class SlotSender {
  readonly #slot: Slot;
  /** Changes are made one after another: a browser takes parameters only as they were last read. */
  readonly #serial = new Serial();
  #sender: RTCRtpSender | undefined;
  #track: Track | undefined;
  #limit: Limit | undefined;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** This carries the slot from now on. Parameters can be set once it is described. */
  attach(sender: RTCRtpSender): void {
    this.#sender = sender;
    this.#putTrack();
  }

  /** It has just been described, by both sides. */
  described(): void {
    this.#putLimit();
  }

  send(track: Track | undefined): void {
    this.#track = track;
    this.#putTrack();
  }

  limit(limit: Limit): void {
    this.#limit = limit;
    this.#putLimit();
  }

  #putTrack(): void {
    this.#change(async (sender) => {
      // What is wanted by now: several changes may have been asked for meanwhile.
      const track = (this.#track ?? null) as MediaStreamTrack | null;
      if (sender.track !== track) await sender.replaceTrack(track);
    });
  }

  #putLimit(): void {
    this.#change(async (sender) => {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      // Before it is described, some browsers have nothing to set.
      if (!encoding || !this.#limit) return;
      limitEncoding(encoding, this.#limit);
      const keeps = KEEPS[this.#slot];
      if (keeps) parameters.degradationPreference = keeps;
      await sender.setParameters(parameters);
    });
  }

  #change(step: (sender: RTCRtpSender) => Promise<void>): void {
    const sender = this.#sender;
    if (!sender) return;
    // A connection that closes meanwhile, or a description that changes, refuses it; the next one is told all of it again.
    this.#serial.run(() => step(sender)).catch(passMistakesOn);
  }
}

function limitEncoding(encoding: RTCRtpEncodingParameters, limit: Limit): void {
  encoding.active = limit !== 'nothing';
  if (limit === 'nothing') return;
  encoding.maxBitrate = limit.bitrate;
  if (!('scale' in limit)) return;
  encoding.maxFramerate = limit.framesPerSecond;
  encoding.scaleResolutionDownBy = Math.max(1, limit.scale);
}
