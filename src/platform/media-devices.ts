/** Microphones, cameras and screens of this machine (W3C Media Capture and Streams, Screen Capture), as calls want them. */
import {
  asTrack,
  type Capture,
  type CaptureFailure,
  type CaptureKind,
  type DeviceKind,
  type MediaDevice,
  type MediaDevicesPort,
  type PictureSize,
  type ScreenCapture,
  type VoiceProcessing,
} from '../calls/ports.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { createLevelMeter, type LevelMeter } from './level-meter.ts';
import type { Sound } from './sound.ts';

/** Scrolled text is readable at this, and costs half of a film. */
const SCREEN_FRAMES_PER_SECOND = 15;
const MAX_SCREEN_FRAMES_PER_SECOND = 30;
/** A screen of four million pixels is still sharp; encoding more stalls everything else. */
const MAX_SCREEN_WIDTH = 2_560;
const MAX_SCREEN_HEIGHT = 1_600;

/** Chromium lists the system's choice a second time under these names; we say `undefined` for it. */
const SYSTEM_CHOICES = ['default', 'communications'];

const KINDS: Readonly<Record<MediaDeviceKind, DeviceKind>> = { audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speaker' };

/** What a refused request is called (Media Capture and Streams §10.3.2, Screen Capture §5.1). */
const FAILURES: Readonly<Record<string, CaptureFailure['kind']>> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  // The question was asked without a click.
  InvalidStateError: 'refused',
  NotFoundError: 'none-there',
  OverconstrainedError: 'none-there',
  NotReadableError: 'in-use',
  AbortError: 'in-use',
  NotSupportedError: 'unsupported',
  TypeError: 'unsupported',
};

interface Question {
  readonly what: 'microphone' | 'camera';
  /** The one that was chosen; undefined: the system's choice. */
  readonly device: string | undefined;
  /** The question, with what is demanded of the device. */
  readonly ask: (chosen: MediaTrackConstraints) => MediaStreamConstraints;
}

interface MediaDevicesSurroundings {
  /** Missing on insecure origins and where media are switched off. */
  readonly mediaDevices: MediaDevices | undefined;
  readonly sound: Sound;
  /** Whether elements can play to a chosen speaker. */
  readonly canChooseSpeaker: boolean;
}

export function browserMediaDevices(sound: Sound): MediaDevicesPort {
  const { mediaDevices } = navigator as Partial<Navigator>;
  return new BrowserMediaDevices({ mediaDevices, sound, canChooseSpeaker: 'setSinkId' in HTMLMediaElement.prototype });
}

class BrowserMediaDevices implements MediaDevicesPort {
  readonly canShareScreen: boolean;
  readonly canChooseSpeaker: boolean;
  readonly #media: MediaDevices | undefined;
  readonly #sound: Sound;
  readonly #devices = new Cell<readonly MediaDevice[]>([]);
  #listings = 0;

  constructor({ mediaDevices, sound, canChooseSpeaker }: MediaDevicesSurroundings) {
    this.#media = mediaDevices;
    this.#sound = sound;
    // Phones have getUserMedia and not this.
    this.canShareScreen = mediaDevices !== undefined && 'getDisplayMedia' in mediaDevices;
    this.canChooseSpeaker = canChooseSpeaker;
    mediaDevices?.addEventListener('devicechange', () => void this.#list());
    void this.#list();
  }

  get devices(): Observable<readonly MediaDevice[]> {
    return this.#devices;
  }

  async openMicrophone(device: string | undefined, processing: VoiceProcessing): Promise<Result<Capture, CaptureFailure>> {
    const audio: MediaTrackConstraints = {
      echoCancellation: processing.echoCancellation,
      noiseSuppression: processing.noiseSuppression,
      autoGainControl: processing.autoGain,
      channelCount: { ideal: 1 },
    };
    const question = { what: 'microphone', device, ask: (chosen: MediaTrackConstraints) => ({ audio: { ...audio, ...chosen } }) } as const;
    return this.#open(question, (track) => new TrackCapture(track, 'speech', createLevelMeter(track, this.#sound)));
  }

  async openCamera(device: string | undefined, size: PictureSize): Promise<Result<Capture, CaptureFailure>> {
    const question = {
      what: 'camera',
      device,
      ask: (chosen: MediaTrackConstraints) => ({ video: { ...sized(size), ...chosen } }),
    } as const;
    return this.#open(question, (track) => new TrackCapture(track, 'motion'));
  }

  async openScreen({ sound }: { readonly sound: boolean }): Promise<Result<ScreenCapture, CaptureFailure>> {
    if (!this.#media || !this.canShareScreen) return fail({ kind: 'unsupported', what: 'screen' });
    try {
      const stream = await this.#media.getDisplayMedia(screenQuestion(sound));
      const [picture] = stream.getVideoTracks();
      if (!picture) return fail({ kind: 'none-there', what: 'screen' });
      const [heard] = stream.getAudioTracks();
      return succeed({ picture: new TrackCapture(picture, 'detail'), sound: heard && new TrackCapture(heard, 'music') });
    } catch (reason) {
      return fail(failureOf(reason, 'screen'));
    }
  }

  async #open(question: Question, capture: (track: MediaStreamTrack) => Capture): Promise<Result<Capture, CaptureFailure>> {
    const { what } = question;
    if (!this.#media) return fail({ kind: 'unsupported', what });
    try {
      const [track] = (await askFor(this.#media, question)).getTracks();
      if (!track) return fail({ kind: 'none-there', what });
      // Only from now on does the browser say what its devices are called.
      void this.#list();
      return succeed(capture(track));
    } catch (reason) {
      return fail(failureOf(reason, what));
    }
  }

  async #list(): Promise<void> {
    const listing = ++this.#listings;
    try {
      const found = (await this.#media?.enumerateDevices()) ?? [];
      // Plugging in tells several changes at once; the last answer counts.
      if (listing === this.#listings) this.#devices.set(found.filter(isShown).map(shownDevice));
    } catch {
      // A policy of the browser's: it does not say. Calls use the system's choice.
    }
  }
}

/** A track in use. */
class TrackCapture implements Capture {
  readonly track;
  readonly device: string;
  readonly #media: MediaStreamTrack;
  readonly #meter: LevelMeter | undefined;

  constructor(media: MediaStreamTrack, hint: 'speech' | 'music' | 'motion' | 'detail', meter?: LevelMeter) {
    this.#media = media;
    this.#meter = meter;
    this.track = asTrack(media);
    this.device = hint === 'speech' || hint === 'motion' ? (media.getSettings().deviceId ?? '') : '';
    // What encoders and echo cancellers make of it (W3C mst-content-hint).
    media.contentHint = hint;
  }

  setEnabled(enabled: boolean): void {
    this.#media.enabled = enabled;
  }

  resize(size: PictureSize): void {
    // A camera that cannot goes on as it was; what is sent is made smaller anyway.
    if (this.#media.kind === 'video') this.#media.applyConstraints(sized(size)).catch(() => undefined);
  }

  level(): number {
    return this.#media.enabled ? (this.#meter?.read() ?? 0) : 0;
  }

  onEnded(listener: () => void): void {
    // The browser tells this only of what ends by itself, not of `stop`.
    this.#media.addEventListener('ended', () => listener(), { once: true });
  }

  stop(): void {
    this.#media.stop();
    this.#meter?.close();
  }
}

/** Chromium takes a device that is only preferred for no wish at all, so the chosen one is demanded; one that is gone is replaced. */
async function askFor(media: MediaDevices, { device, ask }: Question): Promise<MediaStream> {
  if (device === undefined) return media.getUserMedia(ask({}));
  try {
    return await media.getUserMedia(ask({ deviceId: { exact: device } }));
  } catch (reason) {
    if (!(reason instanceof DOMException) || reason.name !== 'OverconstrainedError') throw reason;
    return media.getUserMedia(ask({}));
  }
}

function sized({ width, height, framesPerSecond }: PictureSize): MediaTrackConstraints {
  return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: framesPerSecond, max: framesPerSecond } };
}

/** Some of these questions are known to Chromium alone; others ignore what they do not know. */
function screenQuestion(sound: boolean): DisplayMediaStreamOptions {
  const question = {
    video: {
      frameRate: { ideal: SCREEN_FRAMES_PER_SECOND, max: MAX_SCREEN_FRAMES_PER_SECOND },
      width: { max: MAX_SCREEN_WIDTH },
      height: { max: MAX_SCREEN_HEIGHT },
    },
    // As it is: what is made for voices spoils music.
    audio: sound && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    systemAudio: sound ? 'include' : 'exclude',
    // Parley in Parley in Parley.
    selfBrowserSurface: 'exclude',
    surfaceSwitching: 'include',
  };
  return question;
}

function isShown({ deviceId }: MediaDeviceInfo): boolean {
  return deviceId !== '' && !SYSTEM_CHOICES.includes(deviceId);
}

function shownDevice({ kind, deviceId, label }: MediaDeviceInfo): MediaDevice {
  return { kind: KINDS[kind], id: deviceId, label };
}

function failureOf(reason: unknown, what: CaptureKind): CaptureFailure {
  const name = reason instanceof Error || reason instanceof DOMException ? reason.name : '';
  return { kind: FAILURES[name] ?? 'in-use', what };
}
