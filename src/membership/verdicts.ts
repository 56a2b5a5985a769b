/** Which operations count (PROTOCOL.md G10–G19). */
import { assertNever } from '../lib/assert.ts';
import { toBase64url } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';
import { actsAsMember, isRightful, type Memberships } from './membership.ts';
import { isBarred, spanOf, type Rights } from './rights.ts';

/** By number: whether it counts. */
export function verdictsBy(rights: Rights, memberships: Memberships): readonly boolean[] {
  const { history, order } = rights.index;
  const links = new Set(rights.chain.links);
  const decisive = new Set([...memberships.grants.values(), ...memberships.removals.values()].flat());
  const isOpen = openToInviters(rights);
  const inviters = new Map<string, AccountId>();

  const isMembers = (number: number) => actsAsMember(memberships, number);
  const isByMember = (number: number) => isMembers(number) && !isBarred(rights, number, isMembers);
  const mayInvite = (number: number) => isRightful(rights, number) || (isOpen(number) && isByMember(number));

  const counts = (number: number): boolean => {
    const { act, account } = history.at(number);
    switch (act.type) {
      case 'create':
      case 'grant':
      case 'revoke':
      case 'expel':
      case 'offer':
      case 'accept':
      case 'policy':
      case 'disband':
        return links.has(number);
      case 'admit':
      case 'kick':
      case 'leave':
        return decisive.has(number);
      case 'invite': {
        if (!mayInvite(number)) return false;
        const invite = toBase64url(act.invite);
        // Two with one id are told apart by nobody: the first is the one.
        if (inviters.has(invite)) return false;
        inviters.set(invite, account);
        return true;
      }
      case 'revokeInvite':
        return isRightful(rights, number) || (inviters.get(toBase64url(act.invite)) === account && isByMember(number));
      case 'settle':
      case 'decline':
      case 'mute':
      case 'unmute':
      case 'muteAll':
      case 'unmuteAll':
      case 'rename':
      case 'picture':
      case 'topic':
      case 'announce':
      case 'pin':
      case 'unpin':
        return isRightful(rights, number);
      case 'keyPackage':
      case 'epoch':
      case 'ack':
      case 'apply':
      case 'nickname':
        return isByMember(number);
      default:
        return assertNever(act);
    }
  };

  const verdicts = new Array<boolean>(order.length).fill(false);
  for (const number of order) verdicts[number] = counts(number);
  return verdicts;
}

/** Whether everybody might make invitations, wherever in the owner's chain an operation is judged (G16). */
function openToInviters(rights: Rights): (number: number) => boolean {
  const { chain, index } = rights;
  const open: boolean[] = [];
  for (const link of chain.links) {
    const { act } = index.history.at(link);
    const policy = act.type === 'create' ? act.policy : act.type === 'policy' ? act : undefined;
    open.push(policy ? policy.invites === 'everybody' : (open.at(-1) ?? false));
  }
  return (number) => {
    const { from, to } = spanOf(rights, number);
    return open.slice(from, to).every(Boolean);
  };
}
