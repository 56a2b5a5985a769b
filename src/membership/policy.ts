/** A group's policy, as it travels and as the rest of the app says it. */
import { assertNever } from '../lib/assert.ts';
import type { WirePolicy } from '../protocol/group-operation.ts';

/** What a new member gets of what was said before they came. */
export type HistoryPolicy =
  | { readonly kind: 'none' }
  | { readonly kind: 'since-joining' }
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'all' };

export interface GroupPolicy {
  readonly history: HistoryPolicy;
  /** Who may make invitation links. */
  readonly invites: 'admins' | 'everybody';
}

export function policyOf({ history, invites }: WirePolicy): GroupPolicy {
  return { history: historyPolicyOf(history), invites };
}

/** Days are whole, at least one and at most 65,535. */
export function wirePolicy({ history, invites }: GroupPolicy): WirePolicy {
  return { history: wireHistory(history), invites };
}

function historyPolicyOf(history: WirePolicy['history']): HistoryPolicy {
  switch (history.type) {
    case 'none':
    case 'all':
      return { kind: history.type };
    case 'sinceJoining':
      return { kind: 'since-joining' };
    case 'days':
      return { kind: 'days', days: history.days };
    default:
      return assertNever(history);
  }
}

const MAX_DAYS = 65_535;

function wireHistory(history: HistoryPolicy): WirePolicy['history'] {
  switch (history.kind) {
    case 'none':
    case 'all':
      return { type: history.kind };
    case 'since-joining':
      return { type: 'sinceJoining' };
    case 'days':
      return { type: 'days', days: Math.min(MAX_DAYS, Math.max(1, Math.round(history.days))) };
    default:
      return assertNever(history);
  }
}
