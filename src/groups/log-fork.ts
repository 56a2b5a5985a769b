/** Two messages a device signed of which only one can be in its log: the proof that its owner, or a thief of its key, plays double. */
import { fail, succeed, type Result } from '../lib/result.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';
import { readMessage, type CarriedMessage } from './message.ts';

export interface LogFork {
  readonly group: GroupId;
  readonly account: AccountId;
  /** Signing key, 32 bytes in base64url. */
  readonly device: string;
  /** Both messages as they were carried, the lower number first, of equal numbers the lower id. */
  readonly proofs: readonly [Bytes, Bytes];
}

/**
 * What two messages prove together, wherever they come from: that is checked here, so a proof can be handed on by anybody
 * (PROTOCOL.md G53). Same group, account and device, and either one number with two ids, or neighbours of which the later
 * names another as the one before it.
 */
export function proveFork(one: Bytes, other: Bytes): Result<LogFork, { readonly kind: 'proves-nothing' }> {
  const [a, b] = [readMessage(one), readMessage(other)];
  if (!a.ok || !b.ok) return fail({ kind: 'proves-nothing' });
  const [first, second] = inOrder(a.value, b.value);
  const isOneAuthor = first.group === second.group && first.device === second.device && first.account === second.account;
  if (!isOneAuthor || !contradict(first, second)) return fail({ kind: 'proves-nothing' });
  const { group, account, device } = first;
  return succeed({ group, account, device, proofs: [first.envelope, second.envelope] });
}

function contradict(first: CarriedMessage, second: CarriedMessage): boolean {
  if (first.seq === second.seq) return first.id !== second.id;
  return second.seq === first.seq + 1 && second.own !== first.id;
}

function inOrder(a: CarriedMessage, b: CarriedMessage): readonly [CarriedMessage, CarriedMessage] {
  return a.seq < b.seq || (a.seq === b.seq && a.id < b.id) ? [a, b] : [b, a];
}
