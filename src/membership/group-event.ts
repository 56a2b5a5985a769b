/** How an operation is told in the talk. */
import { assertNever } from '../lib/assert.ts';
import { cleanText } from '../lib/clean-text.ts';
import { messageIdOf, type AccountId } from '../protocol/ids.ts';
import type { GroupEvent } from '../session/group-talk.ts';
import { cleanGroupName } from './group-name.ts';
import type { GroupState } from './group-state.ts';
import type { Operation } from './operation.ts';

/** Undefined: it is not told, or counts for nothing. */
export function eventOf(operation: Operation, state: GroupState): GroupEvent | undefined {
  if (!state.effective.has(operation.id)) return undefined;
  const { act, account, request } = operation;
  const nameOf = (somebody: AccountId) => state.names.get(somebody) ?? '';
  const author = { by: account, byName: nameOf(account) };
  const target = operation.target && { account: operation.target, name: nameOf(operation.target) };
  switch (act.type) {
    case 'create':
      return { ...author, kind: 'created' };
    case 'admit':
      return request && { ...author, kind: 'joined', account: request.account, name: request.introduction.name };
    case 'kick':
    case 'expel':
      return target && { ...author, kind: 'removed', ...target };
    case 'leave':
      return { ...author, kind: 'left' };
    case 'grant':
      return target && { ...author, kind: 'made-admin', ...target };
    case 'revoke':
      return target && { ...author, kind: 'unmade-admin', ...target };
    case 'offer':
      return target && { ...author, kind: 'offered', ...target };
    case 'accept':
      return { ...author, kind: 'became-owner', account, name: nameOf(account) };
    case 'mute':
      return target && { ...author, kind: 'muted', ...target, until: act.until ?? 'for-good' };
    case 'unmute':
      return target && { ...author, kind: 'unmuted', ...target };
    case 'muteAll':
      return { ...author, kind: 'all-muted' };
    case 'unmuteAll':
      return { ...author, kind: 'all-unmuted' };
    case 'rename':
      return { ...author, kind: 'renamed', text: cleanGroupName(act.name) };
    case 'topic':
      return { ...author, kind: 'topic-changed', text: cleanText(act.topic) };
    case 'announce':
      return { ...author, kind: 'announced', text: cleanText(act.text) };
    case 'picture':
      return { ...author, kind: 'picture-changed' };
    case 'policy':
      return { ...author, kind: 'policy-changed' };
    case 'pin':
      return { ...author, kind: 'pinned', message: messageIdOf(act.message) };
    case 'unpin':
      return { ...author, kind: 'unpinned', message: messageIdOf(act.message) };
    case 'disband':
      return { ...author, kind: 'disbanded' };
    case 'settle':
    case 'invite':
    case 'revokeInvite':
    case 'decline':
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
