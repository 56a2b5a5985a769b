import type { Result } from '../../lib/result.ts';

/** The draft is stored this long after the last key. */
const SAVE_AFTER_MS = 300;

interface ComposerOptions<Failure> {
  /** As it was when the chat was opened. */
  readonly draft: string;
  readonly save: (draft: string) => Promise<void>;
  /** Clears the stored draft when it succeeds. */
  readonly send: (text: string) => Promise<Result<unknown, Failure>>;
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
    return this.text.trim() !== '';
  }

  typed(): void {
    this.failure = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVE_AFTER_MS);
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
}
