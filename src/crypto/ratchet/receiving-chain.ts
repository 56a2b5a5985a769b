import { fail, succeed, type Result } from '../../lib/result.ts';
import { Secret } from '../secret.ts';
import { advanceChain, type ChainKey } from './chain-key.ts';
import type { HeaderKey } from './header-key.ts';
import type { MessageKey } from './message-key.ts';
import { findSkipped, MAX_SKIP, withoutSkipped, type SkippedKey, type SkippedKeys } from './skipped-keys.ts';

/** One chain of the other side, as far as it was read. */
export interface ReceivingChain {
  readonly headerKey: HeaderKey<'receiving'>;
  /** Undefined once the other side has gone on to another chain: nothing new comes under this one. */
  readonly chain: ChainKey<'receiving'> | undefined;
  /** The number of the first message not passed yet. */
  readonly next: number;
  readonly skipped: SkippedKeys;
}

export type ReadingFailure = { readonly kind: 'already-opened' } | { readonly kind: 'too-far-ahead' };

export interface FoundKey {
  readonly chain: ReceivingChain;
  /** A copy of its own, for the caller to use and wipe. */
  readonly messageKey: MessageKey;
}

/** The key of message `number`, and the chain without it. The chain given is left as it was. */
export function keyOf(chain: ReceivingChain, number: number, now: number): Result<FoundKey, ReadingFailure> {
  if (number < chain.next) {
    const late = findSkipped(chain.skipped, number);
    if (!late) return fail({ kind: 'already-opened' });
    return succeed({ chain: { ...chain, skipped: withoutSkipped(chain.skipped, number) }, messageKey: copyOf(late.key) });
  }
  const passed = passUpTo(chain, number, now);
  if (!passed.ok) return passed;
  const reached = passed.value;
  if (!reached.chain) return fail({ kind: 'too-far-ahead' });
  const step = advanceChain(reached.chain);
  return succeed({ chain: { ...reached, chain: step.chain, next: number + 1 }, messageKey: step.messageKey });
}

/** The chain as it is left when the other side has gone on after `length` messages of it. */
export function finishChain(chain: ReceivingChain, length: number, now: number): Result<ReceivingChain, ReadingFailure> {
  const passed = passUpTo(chain, length, now);
  return passed.ok ? succeed({ ...passed.value, chain: undefined }) : passed;
}

function copyOf(key: MessageKey): MessageKey {
  return new Secret('message', key.expose().slice());
}

/** Refused before any work is done if it would be too much. */
function passUpTo(chain: ReceivingChain, number: number, now: number): Result<ReceivingChain, ReadingFailure> {
  if (number <= chain.next) return succeed(chain);
  if (!chain.chain || number - chain.next > MAX_SKIP) return fail({ kind: 'too-far-ahead' });
  const skipped: SkippedKey[] = [...chain.skipped];
  let key = chain.chain;
  for (let at = chain.next; at < number; at++) {
    const step = advanceChain(key);
    // The first one is the caller's, whose step this may not become.
    if (key !== chain.chain) key.wipe();
    skipped.push({ number: at, key: step.messageKey, at: now });
    key = step.chain;
  }
  return succeed({ ...chain, chain: key, next: number, skipped });
}
