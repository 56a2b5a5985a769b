/** The invite a person hands to another: a link whose fragment never reaches any server (PROTOCOL.md, rules I…). */
import { fromBase64url, toBase64url } from '../lib/bytes.ts';
import { fail, type Result } from '../lib/result.ts';
import { decode, encode, fixed, marked, struct, text, u32, type Decoded, type DecodeFailure } from './codec.ts';
import { MAX_NAME_BYTES } from './frame.ts';
import { ACCOUNT_ID_BYTES } from './ids.ts';

export const INVITE_ID_BYTES = 16;
export const INVITE_SECRET_BYTES = 32;
const FRAGMENT_PREFIX = '#i=';

const VERSION = new Uint8Array([1]);

/** `expires`: seconds since 1970. `name`: what the inviter is called, unproven until the link is made. */
export const invitation = marked(
  VERSION,
  struct({
    account: fixed(ACCOUNT_ID_BYTES),
    inviteId: fixed(INVITE_ID_BYTES),
    secret: fixed(INVITE_SECRET_BYTES),
    expires: u32,
    name: text(MAX_NAME_BYTES),
  }),
);

export type Invitation = Decoded<typeof invitation>;

/** The part of the link behind the address, `#` included. */
export function invitationFragment(invite: Invitation): string {
  return FRAGMENT_PREFIX + toBase64url(encode(invitation, invite));
}

/** True when a pasted text or an address looks like it carries an invite, well-formed or not. */
export function carriesInvitation(link: string): boolean {
  return link.includes(FRAGMENT_PREFIX);
}

/** Reads an invite out of a whole link or just its fragment. */
export function readInvitation(link: string): Result<Invitation, DecodeFailure | { readonly kind: 'not-an-invite' }> {
  const start = link.indexOf(FRAGMENT_PREFIX);
  if (start < 0) return fail({ kind: 'not-an-invite' });
  const bytes = fromBase64url(link.slice(start + FRAGMENT_PREFIX.length).trim());
  return bytes ? decode(invitation, bytes) : fail({ kind: 'malformed', what: 'base64url' });
}
