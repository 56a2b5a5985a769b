/** Whether an act would be honoured, asked before it is done: the reason a screen shows, by the rules that every replica judges it by. */
import type { GroupAct } from '../protocol/group-operation.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { GroupState } from './group-state.ts';
import type { ActFailure } from './ports.ts';

/** Undefined: it would be honoured. */
export function mayAct(state: GroupState, account: AccountId, act: GroupAct): ActFailure | undefined {
  if (act.type === 'create' || state.disbanded) return { kind: 'group-over' };
  return state.members.has(account) ? undefined : { kind: 'not-a-member' };
}

/** Whether somebody may write a message now (milliseconds since 1970). */
export function mayWrite(state: GroupState, account: AccountId, now: number): ActFailure | undefined {
  if (state.disbanded) return { kind: 'group-over' };
  const member = state.members.get(account);
  if (!member) return { kind: 'not-a-member' };
  const { muted } = member;
  if (muted !== undefined && (muted === 'for-good' || muted > now)) return { kind: 'muted', until: muted };
  return state.allMuted && member.role === 'member' ? { kind: 'all-muted' } : undefined;
}
