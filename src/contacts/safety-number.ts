/**
 * What two people compare to know that nobody is between them (PROTOCOL.md T1): the same sixty digits on both screens, or
 * one's code scanned by the other. Both are of the two account keys and of nothing else, so new devices change neither.
 */
import { sha512 } from '../crypto/hash.ts';
import { concat, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode, fixed, marked, struct } from '../protocol/codec.ts';
import { ACCOUNT_ID_BYTES, accountIdOf, accountKeyOf, type AccountId } from '../protocol/ids.ts';

/** Rounds, as Signal's numeric fingerprint has: what a second costs us costs somebody who looks for a near match years. */
const ROUNDS = 5_200;
const LABEL = utf8('parley/sn/v1');
const GROUPS_OF_EACH = 6;
/** 40 bits for five digits: the remainder's bias is one in ten million. */
const BYTES_OF_GROUP = 5;
const DIGITS_OF_GROUP = 5;

/** One account's half: six groups of five digits. Some ten milliseconds of hashing. */
export function fingerprintOf(account: AccountId): readonly string[] {
  const key = accountKeyOf(account);
  let digest: Bytes = concat(LABEL, key);
  for (let round = 0; round < ROUNDS; round++) digest = sha512(digest, key);
  return Array.from({ length: GROUPS_OF_EACH }, (_, group) =>
    groupOf(digest.subarray(group * BYTES_OF_GROUP, (group + 1) * BYTES_OF_GROUP)),
  );
}

/** Both halves, the smaller one first, so that both sides show the same. */
export function safetyNumberOf(one: readonly string[], other: readonly string[]): readonly string[] {
  return one.join('') < other.join('') ? [...one, ...other] : [...other, ...one];
}

function groupOf(bytes: Uint8Array): string {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return String(value % 10 ** DIGITS_OF_GROUP).padStart(DIGITS_OF_GROUP, '0');
}

const code = marked(new Uint8Array([1]), struct({ mine: fixed(ACCOUNT_ID_BYTES), theirs: fixed(ACCOUNT_ID_BYTES) }));

/** What a screen shows to be scanned: whose it is, and whom its owner takes the other for. */
export function writeTrustCode(me: AccountId, contact: AccountId): Bytes {
  return encode(code, { mine: accountKeyOf(me), theirs: accountKeyOf(contact) });
}

export type TrustCodeFailure =
  /** Not such a code at all. */
  | { readonly kind: 'code-foreign' }
  /** One of somebody else, or one whose owner takes me for somebody else: there is somebody in between. */
  | { readonly kind: 'code-differs' };

/** Checks what was scanned from the contact's screen. My own code, held against me, says nothing and differs. */
export function checkTrustCode(scanned: Uint8Array, me: AccountId, contact: AccountId): Result<undefined, TrustCodeFailure> {
  const read = decode(code, scanned);
  if (!read.ok) return fail({ kind: 'code-foreign' });
  const isOurs = accountIdOf(read.value.mine) === contact && accountIdOf(read.value.theirs) === me;
  return isOurs ? succeed(undefined) : fail({ kind: 'code-differs' });
}
