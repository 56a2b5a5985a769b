/**
 * How many calls of one peer are served (PROTOCOL.md S7): each offer or knock costs a connection and a key agreement. The newest
 * that came too fast is not lost but waits its turn: somebody who locks and unlocks a dozen times still gets their link.
 */
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { IceCandidate } from '../protocol/signal.ts';
import type { Way } from './meeting-places.ts';
import { TokenBucket } from './token-bucket.ts';

const CALL_LIMIT = { capacity: 6, perSecond: 0.5 };
/** Kept for an offer that waits. More than any browser finds; they go along with the offer or not at all. */
const MAX_WAITING_CANDIDATES = 64;

export type Call =
  | { readonly type: 'knock'; readonly way: Way }
  | { readonly type: 'offer'; readonly way: Way; readonly id: Bytes; readonly sdp: string; readonly candidates: readonly IceCandidate[] };

export class CallLimit {
  readonly #clock: Clock;
  readonly #serve: (call: Call) => void;
  readonly #bucket: TokenBucket;
  #waiting: Call | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, serve: (call: Call) => void) {
    this.#clock = clock;
    this.#serve = serve;
    this.#bucket = new TokenBucket(CALL_LIMIT, clock.now());
  }

  /** Serves the call, or lets it take the place of the one that waits. */
  take(call: Call): void {
    this.forget();
    if (this.#bucket.take(this.#clock.now())) {
      this.#serve(call);
      return;
    }
    this.#waiting = call;
    this.#cancel = this.#clock.after(this.#bucket.wait(this.#clock.now()), () => this.#takeWaiting());
  }

  /** Candidates for an offer that waits; nothing for any other. */
  add(id: Bytes, candidates: readonly IceCandidate[]): void {
    const call = this.#waiting;
    if (call?.type !== 'offer' || !equalBytes(call.id, id)) return;
    this.#waiting = { ...call, candidates: [...call.candidates, ...candidates].slice(0, MAX_WAITING_CANDIDATES) };
  }

  /** There is a link: whoever called before it has what they called for. */
  forget(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = undefined;
  }

  close(): void {
    this.forget();
  }

  #takeWaiting(): void {
    if (this.#waiting) this.take(this.#waiting);
  }
}
