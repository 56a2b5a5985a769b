import type { Trust } from '../parley.ts';
import { CodeReader, type ReadCode } from './read-code.ts';

/** Between two looks at the camera: fast enough for a hand, slow enough for a phone. */
const LOOK_EVERY_MS = 150;
/** A code that was refused is not shown to the asker again and again while it stays before the camera. */
const SAME_CODE_MS = 3_000;

type ScanState =
  { readonly at: 'opening' } | { readonly at: 'looking' } | { readonly at: 'blind'; readonly why: 'no-camera' | 'camera-refused' };

/** A camera that looks for codes while it is on screen. */
export class ScanView {
  state = $state.raw<ScanState>({ at: 'opening' });
  isPictureEmpty = $state(false);
  readonly #reader = new CodeReader();
  readonly #open: Trust['openCamera'];
  readonly #found: (code: ReadCode) => void;
  #stream: MediaStream | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  #last = { text: '', at: 0 };

  constructor(open: Trust['openCamera'], found: (code: ReadCode) => void) {
    this.#open = open;
    this.#found = found;
  }

  /** Shows the camera in `video` and looks for codes; gives back what ends it. */
  watch(video: HTMLVideoElement): () => void {
    void this.#begin(video);
    return () => this.#end();
  }

  async pictureChosen(file: Blob): Promise<void> {
    this.isPictureEmpty = false;
    const code = await this.#reader.readFile(file);
    if (code) this.#found(code);
    else this.isPictureEmpty = true;
  }

  async #begin(video: HTMLVideoElement): Promise<void> {
    const opened = await this.#open();
    if (!opened.ok) {
      this.state = { at: 'blind', why: opened.failure.kind };
      return;
    }
    this.#stream = opened.value;
    // Closed while the browser asked.
    if (this.#isOver) {
      this.#end();
      return;
    }
    video.srcObject = opened.value;
    this.state = { at: 'looking' };
    this.#lookLater(video);
  }

  #lookLater(video: HTMLVideoElement): void {
    this.#timer = setTimeout(() => void this.#look(video), LOOK_EVERY_MS);
  }

  async #look(video: HTMLVideoElement): Promise<void> {
    const code = video.videoWidth > 0 ? await this.#reader.read(video, video.videoWidth, video.videoHeight) : undefined;
    if (this.#isOver) return;
    if (code && this.#isNew(code)) this.#found(code);
    this.#lookLater(video);
  }

  #isNew({ bytes }: ReadCode): boolean {
    const text = bytes.join();
    const now = performance.now();
    const isNew = text !== this.#last.text || now - this.#last.at > SAME_CODE_MS;
    this.#last = { text, at: now };
    return isNew;
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
  }
}
