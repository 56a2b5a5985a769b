/** What the screens offer, by the rules every member's client keeps (groups/). Offering less is politeness; refusing is theirs. */
import type { Group } from '../../groups/ports.ts';
import type { Role } from '../../membership/group-state.ts';
import type { MutedUntil } from '../../session/group-talk.ts';

/** Why I cannot write in a group. */
export type Closed =
  | { readonly kind: 'left' | 'removed' | 'disbanded' }
  | { readonly kind: 'muted'; readonly until: MutedUntil }
  | { readonly kind: 'all-muted' };

export function isAdmin(role: Role): boolean {
  return role !== 'member';
}

/** Admins decide about members, the owner about everybody else as well. */
export function mayManage(mine: Role, theirs: Role): boolean {
  return (mine === 'owner' && theirs !== 'owner') || (mine === 'admin' && theirs === 'member');
}

export function mayInvite({ me, policy }: Group): boolean {
  return isAdmin(me.role) || policy.invites === 'everybody';
}

export function isMutedNow(until: MutedUntil | undefined, now: number): until is MutedUntil {
  return until !== undefined && (until === 'for-good' || until > now);
}

/** Undefined when nothing keeps me from writing. `now`: milliseconds since 1970. */
export function closedBecause({ phase, me, allMuted }: Group, now: number): Closed | undefined {
  if (phase === 'left' || phase === 'removed' || phase === 'disbanded') return { kind: phase };
  if (isMutedNow(me.muted, now)) return { kind: 'muted', until: me.muted };
  return allMuted && !isAdmin(me.role) ? { kind: 'all-muted' } : undefined;
}

export function isOver(closed: Closed): boolean {
  return closed.kind === 'left' || closed.kind === 'removed' || closed.kind === 'disbanded';
}
