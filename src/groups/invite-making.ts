/** Making invitations to a group: links for whoever gets hold of them, and words to friends (PROTOCOL.md I20, I21, G70). */
import { randomBytes } from '../crypto/random.ts';
import { encode } from '../protocol/codec.ts';
import type { Bytes } from '../lib/bytes.ts';
import { groupInvitation, type GroupInvitation } from '../protocol/group-invitation.ts';
import { accountKeyOf, bytesOf, type AccountId, type GroupId, type OperationId } from '../protocol/ids.ts';
import { INVITE_ID_BYTES, INVITE_SECRET_BYTES } from '../protocol/invitation.ts';

/** A word to a friend names no door: whoever sent it lets them in. */
const NO_DOOR = new Uint8Array(INVITE_ID_BYTES);
const NO_SECRET = new Uint8Array(INVITE_SECRET_BYTES);

export interface InvitedTo {
  readonly group: GroupId;
  readonly name: string;
  readonly tip: OperationId;
  readonly inviter: AccountId;
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
}

export function linkInvitation(to: InvitedTo): GroupInvitation {
  return invitation(to, randomBytes(INVITE_ID_BYTES), randomBytes(INVITE_SECRET_BYTES));
}

/** Goes over the talk with them, sealed. */
export function friendInvitation(to: InvitedTo): Bytes {
  return encode(groupInvitation, invitation(to, NO_DOOR, NO_SECRET));
}

export function isForFriend({ inviteId }: GroupInvitation): boolean {
  return inviteId.every((byte) => byte === 0);
}

function invitation({ group, name, tip, inviter, expires }: InvitedTo, inviteId: Bytes, secret: Bytes): GroupInvitation {
  const seconds = expires === undefined ? 0 : Math.floor(expires / 1000);
  return { group: bytesOf(group), tip: bytesOf(tip), inviteId, secret, inviter: accountKeyOf(inviter), expires: seconds, name };
}
