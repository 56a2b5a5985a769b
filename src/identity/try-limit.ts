/** How wrong passwords slow down whoever tries them at the keyboard (VAULT.md V6, V7). A copied disk is not slowed by it. */
import { fail, succeed, type Result } from '../lib/result.ts';
import type { WrongTries } from './ports.ts';

const FREE_TRIES = 5;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** After the last free try, and after each one more; the last for all that follow. */
const WAITS_MS = [30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE] as const;
const LONGEST_WAIT_MS = 60 * MINUTE;

/** No try is allowed before `until` (milliseconds since 1970). */
export type LockedOut = { readonly kind: 'locked-out'; readonly until: number };
/** `freeTries`: how many more wrong ones before waiting begins. */
export type WrongPassword = { readonly kind: 'wrong-password'; readonly freeTries: number };

/** What is to be written down, whatever comes of it. */
export interface Attempt {
  readonly tries: WrongTries;
  /** What to say if the password is wrong; or that none is looked at now. */
  readonly verdict: Result<WrongPassword | LockedOut, LockedOut>;
}

/**
 * One more try. It is counted before it is known to be wrong, so that leaving the page while it is looked at gains nothing.
 *
 * Time is counted from the last try on. A clock that is behind that counts as no time at all, and what is left of the wait
 * begins anew. A clock that is ahead is believed, since nothing on a device tells a clock set from time passed while the
 * page was closed; but it ends one wait and lowers no count, so each further try needs the clock set ahead once more.
 */
export function attempt(before: WrongTries | undefined, now: number): Attempt {
  const left = waitLeft(before, now);
  const count = before?.count ?? 0;
  if (left > 0) return { tries: { count, wait: left, since: now }, verdict: fail({ kind: 'locked-out', until: now + left }) };
  const tries = { count: count + 1, wait: waitAfter(count + 1), since: now };
  return { tries, verdict: succeed(failureOf(tries)) };
}

function failureOf({ count, wait, since }: WrongTries): WrongPassword | LockedOut {
  return wait > 0 ? { kind: 'locked-out', until: since + wait } : { kind: 'wrong-password', freeTries: FREE_TRIES - count };
}

function waitLeft(tries: WrongTries | undefined, now: number): number {
  if (!tries) return 0;
  const elapsed = Math.max(0, now - tries.since);
  return Math.max(0, Math.min(tries.wait, LONGEST_WAIT_MS) - elapsed);
}

function waitAfter(wrong: number): number {
  return wrong < FREE_TRIES ? 0 : (WAITS_MS[wrong - FREE_TRIES] ?? LONGEST_WAIT_MS);
}
