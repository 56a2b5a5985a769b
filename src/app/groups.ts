/** The groups of an open account as the screens see them: what the store refuses is told on the spot. */
import type { Chat } from '../chat/chat.ts';
import type { Groups } from '../groups/groups.ts';
import type { ShownMessage } from '../groups/spread-watch.ts';
import { conversationOf, type AccountId, type ConversationId, type MessageId } from '../protocol/ids.ts';
import type { Groups as GroupVerbs } from '../ui/parley.ts';
import { orStorageFailure } from './storage-failure.ts';

export function createGroupVerbs(groups: Groups, chat: Chat): GroupVerbs {
  return {
    watch: () => groups.watch(),
    create: (group) => orStorageFailure(() => groups.create(group)),
    send: (group, text, mentions) => orStorageFailure(() => groups.send(group, text, mentions)),
    spread: (group, message) => groups.spread(group, message),
    message: (group, message) => chat.message(conversationOf(group), message),
    markRead: (group, announcement) => groups.markRead(group, announcement),
    inviteFriends: (group, friends) => orStorageFailure(() => groups.inviteFriends(group, friends)),
    makeInvite: (group, options) => orStorageFailure(() => groups.makeInvite(group, options)),
    revokeInvite: (group, inviteId) => orStorageFailure(() => groups.revokeInvite(group, inviteId)),
    read: (link) => groups.read(link),
    join: (invite, greeting) => orStorageFailure(() => groups.join(invite, greeting)),
    invitations: groups.invitations,
    declineInvitation: (invite) => groups.declineInvitation(invite),
    approve: (group, applicant) => orStorageFailure(() => groups.approve(group, applicant)),
    decline: (group, applicant) => orStorageFailure(() => groups.decline(group, applicant)),
    leave: (group) => orStorageFailure(() => groups.leave(group)),
    remove: (group, member) => orStorageFailure(() => groups.remove(group, member)),
    setAdmin: (group, member, admin) => orStorageFailure(() => groups.setAdmin(group, member, admin)),
    mute: (group, member, until) => orStorageFailure(() => groups.mute(group, member, until)),
    muteAll: (group, muted) => orStorageFailure(() => groups.muteAll(group, muted)),
    rename: (group, name) => orStorageFailure(() => groups.rename(group, name)),
    setPicture: (group, picture) => orStorageFailure(() => groups.setPicture(group, picture)),
    setTopic: (group, topic) => orStorageFailure(() => groups.setTopic(group, topic)),
    announce: (group, text) => orStorageFailure(() => groups.announce(group, text)),
    pin: (group, message, pinned) => orStorageFailure(() => groups.pin(group, message, pinned)),
    setPolicy: (group, policy) => orStorageFailure(() => groups.setPolicy(group, policy)),
    setNickname: (group, nickname) => orStorageFailure(() => groups.setNickname(group, nickname)),
    offerOwnership: (group, admin) => orStorageFailure(() => groups.offerOwnership(group, admin)),
    acceptOwnership: (group) => orStorageFailure(() => groups.acceptOwnership(group)),
    disband: (group) => orStorageFailure(() => groups.disband(group)),
    setNotify: (group, level) => orStorageFailure(() => groups.setNotify(group, level)),
    dismissAlert: (group, index) => groups.dismissAlert(group, index),
    forget: (group) => groups.forget(group),
    openBoard: (group) => groups.openBoard(group),
  };
}

/** What the chat knows of a message that somebody said. */
export async function findShown(chat: Chat, me: AccountId, conversation: ConversationId, id: MessageId): Promise<ShownMessage | undefined> {
  const message = await chat.message(conversation, id);
  if (message?.direction !== 'in' && message?.direction !== 'out') return undefined;
  return { id, lamport: message.lamport, author: message.direction === 'in' ? message.author : me };
}
