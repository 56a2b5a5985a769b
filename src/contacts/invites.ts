/** The life of an invite, as rules without side effects (PROTOCOL.md I1–I8). */
import { deriveKey } from '../crypto/kdf.ts';
import { randomBytes } from '../crypto/random.ts';
import { cleanName } from '../identity/user-name.ts';
import { concat, toBase64url, fromBase64url, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { PAIR_SHARE_BYTES } from '../protocol/frame.ts';
import { accountIdOf, accountKeyOf, type AccountId } from '../protocol/ids.ts';
import { INVITE_ID_BYTES, INVITE_SECRET_BYTES, invitationFragment, readInvitation, type Invitation } from '../protocol/invitation.ts';
import type { Invite } from './ports.ts';

/** Long enough to pass a link on by hand, short enough that a forgotten one is soon worth nothing (I2). */
const INVITE_LIFETIME_MS = 24 * 3_600_000;
/** A claimed invite outlives its day: the two are contacts already, and only the invitee's last word is missing (I6). */
const CLAIM_LIFETIME_MS = 7 * INVITE_LIFETIME_MS;
/** Failed proofs after which an invite is withdrawn: somebody is trying (I7). */
const MAX_FAILURES = 5;

export function newInvite(now: number): Invite {
  return {
    id: toBase64url(randomBytes(INVITE_ID_BYTES)),
    secret: randomBytes(INVITE_SECRET_BYTES),
    pairShare: randomBytes(PAIR_SHARE_BYTES),
    created: now,
    expires: now + INVITE_LIFETIME_MS,
    claimedBy: undefined,
    used: false,
    failures: 0,
  };
}

/** The link to hand over. `address` is where the app is served; what is behind the `#` never reaches that server. */
export function inviteLink(invite: Invite, from: { readonly account: AccountId; readonly name: string }, address: string): string {
  const invitation: Invitation = {
    account: accountKeyOf(from.account),
    inviteId: fromBase64url(invite.id) ?? new Uint8Array(INVITE_ID_BYTES),
    secret: invite.secret,
    expires: Math.floor(invite.expires / 1000),
    name: from.name,
  };
  return address + invitationFragment(invitation);
}

/** Whether there is reason to wait for anybody with the invite: to let them in, to hear them confirm, or to tell them it is used. */
export function isAlive(invite: Invite, now: number): boolean {
  const unconfirmed = invite.claimedBy !== undefined && !invite.used;
  return invite.failures < MAX_FAILURES && now < invite.expires + (unconfirmed ? CLAIM_LIFETIME_MS : 0);
}

/** Nobody else gets in with an invite once somebody has (I5); the same person may come again, for the answer may be lost. */
export function claim(invite: Invite, account: AccountId, now: number): Result<Invite, { readonly kind: 'used' | 'expired' }> {
  if (invite.used || (invite.claimedBy !== undefined && invite.claimedBy !== account)) return fail({ kind: 'used' });
  if (!isAlive(invite, now)) return fail({ kind: 'expired' });
  return succeed({ ...invite, claimedBy: account });
}

export function withFailure(invite: Invite): Invite {
  return { ...invite, failures: invite.failures + 1 };
}

export interface ReadInvite {
  readonly invitation: Invitation;
  readonly from: AccountId;
  /** Cleaned for showing; unproven, may be empty. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export type ReadInviteFailure =
  | { readonly kind: 'not-an-invite' }
  | { readonly kind: 'invite-damaged' }
  | { readonly kind: 'invite-expired' }
  | { readonly kind: 'invite-own' };

/**
 * Reads a link and says whether accepting it makes sense for this account now. An invite of somebody who is a contact
 * already does: they may have removed us, or lost what we share.
 */
export function examineInvite(
  link: string,
  circumstances: { readonly me: AccountId; readonly now: number },
): Result<ReadInvite, ReadInviteFailure> {
  const read = readInvitation(link);
  if (!read.ok) return fail({ kind: read.failure.kind === 'not-an-invite' ? 'not-an-invite' : 'invite-damaged' });
  const invitation = read.value;
  const from = accountIdOf(invitation.account);
  const expires = invitation.expires * 1000;
  if (from === circumstances.me) return fail({ kind: 'invite-own' });
  if (circumstances.now >= expires) return fail({ kind: 'invite-expired' });
  return succeed({ invitation, from, name: cleanName(invitation.name), expires });
}

/**
 * What topics and signal keys of two contacts come from. Each side gives a random half inside the authenticated link, so
 * nobody who saw the invite knows it; the order is the roles', so both sides derive the same (I8).
 */
export function pairSecretOf(
  inviter: { readonly account: AccountId; readonly share: Bytes },
  invitee: { readonly account: AccountId; readonly share: Bytes },
): Bytes {
  return deriveKey({
    secret: concat(inviter.share, invitee.share),
    info: 'rv/pair',
    context: [accountKeyOf(inviter.account), accountKeyOf(invitee.account)],
  });
}
