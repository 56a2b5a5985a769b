/** Whether a message's author had the right to write it: by what they knew, and by what they should have known (PROTOCOL.md G21–G23). */
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { GroupState } from './group-state.ts';
import type { History } from './history.ts';

/** What a message says of itself, its signature verified. */
export interface MessageClaim {
  readonly account: AccountId;
  /** 32 bytes in base64url. */
  readonly device: string;
  readonly seq: number;
  /** Heads of the operations its author knew. */
  readonly control: readonly OperationId[];
  /** The author's clock. Whoever is muted for a time can say it is over by it alone, so messages from the future are to be held back. */
  readonly wall: number;
}

/**
 * `pending`: an operation its author knew is not here. `foreign`: the device was none of a member's, or no member's device any
 * more: never stored. `hidden`: written by a member, and not to be shown: beyond what had come when they were removed or muted,
 * or while all were.
 */
export type Authorship = 'shown' | 'hidden' | 'foreign' | 'pending';

/** `state`: what `history` resolves to now. */
export function judgeAuthor(history: History, state: GroupState, claim: MessageClaim): Authorship {
  void state;
  return history.closure(claim.control) ? 'foreign' : 'pending';
}
