/**
 * Tells many people how we are, a round at a time: with full groups there are hundreds to tell, and a meeting place that gets
 * them all at once drops some of it. Whoever waits for their turn is told the latest.
 */
import type { Clock } from '../lib/clock.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { VisiblePresence } from '../protocol/signal.ts';

/** People told in a round, and milliseconds to the next: in the long run what the meeting place takes from one socket. */
const TOLD_IN_A_ROUND = 60;
const ROUND_MS = 3_000;

export interface PresenceWord {
  readonly presence: VisiblePresence;
  readonly wantReply: boolean;
}

export class PresenceRounds {
  readonly #clock: Clock;
  readonly #tell: (to: AccountId, word: PresenceWord) => void;
  readonly #waiting = new Map<AccountId, PresenceWord>();
  #left = TOLD_IN_A_ROUND;
  #cancelRound: (() => void) | undefined;

  constructor(clock: Clock, tell: (to: AccountId, word: PresenceWord) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(to: AccountId, { presence, wantReply }: PresenceWord): void {
    this.#waiting.set(to, { presence, wantReply: wantReply || this.#waiting.get(to)?.wantReply === true });
    this.#serve();
  }

  /** What has not been told yet is not told any more. */
  forget(): void {
    this.#waiting.clear();
  }

  close(): void {
    this.forget();
    this.#cancelRound?.();
  }

  #serve(): void {
    for (const [to, word] of this.#waiting) {
      if (this.#left === 0) break;
      this.#left -= 1;
      this.#waiting.delete(to);
      this.#tell(to, word);
    }
    this.#cancelRound ??= this.#clock.after(ROUND_MS, () => {
      this.#cancelRound = undefined;
      this.#left = TOLD_IN_A_ROUND;
      if (this.#waiting.size > 0) this.#serve();
    });
  }
}
