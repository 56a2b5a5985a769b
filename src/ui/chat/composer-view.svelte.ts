import type { Result } from '../../lib/result.ts';
import type { Mentions } from '../../session/group-talk.ts';
import type { TrayView } from '../files/send/tray-view.svelte.ts';

/** The draft is stored this long after the last key. */
const SAVE_AFTER_MS = 300;

interface ComposerOptions<Failure> {
  /** As it was when the chat was opened. */
  readonly draft: string;
  readonly save: (draft: string) => Promise<void>;
  /** Clears the stored draft when it succeeds. */
  readonly send: (text: string) => Promise<Result<unknown, Failure>>;
  /** What the text is to go with; undefined where files cannot be sent. */
  readonly tray?: TrayView | undefined;
  /** In a group: whom a text calls. */
  readonly mentionsOf?: (text: string) => Mentions;
}

/** What is being written in one talk. Nothing written is ever dropped: it leaves only by being sent. */
export class ComposerView<Failure> {
  text = $state('');
  failure = $state.raw<Failure>();
  #isSending = false;
  #saved: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #options: ComposerOptions<Failure>;

  constructor(options: ComposerOptions<Failure>) {
    this.#options = options;
    this.text = options.draft;
    this.#saved = options.draft;
  }

  get canSend(): boolean {
    return this.text.trim() !== '' || !this.#isTrayEmpty;
  }

  get #isTrayEmpty(): boolean {
    return this.#options.tray?.isEmpty ?? true;
  }

  typed(): void {
    this.failure = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  /** Words of what could not be sent are written here again, before what was written since. */
  takeBack(returned: string): void {
    this.text = this.text === '' ? returned : `${returned}\n${this.text}`;
    this.save();
  }

  /** Stores the draft now: the page, or the chat, is being left. */
  save(): void {
    clearTimeout(this.#timer);
    if (this.text === this.#saved) return;
    this.#saved = this.text;
    void this.#options.save(this.text);
  }

  /** True when the message is in the store; otherwise `failure` says why and the text stays. */
  async send(): Promise<boolean> {
    if (this.#isSending || !this.canSend) return false;
    if (this.#options.tray && !this.#isTrayEmpty) return this.#sendTray(this.#options.tray);
    this.#isSending = true;
    clearTimeout(this.#timer);
    const text = this.text;
    try {
      const sent = await this.#options.send(text);
      this.failure = sent.ok ? undefined : sent.failure;
      if (!sent.ok) return false;
      // Sending has cleared the stored draft; what was typed meanwhile stays.
      this.#saved = '';
      this.text = this.text.startsWith(text) ? this.text.slice(text.length) : this.text;
      this.save();
      return true;
    } finally {
      this.#isSending = false;
    }
  }

  /** Large files take their time to be stored: meanwhile one can go on writing, and sending. */
  async #sendTray(tray: TrayView): Promise<boolean> {
    const text = this.text.trim() === '' ? '' : this.text;
    this.text = '';
    this.failure = undefined;
    const sending = tray.send(text, this.#options.mentionsOf?.(text));
    this.save();
    return sending;
  }
}
