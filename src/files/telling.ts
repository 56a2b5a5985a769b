/** Tells whoever asked, and whoever gives, how much of a file is here, as it grows (PROTOCOL.md X23). */
import { chunksOf } from '../crypto/file-chunks.ts';
import type { Clock } from '../lib/clock.ts';
import { MAX_RUNS, type FileWordBody } from '../protocol/file-word.ts';
import type { AccountId, FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import type { Holdings } from './holdings.ts';

/** Between two times of telling. */
const TELL_MS = 500;

export interface TellingHouse {
  readonly clock: Clock;
  readonly holdings: Holdings;
  card(file: FileId): FileCard | undefined;
  tell(account: AccountId, file: FileId, word: FileWordBody): boolean;
}

export class Telling {
  readonly #house: TellingHouse;
  /** Whom to tell, and how many chunks they know of. */
  readonly #listeners = new Map<FileId, Map<AccountId, number>>();
  readonly #grown = new Set<FileId>();
  #cancel: (() => void) | undefined;

  constructor(house: TellingHouse) {
    this.#house = house;
  }

  close(): void {
    this.#cancel?.();
  }

  /** From now on, as long as they are linked. */
  listen(file: FileId, account: AccountId): void {
    const listeners = this.#listeners.get(file) ?? new Map<AccountId, number>();
    this.#listeners.set(file, listeners);
    if (!listeners.has(account)) listeners.set(account, 0);
  }

  lost(account: AccountId): void {
    for (const [file, listeners] of this.#listeners) if (listeners.delete(account) && listeners.size === 0) this.#listeners.delete(file);
  }

  /** More of it is here. */
  grown(file: FileId): void {
    if (!this.#listeners.has(file)) return;
    this.#grown.add(file);
    this.#cancel ??= this.#house.clock.after(TELL_MS, () => {
      this.#cancel = undefined;
      const grown = [...this.#grown];
      this.#grown.clear();
      for (const each of grown) this.#tellMore(each);
    });
  }

  #tellMore(file: FileId): void {
    const size = this.#house.holdings.known(file)?.have.size ?? 0;
    for (const [account, told] of this.#listeners.get(file) ?? []) if (size > told) this.answer(file, account);
  }

  /** Whatever they thought: it is paused, goes on, is all here, or gone. */
  all(file: FileId): void {
    for (const account of [...(this.#listeners.get(file)?.keys() ?? [])]) this.answer(file, account);
  }

  /** What is here of it now; it has been opened, is complete, or is not to be had here. */
  answer(file: FileId, account: AccountId): void {
    const card = this.#house.card(file);
    const word = card ? this.#wordOf(card) : ({ type: 'gone' } as const);
    if (word.type === 'have') this.#listeners.get(file)?.set(account, word.chunks);
    this.#house.tell(account, file, word.type === 'have' ? { type: 'have', serves: word.serves, runs: word.runs } : word);
  }

  #wordOf({ file, wish, size }: FileCard) {
    const chunks = chunksOf(size);
    switch (wish) {
      case 'complete':
        return { type: 'have', serves: true, runs: [{ from: 0, to: chunks }], chunks } as const;
      case 'wanted': {
        const have = this.#house.holdings.known(file)?.have;
        return { type: 'have', serves: true, runs: have?.runs(MAX_RUNS) ?? [], chunks: have?.size ?? 0 } as const;
      }
      case 'paused':
        return { type: 'have', serves: false, runs: [], chunks: 0 } as const;
      case 'offered':
      case 'removed':
        return { type: 'gone' } as const;
    }
  }
}
