/**
 * Whether an act would be honoured, asked before it is done (PROTOCOL.md G10–G18): the reason a screen shows. Stricter than what
 * replicas honour only where it spares people surprises: nobody is made a member, or an admin, by being named.
 */
import { assertNever } from '../lib/assert.ts';
import { toBase64url, utf8 } from '../lib/bytes.ts';
import { cleanLine } from '../lib/clean-text.ts';
import {
  MAX_ANNOUNCEMENT_BYTES,
  MAX_GROUP_NAME_BYTES,
  MAX_MEMBERS,
  MAX_PICTURE_BYTES,
  MAX_TOPIC_BYTES,
  type GroupAct,
} from '../protocol/group-operation.ts';
import { MAX_GROUP_DEVICES } from '../protocol/group-message.ts';
import { MAX_NAME_BYTES } from '../protocol/frame.ts';
import { accountIdOf, type AccountId } from '../protocol/ids.ts';
import type { MutedUntil } from '../session/group-talk.ts';
import type { GroupState, Member } from './group-state.ts';

/** Why an act is not done. It is what the screen says, and what every other member's client would have answered. */
export type ActFailure =
  | {
      readonly kind: 'not-allowed';
      readonly because: 'owner-only' | 'admins-only' | 'target-is-admin' | 'target-is-owner' | 'owner-must-stay';
    }
  | { readonly kind: 'muted'; readonly until: MutedUntil }
  | { readonly kind: 'all-muted' }
  | { readonly kind: 'not-a-member' }
  | { readonly kind: 'group-over' }
  | { readonly kind: 'no-such-member' }
  | { readonly kind: 'group-full'; readonly limit: number }
  | { readonly kind: 'too-long'; readonly bytes: number; readonly limit: number }
  | { readonly kind: 'empty' };

/** Why nothing can be said. */
export type SayFailure = Extract<ActFailure, { readonly kind: 'not-a-member' | 'group-over' | 'muted' | 'all-muted' | 'not-allowed' }>;

/** Undefined: it would be honoured. */
export function mayAct(state: GroupState, account: AccountId, act: GroupAct): ActFailure | undefined {
  if (state.disbanded || act.type === 'create') return { kind: 'group-over' };
  const author = state.members.get(account);
  if (!author) return { kind: 'not-a-member' };
  return rankFailure(state, author, act) ?? targetFailure(state, author, act) ?? contentFailure(state, author, act);
}

/** Whether somebody may write a message now (milliseconds since 1970). */
export function mayWrite(state: GroupState, account: AccountId, now: number): SayFailure | undefined {
  if (state.disbanded) return { kind: 'group-over' };
  const member = state.members.get(account);
  if (!member) return { kind: 'not-a-member' };
  const { muted, role } = member;
  if (muted !== undefined && (muted === 'for-good' || muted > now)) return { kind: 'muted', until: muted };
  return state.allMuted && role === 'member' ? { kind: 'all-muted' } : undefined;
}

const OWNER_ONLY: ActFailure = { kind: 'not-allowed', because: 'owner-only' };
const ADMINS_ONLY: ActFailure = { kind: 'not-allowed', because: 'admins-only' };

function rankFailure(state: GroupState, { account, role }: Member, act: GroupAct): ActFailure | undefined {
  switch (act.type) {
    case 'create':
    case 'grant':
    case 'revoke':
    case 'expel':
    case 'offer':
    case 'policy':
    case 'disband':
      return role === 'owner' ? undefined : OWNER_ONLY;
    case 'accept':
      return state.offeredTo === account ? undefined : OWNER_ONLY;
    case 'settle':
    case 'admit':
    case 'decline':
    case 'kick':
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
      return role === 'member' ? ADMINS_ONLY : undefined;
    case 'invite':
      return role === 'member' && state.policy.invites === 'admins' ? ADMINS_ONLY : undefined;
    case 'revokeInvite': {
      const id = toBase64url(act.invite);
      const isMine = state.invites.some((invite) => invite.id === id && invite.by === account);
      return role === 'member' && !isMine ? ADMINS_ONLY : undefined;
    }
    case 'leave':
      return role === 'owner' ? { kind: 'not-allowed', because: 'owner-must-stay' } : undefined;
    case 'keyPackage':
    case 'epoch':
    case 'ack':
    case 'apply':
    case 'nickname':
      return undefined;
    default:
      return assertNever(act);
  }
}

function targetFailure(state: GroupState, author: Member, act: GroupAct): ActFailure | undefined {
  switch (act.type) {
    case 'grant':
    case 'revoke':
    case 'expel':
    case 'kick':
    case 'mute':
    case 'unmute':
      return failureFor(state.members.get(accountIdOf(act.account)), act.type);
    case 'offer':
      return act.account && offerFailure(author, state.members.get(accountIdOf(act.account)));
    default:
      return undefined;
  }
}

function failureFor(target: Member | undefined, type: 'grant' | 'revoke' | 'expel' | 'kick' | 'mute' | 'unmute'): ActFailure | undefined {
  if (!target) return { kind: 'no-such-member' };
  if (target.role === 'owner') return { kind: 'not-allowed', because: 'target-is-owner' };
  const isForMembers = type === 'kick' || type === 'mute' || type === 'unmute';
  return isForMembers && target.role === 'admin' ? { kind: 'not-allowed', because: 'target-is-admin' } : undefined;
}

function offerFailure(author: Member, target: Member | undefined): ActFailure | undefined {
  if (!target) return { kind: 'no-such-member' };
  if (target.account === author.account) return { kind: 'not-allowed', because: 'target-is-owner' };
  return target.role === 'admin' ? undefined : ADMINS_ONLY;
}

function contentFailure(state: GroupState, { account }: Member, act: GroupAct): ActFailure | undefined {
  switch (act.type) {
    case 'rename':
      return cleanLine(act.name) === '' ? { kind: 'empty' } : lengthFailure(utf8(act.name).length, MAX_GROUP_NAME_BYTES);
    case 'topic':
      return lengthFailure(utf8(act.topic).length, MAX_TOPIC_BYTES);
    case 'announce':
      return lengthFailure(utf8(act.text).length, MAX_ANNOUNCEMENT_BYTES);
    case 'picture':
      return lengthFailure(act.picture?.length ?? 0, MAX_PICTURE_BYTES);
    case 'nickname':
      return lengthFailure(utf8(act.nickname).length, MAX_NAME_BYTES);
    case 'admit':
      return state.members.size >= MAX_MEMBERS ? { kind: 'group-full', limit: MAX_MEMBERS } : undefined;
    case 'keyPackage': {
      const isIn = state.devices.some((device) => device.account === account);
      return state.devices.length >= MAX_GROUP_DEVICES && !isIn ? { kind: 'group-full', limit: MAX_GROUP_DEVICES } : undefined;
    }
    default:
      return undefined;
  }
}

function lengthFailure(bytes: number, limit: number): ActFailure | undefined {
  return bytes > limit ? { kind: 'too-long', bytes, limit } : undefined;
}
