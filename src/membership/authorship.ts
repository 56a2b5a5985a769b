/** Whether a message's author had the right to write it: by what they knew, and by what was decided meanwhile (PROTOCOL.md G21–G23). */
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { NumberSet } from './causal-past.ts';
import type { GroupState, Interval, Silencing } from './group-state.ts';
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
 * `pending`: an operation its author knew is not here. `foreign`: the device was none of a member's, and its author knew: never
 * stored. `hidden`: not to be shown: beyond what had come when they were removed or muted, or while all were, or let in by
 * somebody without the right.
 */
export type Authorship = 'shown' | 'hidden' | 'foreign' | 'pending';

/** `state`: what `history` resolves to now. */
export function judgeAuthor(history: History, state: GroupState, claim: MessageClaim): Authorship {
  const known = history.closure(claim.control);
  if (!known) return 'pending';
  const knows = (id: OperationId) => isIn(history, known, id);
  const silencings = state.silencings.get(claim.account) ?? [];
  const removals = silencings.filter(({ kind }) => kind === 'removal');
  const seen = removals.filter(({ operation }) => knows(operation.id));

  const isOver = state.disbanded && knows(state.tip);
  const isBound = history.introductionsOf(claim.account, claim.device).some((number) => known.has(number));
  const grants = (state.grants.get(claim.account) ?? []).filter(knows);
  const isMember = grants.findLast((grant) => seen.every(({ operation }) => follows(history, grant, operation.id))) !== undefined;
  if (isOver || !isBound || (seen.length > 0 && !isMember)) return 'foreign';
  if (!isMember) return 'hidden';

  const isCut = removals.some((removal) => !knows(removal.operation.id) && isBeyond(removal, claim));
  const isAdmin = wasAdminKnowing(history, state, claim.account, claim.control);
  const isMuted = silencings.some((silencing) => mutes(silencing, claim, knows) && !(isAdmin && knows(silencing.operation.id)));
  const isSilenced = !isAdmin && state.generalSilences.some((silence) => holds(silence, knows));
  return isCut || isMuted || isSilenced ? 'hidden' : 'shown';
}

/** Whether somebody was owner or admin as far as they knew: what `@all` and general silence ask. */
export function wasAdminKnowing(history: History, state: GroupState, account: AccountId, control: readonly OperationId[]): boolean {
  const known = history.closure(control);
  if (!known) return false;
  return (state.adminships.get(account) ?? []).some((interval) => holds(interval, (id) => isIn(history, known, id)));
}

/** A mute holds for what comes beyond `seen`, known or not, until the author knows that it was lifted or says its time is over. */
function mutes(silencing: Silencing, claim: MessageClaim, knows: (id: OperationId) => boolean): boolean {
  const { kind, until, lifted } = silencing;
  if (kind !== 'mute' || !isBeyond(silencing, claim) || lifted.some(knows)) return false;
  return until === 'for-good' || until === undefined || claim.wall < until;
}

function holds({ begun, ended }: Interval, knows: (id: OperationId) => boolean): boolean {
  return knows(begun) && !ended.some(knows);
}

function isBeyond({ seen }: Silencing, { device, seq }: MessageClaim): boolean {
  return seq > (seen.get(device) ?? 0);
}

function follows(history: History, later: OperationId, earlier: OperationId): boolean {
  const [before, after] = [history.numberOf(earlier), history.numberOf(later)];
  return before !== undefined && after !== undefined && history.precedes(before, after);
}

function isIn(history: History, known: NumberSet, id: OperationId): boolean {
  const number = history.numberOf(id);
  return number !== undefined && known.has(number);
}
