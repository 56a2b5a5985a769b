/** What goes out from this machine: microphone, camera and screen while they are used, and what became of each. */
import { fail, succeed, type Result } from '../lib/result.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { OwnMedia as OwnMediaView, OwnSource } from './call-view.ts';
import type {
  CallSettings,
  Capture,
  CaptureFailure,
  CaptureKind,
  MediaDevicesPort,
  PictureSize,
  ScreenCapture,
  Slot,
  Track,
} from './ports.ts';

type Tried = Promise<Result<undefined, CaptureFailure>>;

export interface OwnMediaOptions {
  readonly devices: MediaDevicesPort;
  readonly settings: () => CallSettings;
  /** How large the camera's picture is taken. */
  readonly size: PictureSize;
}

export interface OwnMediaEvents {
  changed(view: OwnMediaView): void;
  /** What is sent in a slot has become another. */
  sending(slot: Slot, track: Track | undefined): void;
}

const SILENT: OwnMediaEvents = { changed: () => undefined, sending: () => undefined };
const OFF: OwnSource = { kind: 'off' };
const START: OwnMediaView = { microphone: OFF, camera: OFF, screen: OFF, muted: false, hand: false, mutedBy: undefined };

export class OwnMedia {
  readonly #options: OwnMediaOptions;
  readonly #captures = new Map<Slot, Capture>();
  /** Counts what was wanted of each: what was opened for an earlier wish is given back at once. */
  readonly #wishes: Record<CaptureKind, number> = { microphone: 0, camera: 0, screen: 0 };
  #events: OwnMediaEvents = SILENT;
  #view = START;
  #size: PictureSize;
  #closed = false;

  constructor(options: OwnMediaOptions) {
    this.#options = options;
    this.#size = options.size;
  }

  /** Who is told from now on; told at once how it stands. */
  watch(events: OwnMediaEvents): void {
    this.#events = events;
    events.changed(this.#view);
  }

  get view(): OwnMediaView {
    return this.#view;
  }

  get tracks(): ReadonlyMap<Slot, Track> {
    return new Map([...this.#captures].map(([slot, { track }]) => [slot, track]));
  }

  get level(): number {
    return this.#view.muted ? 0 : (this.#captures.get('microphone')?.level() ?? 0);
  }

  /** Turns on what is wanted and not on yet. */
  async setMicrophone(on: boolean): Tried {
    if (!on) return this.#turnOff('microphone', ['microphone']);
    if (this.#captures.has('microphone')) return succeed(undefined);
    const { devices, settings } = this.#options;
    const { microphone, processing } = settings();
    return this.#turnOn('microphone', () => devices.openMicrophone(microphone, processing));
  }

  async setCamera(on: boolean): Tried {
    if (!on) return this.#turnOff('camera', ['camera']);
    if (this.#captures.has('camera')) return succeed(undefined);
    const { devices, settings } = this.#options;
    return this.#turnOn('camera', () => devices.openCamera(settings().camera, this.#size));
  }

  async shareScreen(options: { readonly sound: boolean }): Tried {
    const wish = ++this.#wishes.screen;
    this.#show({ screen: { kind: 'opening' } });
    const opened = await this.#options.devices.openScreen(options);
    if (this.#isStale('screen', wish)) {
      if (opened.ok) stopScreen(opened.value);
      return succeed(undefined);
    }
    if (!opened.ok) {
      // What was shared before goes on being shared.
      const shared = this.#captures.get('screen');
      this.#show({ screen: shared ? onWith(shared) : { kind: 'failed', failure: opened.failure } });
      return opened;
    }
    const { picture, sound } = opened.value;
    this.#put('screen', picture, () => this.#turnOff('screen', ['screen', 'screen-sound']));
    if (sound) this.#put('screen-sound', sound, () => this.#take('screen-sound'));
    else this.#take('screen-sound');
    this.#show({ screen: onWith(picture) });
    return succeed(undefined);
  }

  stopSharing(): void {
    this.#turnOff('screen', ['screen', 'screen-sound']);
  }

  /** `by`: an admin who asked for it. */
  setMuted(muted: boolean, by?: AccountId): void {
    this.#captures.get('microphone')?.setEnabled(!muted);
    this.#show({ muted, mutedBy: muted ? by : undefined });
  }

  setHand(hand: boolean): void {
    this.#show({ hand });
  }

  /** The settings have changed: what is on is opened anew with them. What cannot be opened leaves the old one on. */
  async reopen(what: 'microphone' | 'camera'): Tried {
    if (!this.#captures.has(what)) return succeed(undefined);
    const { devices, settings } = this.#options;
    const { microphone, camera, processing } = settings();
    return this.#turnOn(what, () =>
      what === 'microphone' ? devices.openMicrophone(microphone, processing) : devices.openCamera(camera, this.#size),
    );
  }

  /** No larger a picture is needed from now on. */
  resize(size: PictureSize): void {
    this.#size = size;
    this.#captures.get('camera')?.resize(size);
  }

  close(): void {
    this.#closed = true;
    this.#events = SILENT;
    for (const capture of this.#captures.values()) capture.stop();
    this.#captures.clear();
  }

  async #turnOn(what: 'microphone' | 'camera', open: () => Promise<Result<Capture, CaptureFailure>>): Tried {
    const wish = ++this.#wishes[what];
    const before = this.#captures.get(what);
    if (!before) this.#show({ [what]: { kind: 'opening' } });
    const opened = await open();
    if (this.#isStale(what, wish)) {
      if (opened.ok) opened.value.stop();
      return succeed(undefined);
    }
    if (!opened.ok) {
      if (!this.#captures.has(what)) this.#show({ [what]: { kind: 'failed', failure: opened.failure } });
      return fail(opened.failure);
    }
    const capture = opened.value;
    if (what === 'microphone') capture.setEnabled(!this.#view.muted);
    this.#put(what, capture, () => this.#lose(what));
    this.#show({ [what]: onWith(capture) });
    return succeed(undefined);
  }

  #turnOff(what: CaptureKind, slots: readonly Slot[]): Result<undefined, never> {
    this.#wishes[what]++;
    for (const slot of slots) this.#take(slot);
    this.#show({ [what]: OFF });
    return succeed(undefined);
  }

  /** It was unplugged: the person decides what to use instead. */
  #lose(what: 'microphone' | 'camera'): void {
    this.#take(what);
    this.#show({ [what]: { kind: 'lost' } });
  }

  #put(slot: Slot, capture: Capture, ended: () => void): void {
    const before = this.#captures.get(slot);
    this.#captures.set(slot, capture);
    this.#events.sending(slot, capture.track);
    before?.stop();
    capture.onEnded(() => {
      if (this.#captures.get(slot) === capture) ended();
    });
  }

  #take(slot: Slot): void {
    const capture = this.#captures.get(slot);
    if (!capture) return;
    this.#captures.delete(slot);
    this.#events.sending(slot, undefined);
    capture.stop();
  }

  #isStale(what: CaptureKind, wish: number): boolean {
    return this.#closed || this.#wishes[what] !== wish;
  }

  #show(part: Partial<OwnMediaView>): void {
    if (this.#closed) return;
    this.#view = { ...this.#view, ...part };
    this.#events.changed(this.#view);
  }
}

function onWith({ track, device }: Capture): OwnSource {
  return { kind: 'on', track, device };
}

function stopScreen({ picture, sound }: ScreenCapture): void {
  picture.stop();
  sound?.stop();
}
