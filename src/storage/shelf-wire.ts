/** What page and worker of a shelf say to each other: calls and answers, several in one message. */
import type { ChunkKey } from '../crypto/file-chunks.ts';
import type { FileSource, ShelfFailure } from '../files/ports.ts';
import type { Result } from '../lib/result.ts';
import type { ShelfVerbs } from './shelf-room.ts';
import type { SlotLayout } from './slot.ts';

/** Those that are a question and an answer. */
export type PlainVerbs = Omit<ShelfVerbs, 'takeIn'> & {
  /** Closes all files: the worker may be ended. */
  close(): Promise<void>;
};
export type PlainVerb = keyof PlainVerbs;

/** The first message, alone. `database`: whose shelf. `lock`: held for as long as the worker lives. */
export interface ShelfBeginning {
  readonly database: string;
  readonly lock: string;
}

export type ShelfRequest =
  | { readonly kind: 'call'; readonly id: number; readonly verb: PlainVerb; readonly args: readonly unknown[] }
  | { readonly kind: 'take-in'; readonly id: number; readonly slot: string; readonly source: FileSource; readonly key: ChunkKey }
  | { readonly kind: 'cancel'; readonly id: number };

export type ShelfReport =
  /** The lock is held: whoever gets it next knows that the worker is gone. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly detail: string }
  | { readonly kind: 'progress'; readonly id: number; readonly bytes: number };

export type TakenIn = Result<SlotLayout, ShelfFailure>;

/** Sends what was said in one turn in one message; `moved`: buffers that go along instead of being copied. */
export class Batches<Message> {
  readonly #post: (messages: readonly Message[], moved: ArrayBuffer[]) => void;
  #messages: Message[] = [];
  #moved: ArrayBuffer[] = [];

  constructor(post: (messages: readonly Message[], moved: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  send(message: Message, moved: readonly ArrayBuffer[] = []): void {
    if (this.#messages.push(message) === 1) queueMicrotask(() => this.#flush());
    this.#moved.push(...moved);
  }

  #flush(): void {
    const [messages, moved] = [this.#messages, this.#moved];
    this.#messages = [];
    this.#moved = [];
    this.#post(messages, moved);
  }
}
