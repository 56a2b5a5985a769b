/** The invitation to a group: a link whose fragment never reaches any server, or a word to a friend (PROTOCOL.md I20, I21, M7). */
import { fromBase64url, toBase64url } from '../lib/bytes.ts';
import { fail, type Result } from '../lib/result.ts';
import { decode, encode, fixed, marked, struct, text, u32, type Decoded, type DecodeFailure } from './codec.ts';
import { ACCOUNT_ID_BYTES, GROUP_ID_BYTES, OPERATION_ID_BYTES } from './ids.ts';
import { INVITE_ID_BYTES, INVITE_SECRET_BYTES } from './invitation.ts';

/** Generous for what a group may be called; the groups' own rules are stricter. */
export const MAX_INVITED_NAME_BYTES = 256;
const FRAGMENT_PREFIX = '#g=';
const VERSION = new Uint8Array([1]);
/** Version, expiry, and the length of the name. */
const OTHER_BYTES = VERSION.length + 4 + 4;

/**
 * `tip`: the newest operation of the owner's chain the inviter knew, for the joiner to hold the group to. `secret`: the topic and
 * the proof come from it. `inviter`: whom to ask first. `expires`: seconds since 1970, 0 for never. `name`: of the group, unproven.
 */
export const groupInvitation = marked(
  VERSION,
  struct({
    group: fixed(GROUP_ID_BYTES),
    tip: fixed(OPERATION_ID_BYTES),
    inviteId: fixed(INVITE_ID_BYTES),
    secret: fixed(INVITE_SECRET_BYTES),
    inviter: fixed(ACCOUNT_ID_BYTES),
    expires: u32,
    name: text(MAX_INVITED_NAME_BYTES),
  }),
);

export const MAX_GROUP_INVITATION_BYTES =
  OTHER_BYTES + GROUP_ID_BYTES + OPERATION_ID_BYTES + INVITE_ID_BYTES + INVITE_SECRET_BYTES + ACCOUNT_ID_BYTES + MAX_INVITED_NAME_BYTES;

export type GroupInvitation = Decoded<typeof groupInvitation>;

/** The part of the link behind the address, `#` included. */
export function groupInvitationFragment(invitation: GroupInvitation): string {
  return FRAGMENT_PREFIX + toBase64url(encode(groupInvitation, invitation));
}

/** True when a pasted text or an address looks like it carries an invitation to a group, well-formed or not. */
export function carriesGroupInvitation(link: string): boolean {
  return link.includes(FRAGMENT_PREFIX);
}

/** Reads an invitation to a group out of a whole link or just its fragment. */
export function readGroupInvitation(link: string): Result<GroupInvitation, DecodeFailure | { readonly kind: 'not-a-group-invitation' }> {
  const start = link.indexOf(FRAGMENT_PREFIX);
  if (start < 0) return fail({ kind: 'not-a-group-invitation' });
  const bytes = fromBase64url(link.slice(start + FRAGMENT_PREFIX.length).trim());
  return bytes ? decode(groupInvitation, bytes) : fail({ kind: 'malformed', what: 'base64url' });
}
