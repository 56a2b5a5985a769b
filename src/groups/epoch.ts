/** Epochs: the secrets under which a group's messages are sealed, each for exactly the devices its members had (PROTOCOL.md G42…). */
import { hash } from '../crypto/hash.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { equalSecrets } from '../crypto/compare.ts';
import { lengthPrefixed } from '../crypto/length-prefix.ts';
import { Secret } from '../crypto/secret.ts';
import { assert } from '../lib/assert.ts';
import { compareBytes, concat, equalBytes, fromBase64url, utf8, type Bytes } from '../lib/bytes.ts';
import { encode, fixed, list, struct, u32 } from '../protocol/codec.ts';
import { MAX_BASE_HEADS, type EpochAct } from '../protocol/group-message.ts';
import { bytesOf, type GroupId } from '../protocol/ids.ts';

/** 32 random bytes, kept as long as the messages it opens. */
export type EpochSecret = Secret<'epoch'>;

/** A member's device, as the operations tell: who gets a box, and to which key it is sealed. */
export interface Recipient {
  /** The device's signing key: 32 bytes in base64url. */
  readonly device: string;
  /** Its newest X-Wing key: 1,216 bytes. */
  readonly kemKey: Bytes;
}

/** An epoch as its operation says it. */
export interface EpochClaim {
  readonly group: GroupId;
  /** The device that signed the operation: its signing key, 32 bytes in base64url. */
  readonly author: string;
  readonly act: EpochAct;
}

/** Why an epoch counts for nothing (attack 34). */
export type EpochFlaw =
  /** Somebody was left out who was a member where it stands, or somebody added who was not. */
  | { readonly kind: 'wrong-recipients' }
  /** Begun by somebody who was no member there. */
  | { readonly kind: 'not-a-member' }
  /** More than one beyond the highest its author knew. */
  | { readonly kind: 'wrong-number'; readonly limit: number };

const RECIPIENTS_LABEL = lengthPrefixed(utf8('parley/recipients/v1'));
const BINDING_LABEL = lengthPrefixed(utf8('parley/epoch/v1'));
const DEVICE_BYTES = 32;

/** Each device once, in the order of their keys: the order of the boxes. */
export function inBoxOrder(devices: Iterable<string>): readonly string[] {
  return [...new Set(devices)]
    .map((device) => ({ device, key: deviceKeyOf(device) }))
    .sort((a, b) => compareBytes(a.key, b.key))
    .map(({ device }) => device);
}

/** What an epoch says of its recipients: 32 bytes, equal for equal sets of devices. */
export function recipientsHash(devices: Iterable<string>): Bytes {
  return hash(RECIPIENTS_LABEL, ...inBoxOrder(devices).map(deviceKeyOf));
}

/** The 32 bytes of a device's name. */
export function deviceKeyOf(device: string): Bytes {
  const key = fromBase64url(device);
  assert(key?.length === DEVICE_BYTES, 'a device is named by its signing key');
  return key;
}

/**
 * What is wrong with an epoch, if anything (G43). `author`: the device that signed it. `devices`: of the members as resolved at the
 * act's base. `highestBefore`: the highest number of a well numbered epoch in the past of its operation, 0 if there is none;
 * whether those count for anything does not matter, so that what counts later cannot unmake this one.
 */
export function flawOfEpoch(
  { act, author }: Pick<EpochClaim, 'act' | 'author'>,
  devices: ReadonlySet<string>,
  highestBefore: number,
): EpochFlaw | undefined {
  if (act.boxes.length !== devices.size || !equalBytes(act.recipients, recipientsHash(devices))) return { kind: 'wrong-recipients' };
  if (!devices.has(author)) return { kind: 'not-a-member' };
  return isWellNumbered(act, highestBefore) ? undefined : { kind: 'wrong-number', limit: highestBefore + 1 };
}

/** Numbers grow by one at most: nobody can use them up, or be newest for ever. */
export function isWellNumbered({ n }: EpochAct, highestBefore: number): boolean {
  return n >= 1 && n <= highestBefore + 1;
}

/** Says which secret it is without telling anything of it. */
export function commitmentTo(secret: EpochSecret, group: GroupId): Bytes {
  return deriveKey({ secret: secret.expose(), info: 'epoch/commit', context: [bytesOf(group)] });
}

/** Whether this is the secret the epoch's operation commits to: asked of every box, and of every secret that somebody hands on. */
export function isSecretOf(secret: EpochSecret, { group, act }: Pick<EpochClaim, 'group' | 'act'>): boolean {
  return equalSecrets(commitmentTo(secret, group), act.commitment);
}

const bound = struct({ n: u32, base: list(fixed(32), MAX_BASE_HEADS), recipients: fixed(32), commitment: fixed(32) });

/**
 * What a box belongs to: everything of the epoch but the boxes, whose hashes its operation has (so the operation's id cannot be
 * in them). A box taken over into another epoch, or by another author, does not open.
 */
export function bindingOf({ group, author, act }: EpochClaim): Bytes {
  const { n, base, recipients, commitment } = act;
  const fields = encode(bound, { n, base, recipients, commitment });
  return hash(concat(BINDING_LABEL, bytesOf(group), deviceKeyOf(author), fields));
}
