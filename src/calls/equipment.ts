/** Microphone, camera and screen of this tab: while one looks at oneself before a call, and in it; and what was chosen for them. */
import type { Clock } from '../lib/clock.ts';
import { Cell } from '../lib/observable.ts';
import { succeed, type Result } from '../lib/result.ts';
import type { OwnMedia as OwnMediaView } from './call-view.ts';
import type { CallStart } from './calls-options.ts';
import { LADDER } from './ladder.ts';
import { OwnMedia } from './own-media.ts';
import type { CallSettings, CallStore, CaptureFailure, MediaDevicesPort } from './ports.ts';
import { Preview } from './preview.ts';
import type { Writing } from './writing.ts';

const DEFAULT_SETTINGS: CallSettings = {
  microphone: undefined,
  camera: undefined,
  speaker: undefined,
  processing: { echoCancellation: true, noiseSuppression: true, autoGain: true },
};

export interface EquipmentOptions {
  readonly devices: MediaDevicesPort;
  readonly clock: Clock;
  readonly store: CallStore;
  readonly writing: Writing;
  /** As they were chosen once; undefined: never. */
  readonly settings: CallSettings | undefined;
  /** What goes out in the call is another. */
  readonly changed: () => void;
  readonly troubled: (reason: unknown) => void;
}

export class Equipment {
  readonly settings: Cell<CallSettings>;
  readonly #options: EquipmentOptions;
  #own: OwnMedia | undefined;
  #preview: Preview | undefined;
  #closed = false;

  constructor(options: EquipmentOptions) {
    this.#options = options;
    this.settings = new Cell(options.settings ?? DEFAULT_SETTINGS);
  }

  /** What a call has; undefined outside of one. */
  get own(): OwnMedia | undefined {
    return this.#own;
  }

  get view(): OwnMediaView {
    return (this.#own ?? this.#create()).view;
  }

  /** Turns the devices on to look at oneself; the next call takes them over. */
  preview(options: CallStart): Preview {
    this.#preview?.close();
    const preview = new Preview(this.#create(), this.#options.clock, options);
    this.#preview = preview;
    return preview;
  }

  /** Opens what a call begins with. Without a camera it is a call all the same; without the microphone that was wanted it is none. */
  async open(options: CallStart): Promise<Result<undefined, CaptureFailure>> {
    const preview = this.#openPreview;
    const own = preview?.media ?? this.#create();
    const microphone = await own.setMicrophone(options.microphone);
    if (!microphone.ok || this.#closed) {
      if (!preview) own.close();
      return microphone;
    }
    this.#own = preview?.take() ?? own;
    this.#preview = undefined;
    // Why there is no picture is seen where the picture would be.
    own.setCamera(options.camera).catch(this.#options.troubled);
    own.watch({ changed: () => this.#options.changed(), sending: () => undefined });
    return succeed(undefined);
  }

  /** What the call that begins now has, with nothing on if nothing was opened for it. */
  take(): OwnMedia {
    this.#own ??= this.#create();
    return this.#own;
  }

  /** The call is over: gives everything back. */
  release(): void {
    this.#own?.close();
    this.#own = undefined;
  }

  /** What cannot be opened is told, and the old one stays on. */
  async change(settings: CallSettings): Promise<Result<undefined, CaptureFailure>> {
    const before = this.settings.value;
    this.settings.set(settings);
    const { store, writing } = this.#options;
    await writing.run(() => store.commit([store.putSettings(settings)]));
    const own = this.#own ?? this.#openPreview?.media;
    if (!own) return succeed(undefined);
    const processed = JSON.stringify(before.processing) !== JSON.stringify(settings.processing);
    if (before.microphone !== settings.microphone || processed) {
      const reopened = await own.reopen('microphone');
      if (!reopened.ok) return reopened;
    }
    return before.camera === settings.camera ? succeed(undefined) : own.reopen('camera');
  }

  close(): void {
    this.#closed = true;
    this.#preview?.close();
    this.release();
  }

  get #openPreview(): Preview | undefined {
    return this.#preview?.isClosed ? undefined : this.#preview;
  }

  #create(): OwnMedia {
    const [top] = LADDER;
    if (!top) throw new Error('Broken invariant: the ladder has a top');
    return new OwnMedia({ devices: this.#options.devices, settings: () => this.settings.value, size: top.size });
  }
}
