/** The names things travel and are stored under. Each is made in one place; the brand keeps them apart. */
import type { Brand } from '../lib/brand.ts';
import { fromBase64url, toBase64url, type Bytes } from '../lib/bytes.ts';

/** An account: its Ed25519 public key (32 bytes) in base64url. Contacts are named by it too. */
export type AccountId = Brand<string, 'AccountId'>;

/** One talk: with a contact it is that contact's account id, with a group it is the group's id. */
export type ConversationId = Brand<string, 'ConversationId'>;

/** A group: the id (C5) of the operation that created it, 32 bytes in base64url. */
export type GroupId = Brand<string, 'GroupId'>;

/** An operation on a group: its id (C5), 32 bytes in base64url. */
export type OperationId = Brand<string, 'OperationId'>;

/** A file: hash of what determines its bytes (its key, the root of its outline, its size), 32 bytes in base64url. Guessed by nobody. */
export type FileId = Brand<string, 'FileId'>;

/** One message: 16 random bytes in base64url, chosen by its author. */
export type MessageId = Brand<string, 'MessageId'>;

/** One call: 16 random bytes in base64url, chosen by whoever began it. */
export type CallId = Brand<string, 'CallId'>;

/** A place to meet at the signaling server: 32 bytes in base64url, derived from a shared secret, meaningless to others. */
export type Topic = Brand<string, 'Topic'>;

/** Who somebody is on one topic: 12 bytes in base64url, derived from the shared secret. Tells the two ends apart and nothing else. */
export type MemberTag = Brand<string, 'MemberTag'>;

export const ACCOUNT_ID_BYTES = 32;
export const GROUP_ID_BYTES = 32;
export const OPERATION_ID_BYTES = 32;
export const FILE_ID_BYTES = 32;
export const MESSAGE_ID_BYTES = 16;
export const CALL_ID_BYTES = 16;
export const TOPIC_BYTES = 32;
export const MEMBER_TAG_BYTES = 12;

export function accountIdOf(publicKey: Uint8Array): AccountId {
  return toBase64url(publicKey) as AccountId;
}

export function accountKeyOf(id: AccountId): Bytes {
  return bytesOf(id);
}

export function conversationWith(contact: AccountId): ConversationId {
  return contact as string as ConversationId;
}

export function contactOf(conversation: ConversationId): AccountId {
  return conversation as string as AccountId;
}

export function groupIdOf(operation: OperationId): GroupId {
  return operation as string as GroupId;
}

export function operationIdOf(bytes: Uint8Array): OperationId {
  return toBase64url(bytes) as OperationId;
}

export function conversationOf(group: GroupId): ConversationId {
  return group as string as ConversationId;
}

export function fileIdOf(bytes: Uint8Array): FileId {
  return toBase64url(bytes) as FileId;
}

export function messageIdOf(bytes: Uint8Array): MessageId {
  return toBase64url(bytes) as MessageId;
}

export function callIdOf(bytes: Uint8Array): CallId {
  return toBase64url(bytes) as CallId;
}

export function topicOf(bytes: Uint8Array): Topic {
  return toBase64url(bytes) as Topic;
}

export function memberTagOf(bytes: Uint8Array): MemberTag {
  return toBase64url(bytes) as MemberTag;
}

/** The bytes behind an id of ours; ids are made from bytes, so this always succeeds. */
export function bytesOf(id: AccountId | MessageId | GroupId | OperationId | FileId | CallId | Topic | MemberTag): Bytes {
  const bytes = fromBase64url(id);
  if (!bytes) throw new Error('Broken invariant: an id is base64url');
  return bytes;
}
