import type { ConversationId } from '../../protocol/ids.ts';
import type { Home, SendFailure } from '../parley.ts';

/** The draft is stored this long after the last key. */
const SAVE_AFTER_MS = 300;

/** What is being written to one contact. Nothing written is ever dropped: it leaves only by being sent. */
export class ComposerView {
  text = $state('');
  failure = $state.raw<SendFailure>();
  #isSending = false;
  #saved: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #chat: Home['chat'];
  readonly #id: ConversationId;

  constructor(chat: Home['chat'], id: ConversationId, draft: string) {
    this.#chat = chat;
    this.#id = id;
    this.text = draft;
    this.#saved = draft;
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
    void this.#chat.saveDraft(this.#id, this.text);
  }

  /** True when the message is in the store; otherwise `failure` says why and the text stays. */
  async send(): Promise<boolean> {
    if (this.#isSending || !this.canSend) return false;
    this.#isSending = true;
    clearTimeout(this.#timer);
    const text = this.text;
    try {
      const sent = await this.#chat.send(this.#id, text);
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
