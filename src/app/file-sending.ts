/** From what somebody chose to messages with files: each is prepared, sealed and stored, and then sent, one after the other. */
import { randomBytes } from '../crypto/random.ts';
import type { ShelfFailure } from '../files/ports.ts';
import { toBase64url, utf8, type Bytes } from '../lib/bytes.ts';
import { cleanText } from '../lib/clean-text.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell } from '../lib/observable.ts';
import { fail, type Result } from '../lib/result.ts';
import type { ConversationId, MessageId } from '../protocol/ids.ts';
import type { Mentions } from '../session/group-talk.ts';
import type { Files, FileSendFailure, OutgoingFile, PreparingFile } from '../ui/files/contract.ts';
import { nameAndSizeOf, type PreparedFile } from './file-preparation.ts';
import { orStorageFailure } from './storage-failure.ts';

const ID_BYTES = 8;
/** Making a file ready takes a moment too; the rest of the way is sealing it. */
const PREPARED_PART = 0.05;

/** A file that lies on the shelf, to be put into a message; `discard`: it will not be. */
export interface TakenFile {
  readonly manifest: Bytes;
  discard(): Promise<void>;
}

export interface Caption {
  readonly text: string;
  readonly mentions: Mentions | undefined;
}

export interface FileSendingOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly prepare: (item: OutgoingFile) => Promise<Result<PreparedFile, { readonly kind: 'unreadable' }>>;
  /** `progress`: bytes of plaintext so far. */
  readonly takeIn: (
    file: PreparedFile,
    options: { readonly progress: (bytes: number) => void; readonly signal: AbortSignal },
  ) => Promise<Result<TakenFile, ShelfFailure>>;
  /** Stores the message. */
  readonly post: (conversation: ConversationId, manifest: Bytes, caption: Caption) => Promise<Result<MessageId, FileSendFailure>>;
  /** Bytes a word to a file in this talk may have. */
  readonly captionLimit: (conversation: ConversationId) => number;
}

type Answers = Awaited<ReturnType<Files['send']>>;

/** One file on its way. */
interface Errand {
  readonly id: string;
  readonly item: OutgoingFile;
  readonly stop: AbortController;
}

export class FileSending {
  readonly preparing = new Cell<readonly PreparingFile[]>([]);
  readonly #options: FileSendingOptions;
  readonly #errands = new Map<string, Errand>();
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: FileSendingOptions) {
    this.#options = options;
  }

  /** Rejects with nothing but what nobody expected. */
  async send(conversation: ConversationId, items: readonly OutgoingFile[], caption: Caption): Promise<Answers> {
    const sending = this.#send(conversation, items, caption);
    this.#underWay.add(sending);
    return sending.finally(() => this.#underWay.delete(sending));
  }

  cancel(id: string): void {
    this.#errands.get(id)?.stop.abort();
  }

  /** Stops what is not stored yet, and leaves nothing of it behind. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { stop } of this.#errands.values()) stop.abort();
    await Promise.allSettled(this.#underWay);
  }

  async #send(conversation: ConversationId, items: readonly OutgoingFile[], caption: Caption): Promise<Answers> {
    if (utf8(cleanText(caption.text).trim()).length > this.#options.captionLimit(conversation)) {
      return items.map((item) => ({ item, result: fail({ kind: 'text-too-long' }) }));
    }
    const errands = items.map((item) => this.#begin(conversation, item));
    const answers: Answers[number][] = [];
    let said = caption;
    try {
      for (const errand of errands) {
        const result = await orStorageFailure(() => this.#run(conversation, errand, said));
        // The word has been said with the first that went.
        if (result.ok) said = { text: '', mentions: undefined };
        answers.push({ item: errand.item, result });
        this.#end(errand);
      }
    } finally {
      for (const errand of errands) this.#end(errand);
    }
    return answers;
  }

  async #run(conversation: ConversationId, errand: Errand, caption: Caption): Promise<Result<MessageId, FileSendFailure>> {
    const { prepare, takeIn, post } = this.#options;
    const { signal } = errand.stop;
    const isOver = (): boolean => signal.aborted || this.#isClosed;
    const prepared = isOver() ? undefined : await prepare(errand.item);
    if (!prepared || isOver()) return fail({ kind: 'cancelled' });
    if (!prepared.ok) return prepared;
    const size = sizeOf(prepared.value);
    const progress = (bytes: number): void => this.#progress(errand.id, PREPARED_PART + (1 - PREPARED_PART) * (bytes / Math.max(1, size)));
    progress(0);
    const taken = await takeIn(prepared.value, { progress, signal });
    if (!taken.ok) return taken;
    if (isOver()) {
      await taken.value.discard();
      return fail({ kind: 'cancelled' });
    }
    try {
      const posted = await post(conversation, taken.value.manifest, caption);
      if (!posted.ok) await taken.value.discard();
      return posted;
    } catch (reason) {
      await taken.value.discard();
      throw reason;
    }
  }

  #begin(conversation: ConversationId, item: OutgoingFile): Errand {
    const errand = { id: toBase64url(randomBytes(ID_BYTES)), item, stop: new AbortController() };
    this.#errands.set(errand.id, errand);
    this.preparing.set([
      ...this.preparing.value,
      { id: errand.id, conversation, ...nameAndSizeOf(item, this.#options.clock.now()), part: 0 },
    ]);
    return errand;
  }

  #end({ id }: Errand): void {
    if (this.#errands.delete(id)) this.preparing.set(this.preparing.value.filter((each) => each.id !== id));
  }

  #progress(id: string, part: number): void {
    this.preparing.set(this.preparing.value.map((each) => (each.id === id ? { ...each, part: Math.min(1, part) } : each)));
  }
}

/** Bytes to be sealed; of an archive, about. */
function sizeOf({ source }: PreparedFile): number {
  return source.kind === 'blob' ? source.blob.size : source.entries.reduce((sum, { blob }) => sum + blob.size, 0);
}
