/**
 * The link to a group (PROTOCOL.md I20, I21). Who holds it holds one secret; from it come the secret of the door's topic, which
 * members learn as well, and the key that proves the link is held, of which they learn the public half only.
 */
import { deriveKey } from '../crypto/kdf.ts';
import { signingKeyPair, type SigningKeyPair } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import {
  carriesGroupInvitation,
  groupInvitationFragment,
  readGroupInvitation,
  type GroupInvitation,
} from '../protocol/group-invitation.ts';
import { accountIdOf, groupIdOf, operationIdOf, type AccountId, type GroupId, type OperationId } from '../protocol/ids.ts';
import { cleanGroupName } from '../membership/group-name.ts';

export interface InvitationKeys {
  /** 32 bytes. */
  readonly topicSecret: Bytes;
  readonly proof: SigningKeyPair;
}

/** `secret`: 32 random bytes. */
export function deriveInvitation(secret: Bytes): InvitationKeys {
  const seed = deriveKey({ secret, info: 'grp/proof' });
  const keys = { topicSecret: deriveKey({ secret, info: 'grp/door' }), proof: signingKeyPair(seed) };
  wipe(seed);
  return keys;
}

/** The link to hand over. `address`: where the app is served; what is behind the `#` never reaches that server. */
export function groupInviteLink(invitation: GroupInvitation, address: string): string {
  return address + groupInvitationFragment(invitation);
}

/** An invitation as it is worked with. Nothing of it is proven. */
export interface ReadGroupInvite {
  readonly invitation: GroupInvitation;
  readonly group: GroupId;
  /** The end of the owner's chain the inviter knew. */
  readonly tip: OperationId;
  /** 16 bytes in base64url. */
  readonly inviteId: string;
  readonly inviter: AccountId;
  /** Made harmless; may be empty. */
  readonly name: string;
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
}

export type ReadGroupInviteFailure =
  | { readonly kind: 'invite-damaged' }
  | { readonly kind: 'invite-expired' }
  | { readonly kind: 'already-a-member'; readonly group: GroupId };

/** Reads a link and says whether it is of use to this account now. Undefined when it is no invitation to a group. */
export function examineGroupInvite(
  link: string,
  circumstances: { readonly now: number; readonly isMember: (group: GroupId) => boolean },
): Result<ReadGroupInvite, ReadGroupInviteFailure> | undefined {
  if (!carriesGroupInvitation(link)) return undefined;
  const read = readGroupInvitation(link);
  return read.ok ? examineGroupInvitation(read.value, circumstances) : fail({ kind: 'invite-damaged' });
}

/** The same for an invitation that came as a content. */
export function examineGroupInvitation(
  invitation: GroupInvitation,
  { now, isMember }: { readonly now: number; readonly isMember: (group: GroupId) => boolean },
): Result<ReadGroupInvite, ReadGroupInviteFailure> {
  const group = groupIdOf(operationIdOf(invitation.group));
  const expires = invitation.expires === 0 ? undefined : invitation.expires * 1000;
  if (isMember(group)) return fail({ kind: 'already-a-member', group });
  if (expires !== undefined && now >= expires) return fail({ kind: 'invite-expired' });
  return succeed({
    invitation,
    group,
    tip: operationIdOf(invitation.tip),
    inviteId: toBase64url(invitation.inviteId),
    inviter: accountIdOf(invitation.inviter),
    name: cleanGroupName(invitation.name),
    expires,
  });
}
