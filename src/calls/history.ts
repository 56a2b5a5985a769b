/** The history of calls: what became of each, and how many were missed since the person last looked. */
import { Cell, type Observable } from '../lib/observable.ts';
import type { Write } from '../lib/write.ts';
import type { AccountId, ConversationId } from '../protocol/ids.ts';
import type { CallEntry, CallKeeper, CallPlace } from '../session/call-entry.ts';
import type { CallRecord, CallStore } from './ports.ts';
import type { Writing } from './writing.ts';

/** Records looked through for missed calls. */
const MISSED_AMONG = 200;

export interface HistoryOptions {
  readonly me: AccountId;
  readonly store: CallStore;
  readonly writing: Writing;
  /** Up to when the person has looked, milliseconds since 1970. */
  readonly seenUpTo: number;
}

export class CallHistory implements CallKeeper {
  readonly missed = new Cell(0);
  readonly #options: HistoryOptions;
  #records: readonly CallRecord[] = [];
  #seenUpTo: number;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#seenUpTo = options.seenUpTo;
  }

  /** Counts from now on; returns how to stop. */
  watch(): () => void {
    const subscription = this.records(MISSED_AMONG).subscribe((records) => {
      this.#records = records;
      this.#count();
    });
    return () => subscription.unsubscribe();
  }

  /** Newest first. */
  records(limit: number): Observable<readonly CallRecord[]> {
    return this.#options.store.records(limit);
  }

  /** The person has looked at it. */
  seen(): void {
    const { store, writing } = this.#options;
    const seenUpTo = this.#records.reduce((newest, { wall }) => Math.max(newest, wall), this.#seenUpTo);
    this.#seenUpTo = seenUpTo;
    this.#count();
    writing.soon(() => store.commit([store.putSeenUpTo(seenUpTo)]));
  }

  keep(place: CallPlace, entry: CallEntry): readonly Write[] {
    return [this.#options.store.putRecord({ ...place, entry })];
  }

  drop(conversation: ConversationId): readonly Write[] {
    return [this.#options.store.dropRecords(conversation)];
  }

  #count(): void {
    this.missed.set(this.#records.filter((record) => this.#isMissed(record)).length);
  }

  #isMissed({ author, wall, entry }: CallRecord): boolean {
    if (author === this.#options.me || wall <= this.#seenUpTo) return false;
    return entry.kind === 'two' && entry.outcome !== 'answered' && entry.outcome !== 'declined';
  }
}
