/** Acts, as short as they are said. */
import { toBase64url, utf8, type Bytes } from '../../src/lib/bytes.ts';
import type { JoinRequest } from '../../src/membership/join-request.ts';
import type { GroupAct } from '../../src/protocol/group-operation.ts';
import { accountKeyOf, bytesOf, type OperationId } from '../../src/protocol/ids.ts';
import type { Author } from './authors.ts';

type Seen = readonly { readonly device: Bytes; readonly seq: number }[];

const keyOf = ({ account }: Author) => accountKeyOf(account);
/** 16 bytes that begin as the name does. */
const sixteen = (name: string) => {
  const bytes = new Uint8Array(16);
  bytes.set(utf8(name).subarray(0, 16));
  return bytes;
};

export const inviteIdOf = (name: string): string => toBase64url(sixteen(name));

export const grant = (whom: Author): GroupAct => ({ type: 'grant', account: keyOf(whom) });
export const revoke = (whom: Author): GroupAct => ({ type: 'revoke', account: keyOf(whom) });
export const expel = (whom: Author, seen: Seen = []): GroupAct => ({ type: 'expel', account: keyOf(whom), seen });
export const offer = (whom: Author | undefined): GroupAct => ({ type: 'offer', account: whom && keyOf(whom) });
export const accept: GroupAct = { type: 'accept' };
export const disband: GroupAct = { type: 'disband' };
export const settle = (tip: OperationId): GroupAct => ({ type: 'settle', tip: bytesOf(tip) });
export const openToAll: GroupAct = { type: 'policy', history: { type: 'all' }, invites: 'everybody' };
export const keepHistory: GroupAct = { type: 'policy', history: { type: 'all' }, invites: 'admins' };
export const admit = (request: JoinRequest, tip: OperationId): GroupAct => ({
  type: 'admit',
  request: request.envelope,
  tip: bytesOf(tip),
});
export const apply = (request: JoinRequest): GroupAct => ({ type: 'apply', request: request.envelope });
export const decline = (whom: Author): GroupAct => ({ type: 'decline', account: keyOf(whom) });
export const kick = (whom: Author, seen: Seen = []): GroupAct => ({ type: 'kick', account: keyOf(whom), seen });
export const mute = (whom: Author, until?: number, seen: Seen = []): GroupAct => ({ type: 'mute', account: keyOf(whom), until, seen });
export const unmute = (whom: Author): GroupAct => ({ type: 'unmute', account: keyOf(whom) });
export const muteAll: GroupAct = { type: 'muteAll' };
export const unmuteAll: GroupAct = { type: 'unmuteAll' };
export const rename = (name: string): GroupAct => ({ type: 'rename', name });
export const topic = (text: string): GroupAct => ({ type: 'topic', topic: text });
export const announce = (text: string): GroupAct => ({ type: 'announce', text });
export const pin = (message: string): GroupAct => ({ type: 'pin', message: sixteen(message) });
export const unpin = (message: string): GroupAct => ({ type: 'unpin', message: sixteen(message) });
export const leave: GroupAct = { type: 'leave', seen: [] };
export const nickname = (name: string): GroupAct => ({ type: 'nickname', nickname: name });
export const ack = (tip: OperationId): GroupAct => ({ type: 'ack', tip: bytesOf(tip) });
export const invite = (id: string, tip: OperationId, mode: 'auto' | 'approval' = 'auto'): GroupAct => ({
  type: 'invite',
  invite: sixteen(id),
  mode,
  expires: undefined,
  uses: undefined,
  topicSecret: new Uint8Array(32),
  proofKey: new Uint8Array(32),
  tip: bytesOf(tip),
});
export const revokeInvite = (id: string): GroupAct => ({ type: 'revokeInvite', invite: sixteen(id) });
export const epoch: GroupAct = {
  type: 'epoch',
  n: 1,
  base: [],
  recipients: new Uint8Array(32),
  commitment: new Uint8Array(32),
  boxes: [],
};
