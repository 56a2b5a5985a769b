/** Asking to be let into a group, and the device one comes with (PROTOCOL.md G6, G8). */
import { bytes, fixed, marked, optional, struct, text, type Decoded } from './codec.ts';
import { MAX_CREDENTIAL_BYTES, signedUpTo } from './credential.ts';
import { MAX_NAME_BYTES } from './frame.ts';
import { ACCOUNT_ID_BYTES, GROUP_ID_BYTES } from './ids.ts';
import { INVITE_ID_BYTES } from './invitation.ts';

export const MAX_GREETING_BYTES = 512;
/** Credential, key package, name, greeting, proof, and what signs them. */
export const MAX_JOIN_REQUEST_BYTES = 5_632;

/** X-Wing. */
const KEM_PUBLIC_KEY_BYTES = 1_216;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Length, key and signature around what is signed. */
const SIGNED_OVERHEAD_BYTES = 4 + KEY_BYTES + SIGNATURE_BYTES;

const VERSION = new Uint8Array([1]);
const group = fixed(GROUP_ID_BYTES);
const account = fixed(ACCOUNT_ID_BYTES);

/** Somebody's device, what they are called, and the key that epochs are sealed to for it. */
export const keyPackage = struct({
  credential: bytes(MAX_CREDENTIAL_BYTES),
  name: text(MAX_NAME_BYTES),
  kemKey: fixed(KEM_PUBLIC_KEY_BYTES),
});

/** Signed in context `join-req` by the applicant's device. `proof`: a signature by the invitation's seed over `inviteProof`. */
export const joinRequest = marked(
  VERSION,
  struct({
    group,
    account,
    applicant: keyPackage,
    greeting: text(MAX_GREETING_BYTES),
    invitation: optional(struct({ invite: fixed(INVITE_ID_BYTES), proof: fixed(SIGNATURE_BYTES) })),
  }),
);

/** A join request as it is carried. */
export const signedJoinRequest = signedUpTo(MAX_JOIN_REQUEST_BYTES - SIGNED_OVERHEAD_BYTES);

/** Signed in context `invite-proof` with the key of an invitation: its holder is this device of this account, and wants into this group. */
export const inviteProof = marked(VERSION, struct({ group, account, device: fixed(KEY_BYTES) }));

export type KeyPackage = Decoded<typeof keyPackage>;
