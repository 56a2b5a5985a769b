/** Carries out what the machine of a call between two says (`pair-call.ts`). */
import { assertNever } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { CallWordBody } from '../protocol/call-word.ts';
import type { AccountId, CallId } from '../protocol/ids.ts';
import type { CallOver } from './call-view.ts';
import type { Journal } from './journal.ts';
import { advancePair, NO_CALL, type PairCall, type PairEffect, type PairEvent, type PairState } from './pair-call.ts';

export interface PairSideOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly tell: (to: AccountId, call: CallId, word: CallWordBody) => void;
  /** Both are in it. */
  readonly entered: (peer: AccountId) => void;
  readonly over: (call: Exclude<PairState, { phase: 'idle' }>, why: CallOver) => void;
  /** After every step. */
  readonly moved: () => void;
}

export class PairSide {
  readonly #options: PairSideOptions;
  #call: PairCall = NO_CALL;

  constructor(options: PairSideOptions) {
    this.#options = options;
  }

  get state(): PairState {
    return this.#call.state;
  }

  hasEnded(call: CallId): boolean {
    return this.#call.ended.some((each) => each.call === call);
  }

  advance(event: PairEvent): void {
    const { clock, journal, entered, moved } = this.#options;
    const before = this.state;
    const { next, effects } = advancePair(this.#call, event, clock.now());
    const after = next.state;
    this.#call = next;
    if (after.phase === 'in' && (before.phase !== 'in' || before.call !== after.call)) entered(after.peer);
    for (const effect of effects) this.#carryOut(effect);
    if (after !== before) journal.note(before, after);
    moved();
  }

  #carryOut(effect: PairEffect): void {
    const { tell, over, journal } = this.#options;
    switch (effect.type) {
      case 'tell':
        tell(effect.to, effect.call, effect.word);
        break;
      case 'over':
        over(effect.call, effect.why);
        journal.enter(effect.call, effect.why);
        break;
      default:
        assertNever(effect);
    }
  }
}
