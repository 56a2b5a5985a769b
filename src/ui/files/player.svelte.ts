import type { Attachment, AttachmentPlace } from '../../session/attachment.ts';
import type { Files } from './contract.ts';
import { nextVoice } from './media-list.ts';
import { take } from './take.ts';

export interface Sound {
  readonly attachment: Attachment;
  readonly place: AttachmentPlace;
}

const RATES = [1, 1.5, 2] as const;
export type Rate = (typeof RATES)[number];

/**
 * What is being listened to. One thing at a time in the whole window; it goes on when its row scrolls away, and after a
 * voice message the next one in the same talk begins.
 */
export class Player {
  readonly #files: Files;
  readonly #audio = new Audio();
  #address: { dispose(): void } | undefined;
  #video: HTMLMediaElement | undefined;

  current = $state.raw<Sound>();
  isPlaying = $state(false);
  /** Milliseconds. */
  at = $state(0);
  rate = $state<Rate>(1);
  /** It could not be played here. */
  hasFailed = $state(false);

  constructor(files: Files) {
    this.#files = files;
    const audio = this.#audio;
    audio.preservesPitch = true;
    audio.addEventListener('timeupdate', () => (this.at = audio.currentTime * 1_000));
    audio.addEventListener('play', () => (this.isPlaying = true));
    audio.addEventListener('pause', () => (this.isPlaying = false));
    audio.addEventListener('ended', () => void this.#ended());
    audio.addEventListener('error', () => {
      if (this.current) this.hasFailed = true;
      this.isPlaying = false;
    });
  }

  isCurrent({ place }: Sound): boolean {
    return this.current?.place.message === place.message && this.current.place.conversation === place.conversation;
  }

  async toggle(sound: Sound): Promise<void> {
    if (!this.isCurrent(sound) || this.hasFailed) await this.#begin(sound, 0);
    else if (this.isPlaying) this.#audio.pause();
    else await this.#play();
  }

  /** To a place in it, in milliseconds; what is not current becomes so, without beginning to play. */
  async seek(sound: Sound, at: number): Promise<void> {
    if (!this.isCurrent(sound)) await this.#load(sound);
    this.#audio.currentTime = at / 1_000;
    this.at = at;
  }

  nextRate(): void {
    this.rate = RATES[(RATES.indexOf(this.rate) + 1) % RATES.length] ?? 1;
    this.#audio.playbackRate = this.rate;
  }

  /** A video began: whatever else plays stops. */
  tookOver(video: HTMLMediaElement): void {
    this.#audio.pause();
    if (this.#video !== video) this.#video?.pause();
    this.#video = video;
  }

  stop(): void {
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    this.#address?.dispose();
    this.#address = undefined;
    this.current = undefined;
    this.at = 0;
  }

  async #begin(sound: Sound, from: number): Promise<void> {
    await this.#load(sound);
    if (!this.isCurrent(sound) || this.hasFailed) return;
    this.#audio.currentTime = from;
    await this.#play();
  }

  async #load(sound: Sound): Promise<void> {
    this.stop();
    this.hasFailed = false;
    this.current = sound;
    const address = await take(this.#files, sound.attachment);
    if (this.current !== sound) {
      address?.dispose();
      return;
    }
    if (!address) {
      this.hasFailed = true;
      return;
    }
    this.#address = address;
    this.#audio.src = address.url;
    this.#audio.playbackRate = this.rate;
  }

  async #play(): Promise<void> {
    this.#video?.pause();
    try {
      await this.#audio.play();
    } catch (reason) {
      // Stopped before it began, by the person: nothing is wrong.
      if (!(reason instanceof DOMException && reason.name === 'AbortError')) this.hasFailed = true;
    }
  }

  async #ended(): Promise<void> {
    const ended = this.current;
    this.isPlaying = false;
    this.at = 0;
    if (ended?.attachment.view.kind !== 'voice') return;
    const next = nextVoice(await this.#present(ended), ended.place);
    if (next?.isHere && this.current === ended) await this.#begin(next, 0);
  }

  /** What the talk has now. */
  #present({ place }: Sound): Promise<Parameters<typeof nextVoice>[0]> {
    return new Promise((resolve) => {
      const subscription = this.#files.inConversation(place.conversation).subscribe((items) => {
        resolve(items);
        // Later: while it is being subscribed there is no subscription yet.
        queueMicrotask(() => subscription.unsubscribe());
      });
    });
  }
}
