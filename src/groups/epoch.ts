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
  readonly keyPackage: Bytes;
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
  /** Not one more than the highest its author knew. */
  | { readonly kind: 'wrong-number'; readonly expected: number };

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
 * What is wrong with an epoch, if anything (G43). `devices`: of the members as resolved at the act's base, revoked ones left out.
 * `highestBefore`: the highest number of a valid epoch in the past of its operation, 0 if there is none.
 */
export function flawOfEpoch(act: EpochAct, devices: readonly string[], highestBefore: number): EpochFlaw | undefined {
  const count = new Set(devices).size;
  if (act.boxes.length !== count || !equalBytes(act.recipients, recipientsHash(devices))) return { kind: 'wrong-recipients' };
  const expected = highestBefore + 1;
  return act.n === expected ? undefined : { kind: 'wrong-number', expected };
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
