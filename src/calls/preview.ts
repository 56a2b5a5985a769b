/** Microphone and camera turned on to look at oneself before a call. */
import type { Clock } from '../lib/clock.ts';
import { Cell } from '../lib/observable.ts';
import type { Result } from '../lib/result.ts';
import type { OwnMedia as OwnMediaView } from './call-view.ts';
import type { OwnMedia } from './own-media.ts';
import type { CaptureFailure } from './ports.ts';

const LISTEN_MS = 100;

export class Preview {
  readonly own: Cell<OwnMediaView>;
  /** Of the microphone, 0 to 1. */
  readonly level = new Cell(0);
  readonly media: OwnMedia;
  readonly #clock: Clock;
  #stopListening: () => void = () => undefined;
  /** A call has them now. */
  #isTaken = false;
  #closed = false;

  constructor(media: OwnMedia, clock: Clock, options: { readonly microphone: boolean; readonly camera: boolean }) {
    this.media = media;
    this.#clock = clock;
    this.own = new Cell(media.view);
    media.watch({ changed: (view) => this.own.set(view), sending: () => undefined });
    // What fails is seen in the view.
    void media.setMicrophone(options.microphone);
    void media.setCamera(options.camera);
    this.#listen();
  }

  /** The devices were given back: whoever wants some opens others. */
  get isClosed(): boolean {
    return this.#closed;
  }

  setMuted(muted: boolean): void {
    if (!this.#isTaken) this.media.setMuted(muted);
  }

  setCamera(on: boolean): Promise<Result<undefined, CaptureFailure>> {
    return this.media.setCamera(on);
  }

  /** The call that begins has the devices from now on. */
  take(): OwnMedia {
    this.#isTaken = true;
    this.#stopListening();
    return this.media;
  }

  /** Gives the devices back, unless a call has them. */
  close(): void {
    this.#closed = true;
    this.#stopListening();
    if (!this.#isTaken) this.media.close();
  }

  #listen(): void {
    this.#stopListening = this.#clock.after(LISTEN_MS, () => {
      this.level.set(this.media.level);
      this.#listen();
    });
  }
}
