/** Who asks to be let in, and by which links one can (PROTOCOL.md G8, G19). */
import { toBase64url } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { Application, GroupState, StandingInvite } from './group-state.ts';
import { counted, type Counted, type Judged } from './judged.ts';

export function newcomersBy(judged: Judged): Pick<GroupState, 'applications' | 'invites'> {
  return { applications: applicationsIn(judged), invites: invitesIn(judged) };
}

/** The newest of each applicant. A request that was answered stays answered, however often somebody carries it in again. */
function applicationsIn(judged: Judged): readonly Application[] {
  const { index, memberships } = judged;
  const applies = counted(judged, 'apply');
  if (applies.length === 0) return [];
  const declines = counted(judged, 'decline');
  const answered = new Set(counted(judged, 'admit').map(({ operation }) => operation.request?.id));
  for (const { number, operation } of applies) {
    const isDecline = (word: Counted<'decline'>) =>
      word.operation.target === operation.target && index.history.precedes(number, word.number);
    if (declines.findLast(isDecline)) answered.add(operation.request?.id);
  }

  const open = new Map<AccountId, Application>();
  for (const { operation } of applies) {
    const { request, id, account, wall } = operation;
    if (!request || answered.has(request.id) || memberships.standing.has(request.account)) continue;
    // Taken out first, so that the newest stands where the newest belongs.
    open.delete(request.account);
    open.set(request.account, { request, operation: id, by: account, at: wall });
  }
  return [...open.values()];
}

function invitesIn(judged: Judged): readonly StandingInvite[] {
  const revoked = new Set(counted(judged, 'revokeInvite').map(({ act }) => toBase64url(act.invite)));
  const uses = new Map<string, number>();
  for (const { operation } of counted(judged, 'admit')) {
    const invite = operation.request?.invitation?.invite;
    if (invite !== undefined) uses.set(invite, (uses.get(invite) ?? 0) + 1);
  }
  return counted(judged, 'invite')
    .map(({ operation }) => ({ id: toBase64url(operation.act.invite), operation, by: operation.account }))
    .filter(({ id }) => !revoked.has(id))
    .map((invite) => ({ ...invite, used: uses.get(invite.id) ?? 0 }));
}
