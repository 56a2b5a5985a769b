/** What people are called: their own choice, and the names that arrive from others. */
import { keyedHash } from '../crypto/hash.ts';
import { toBase64url, utf8 } from '../lib/bytes.ts';
import { cleanLine, countCodePoints, cutText } from '../lib/clean-text.ts';
import { fail, succeed, type Result } from '../lib/result.ts';

/** Code points. Room for a full name with titles in any script; fits MAX_NAME_BYTES on the wire at four bytes each. */
export const MAX_NAME_LENGTH = 32;
/** Code units of foreign text looked at: a hostile name must not cost time. */
const MAX_FOREIGN_NAME = 1024;

export type UserNameFailure = { readonly kind: 'name-empty' } | { readonly kind: 'name-too-long'; readonly limit: number };

/** A person's choice of their own name, tidied: composed, single blanks, without controls and direction marks. */
export function readUserName(typed: string): Result<string, UserNameFailure> {
  const name = cleanLine(typed);
  if (name === '') return fail({ kind: 'name-empty' });
  return countCodePoints(name) > MAX_NAME_LENGTH ? fail({ kind: 'name-too-long', limit: MAX_NAME_LENGTH }) : succeed(name);
}

/** The name somebody else goes by, made harmless and cut to length. Never fails; empty when nothing visible is left. */
export function cleanName(received: string): string {
  return cutText(cleanLine(received.slice(0, MAX_FOREIGN_NAME)), MAX_NAME_LENGTH).trim();
}

/** Names that differ in letter case or width alone are one name. Upper case first, so that ß meets ss and ς meets σ. */
export function comparableName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

/** Under what an account is found: equal for names that compare equal, telling nothing to who lacks the salt. */
export function nameTag(userName: string, salt: Uint8Array): string {
  return toBase64url(keyedHash(salt, utf8(comparableName(userName))));
}
