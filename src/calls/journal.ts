/**
 * What is told of calls once they are over, whatever happens meanwhile: what has to be known of one is kept while it goes on, so
 * that the next start can tell of a call that the end of the page cut off.
 */
import type { CallOver } from './call-view.ts';
import type { CallsOptions } from './calls-options.ts';
import { cutOff, finishedAs, ongoingOf } from './finished.ts';
import type { GroupState } from './group-call.ts';
import type { PairState } from './pair-call.ts';
import type { Writing } from './writing.ts';

/** How often it is noted that a call still goes on. Milliseconds. */
const NOTE_MS = 15_000;

export type JournalOptions = Pick<CallsOptions, 'store' | 'journal' | 'groups' | 'clock'> & { readonly writing: Writing };

export class Journal {
  readonly #options: JournalOptions;
  #notedAt = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Tells of the call that was going on when the page last ended, if one was. */
  async finishLast(): Promise<void> {
    const { store, journal, groups } = this.#options;
    const last = await store.ongoing();
    if (!last) return;
    if (last.kind === 'two') {
      await journal.enter(last.contact, cutOff(last), [store.putOngoing(undefined)]);
      return;
    }
    await groups.tell(last.group, { call: last.call, act: 'left', media: last.media });
    await store.commit([store.putOngoing(undefined)]);
  }

  /** A call between two has moved on: notes what is new, and now and then that it still goes on. */
  note(before: PairState, after: PairState): void {
    const { store, clock, writing } = this.#options;
    const now = clock.now();
    const isReached = after.phase === 'calling' && before.phase === 'calling' && before.reached !== after.reached;
    const isNews = before.phase !== after.phase || isReached;
    const ongoing = ongoingOf(after, now);
    if (!ongoing || (!isNews && now - this.#notedAt < NOTE_MS)) return;
    this.#notedAt = now;
    writing.soon(() => store.commit([store.putOngoing(ongoing)]));
  }

  /** It is over: enters it in the talk, if that is for this side to do. */
  enter(call: Exclude<PairState, { phase: 'idle' }>, why: CallOver): void {
    const { store, journal, clock, writing } = this.#options;
    const finished = finishedAs(call, why, clock.now());
    if (finished) writing.soon(() => journal.enter(call.peer, finished, [store.putOngoing(undefined)]));
  }

  noteGroup({ call, group, media }: Extract<GroupState, { phase: 'in' }>): void {
    const { store, writing } = this.#options;
    writing.soon(() => store.commit([store.putOngoing({ kind: 'group', call, group, media })]));
  }

  /** The group's log has been told already. */
  forgetGroup(): void {
    const { store, writing } = this.#options;
    writing.soon(() => store.commit([store.putOngoing(undefined)]));
  }
}
