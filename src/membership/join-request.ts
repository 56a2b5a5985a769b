/** Asking to be let in: signed by the applicant's device, carried by whoever meets them, answered by an admin (PROTOCOL.md G8). */
import { isSignature, sign, signatureOf, signedId, verify, type SigningKeyPair } from '../crypto/sign.ts';
import type { Device } from '../identity/device.ts';
import { equalBytes, toBase64url, type Bytes } from '../lib/bytes.ts';
import { cleanText } from '../lib/clean-text.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode } from '../protocol/codec.ts';
import { inviteProof, joinRequest, MAX_JOIN_REQUEST_BYTES, signedJoinRequest } from '../protocol/join-request.ts';
import { accountIdOf, accountKeyOf, bytesOf, groupIdOf, operationIdOf, type AccountId, type GroupId } from '../protocol/ids.ts';
import { readIntroduction, restoreIntroduction, type Introduction } from './introduction.ts';

/** A request as its applicant signed it, verified: it is this account's, by this device, for this group. */
export interface JoinRequest {
  /** Its id (C5) in base64url: a request lets somebody in once. */
  readonly id: string;
  readonly group: GroupId;
  readonly account: AccountId;
  readonly introduction: Introduction;
  /** What they wrote with it; made harmless, may be empty. */
  readonly greeting: string;
  /** `invite`: 16 bytes in base64url. What it proves, `provesInvitation` says. */
  readonly invitation: { readonly invite: string; readonly proof: Bytes } | undefined;
  /** As it is carried. */
  readonly envelope: Bytes;
}

export interface JoinRequestFields {
  readonly group: GroupId;
  readonly name: string;
  /** X-Wing public key: 1,216 bytes. */
  readonly kemKey: Bytes;
  /** At most MAX_GREETING_BYTES. */
  readonly greeting: string;
  /** `id`: 16 bytes. `key`: from the seed in the link. */
  readonly invitation: { readonly id: Bytes; readonly key: SigningKeyPair } | undefined;
}

export type JoinRequestFailure =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'wrong-signature' }
  /** The credential in it does not hold. */
  | { readonly kind: 'wrong-credential' }
  /** Account, credential and signing key are not one device's. */
  | { readonly kind: 'mixed-accounts' };

/** The request of this device, as it is carried: at most MAX_JOIN_REQUEST_BYTES. */
export function signJoinRequest(device: Device, { group, name, kemKey, greeting, invitation }: JoinRequestFields): Bytes {
  const account = accountKeyOf(device.account);
  const proof = invitation && {
    invite: invitation.id,
    proof: signatureOf(
      'invite-proof',
      encode(inviteProof, { group: bytesOf(group), account, device: device.signing.publicKey }),
      invitation.key,
    ),
  };
  const applicant = { credential: device.credential, name, kemKey };
  const payload = encode(joinRequest, { group: bytesOf(group), account, applicant, greeting, invitation: proof });
  return encode(signedJoinRequest, sign('join-req', payload, device.signing));
}

/** Reads what somebody says is a request. */
export function readJoinRequest(envelope: Bytes): Result<JoinRequest, JoinRequestFailure> {
  return read(envelope, { isVerified: false });
}

/** The same for what was verified before it was stored. */
export function restoreJoinRequest(envelope: Bytes): Result<JoinRequest, JoinRequestFailure> {
  return read(envelope, { isVerified: true });
}

/** Whether the applicant holds the link whose operation names this key (32 bytes), for this group, account and device and no other. */
export function provesInvitation({ group, account, introduction, invitation }: JoinRequest, proofKey: Bytes): boolean {
  if (!invitation) return false;
  const statement = { group: bytesOf(group), account: accountKeyOf(account), device: introduction.device.deviceKey };
  return isSignature('invite-proof', encode(inviteProof, statement), invitation.proof, proofKey);
}

function read(envelope: Bytes, { isVerified }: { readonly isVerified: boolean }): Result<JoinRequest, JoinRequestFailure> {
  if (envelope.length > MAX_JOIN_REQUEST_BYTES) return fail({ kind: 'malformed' });
  const signed = decode(signedJoinRequest, envelope);
  if (!signed.ok) return fail({ kind: 'malformed' });
  if (!isVerified && !verify('join-req', signed.value)) return fail({ kind: 'wrong-signature' });
  const request = decode(joinRequest, signed.value.payload);
  if (!request.ok) return fail({ kind: 'malformed' });

  const { group, account, applicant, greeting, invitation } = request.value;
  const introduction = isVerified ? restoreIntroduction(applicant) : readIntroduction(applicant);
  if (!introduction) return fail({ kind: 'wrong-credential' });
  const { device } = introduction;
  if (device.account !== accountIdOf(account) || !equalBytes(device.deviceKey, signed.value.key)) return fail({ kind: 'mixed-accounts' });
  return succeed({
    id: toBase64url(signedId('join-req', signed.value)),
    group: groupIdOf(operationIdOf(group)),
    account: device.account,
    introduction,
    greeting: cleanText(greeting),
    invitation: invitation && { invite: toBase64url(invitation.invite), proof: invitation.proof },
    envelope,
  });
}
