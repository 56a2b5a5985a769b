/** An epoch's secret, sealed for each device of its members by itself (PROTOCOL.md G44). */
import { AEAD_NONCE_BYTES, openWithNonce, sealWithNonce } from '../crypto/aead.ts';
import { deriveCommittedKey, type CommittedKey } from '../crypto/commitment.ts';
import { equalSecrets } from '../crypto/compare.ts';
import { hash } from '../crypto/hash.ts';
import { decapsulate, encapsulate, KEM_RANDOMNESS_BYTES } from '../crypto/kem.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { Secret } from '../crypto/secret.ts';
import { wipe } from '../crypto/wipe.ts';
import { EMPTY, equalBytes, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode } from '../protocol/codec.ts';
import { BOX_HASH_BYTES, EPOCH_SECRET_BYTES, epochBox, type EpochAct } from '../protocol/group-message.ts';
import type { GroupId } from '../protocol/ids.ts';
import {
  bindingOf,
  commitmentTo,
  deviceKeyOf,
  inBoxOrder,
  isSecretOf,
  recipientsHash,
  type EpochClaim,
  type EpochSecret,
  type Recipient,
} from './epoch.ts';
import { keyPackageSecret, keyPackageTag, type OwnKeyPackages } from './key-package.ts';

/** What a new epoch is for. `recipients`: the devices of the members as resolved at `base`. */
export interface EpochPlan {
  readonly group: GroupId;
  /** The device that will sign the operation: its signing key, 32 bytes in base64url. */
  readonly author: string;
  readonly n: number;
  /** Heads, 32 bytes each. */
  readonly base: readonly Bytes[];
  readonly recipients: readonly Recipient[];
}

/** `boxes` is in the order of the act's hashes; undefined where somebody's key is none (their own fault, and nobody else's trouble). */
export interface NewEpoch {
  readonly act: EpochAct;
  readonly secret: EpochSecret;
  readonly boxes: readonly (Bytes | undefined)[];
}

/** Why a box gives no secret. All but `other-box` are the epoch's author's doing, or come of a key deleted long ago. */
export type BoxFailure =
  /** My device is not among the recipients, or got no box. */
  | { readonly kind: 'not-for-me' }
  /** Not the box the operation names: whoever carried it changed it, and somebody else may have the right one. */
  | { readonly kind: 'other-box' }
  | { readonly kind: 'malformed' }
  /** Sealed to a key I never had or have deleted. */
  | { readonly kind: 'unknown-key' }
  | { readonly kind: 'does-not-open' }
  /** It opens, but to another secret than the one the epoch commits to. */
  | { readonly kind: 'wrong-secret' };

const NO_BOX = new Uint8Array(BOX_HASH_BYTES);
/** Each box has a key of its own, used once. */
const NONCE = new Uint8Array(AEAD_NONCE_BYTES);

/** A fresh secret and its boxes. Takes about 0.2 ms a device. */
export function createEpoch(plan: EpochPlan, random: RandomSource = randomBytes): NewEpoch {
  const { group, author, n, base, recipients } = plan;
  const secret: EpochSecret = new Secret('epoch', random(EPOCH_SECRET_BYTES));
  const keys = new Map(recipients.map(({ device, kemKey }) => [device, kemKey]));
  const claim = { n, base, recipients: recipientsHash(keys.keys()), commitment: commitmentTo(secret, group) };
  const binding = bindingOf({ group, author, act: { ...claim, boxes: [] } });
  const boxes = inBoxOrder(keys.keys()).map((device) => {
    const kemKey = keys.get(device);
    return kemKey && sealBox(secret, { device, kemKey }, binding, random);
  });
  return { act: { ...claim, boxes: boxes.map((box) => (box ? hashOfBox(box) : NO_BOX)) }, secret, boxes };
}

/** Where the box of a device is among those of an epoch with these recipients; undefined: it has none. */
export function boxHashFor(act: EpochAct, devices: Iterable<string>, device: string): Bytes | undefined {
  const place = inBoxOrder(devices).indexOf(device);
  const found = place < 0 ? undefined : act.boxes[place];
  return found && !equalBytes(found, NO_BOX) ? found : undefined;
}

/** What a box is called, and what shows that it is the right one: 16 bytes. */
export function hashOfBox(box: Uint8Array): Bytes {
  return hash(box).slice(0, BOX_HASH_BYTES);
}

/** The epoch's secret out of the box for `device`. `devices`: the epoch's recipients, as resolved at its base. */
export function openBox(
  claim: EpochClaim,
  { devices, device, own }: { readonly devices: Iterable<string>; readonly device: string; readonly own: OwnKeyPackages },
  box: Uint8Array,
): Result<EpochSecret, BoxFailure> {
  const expected = boxHashFor(claim.act, devices, device);
  if (!expected) return fail({ kind: 'not-for-me' });
  if (!equalBytes(hashOfBox(box), expected)) return fail({ kind: 'other-box' });
  const decoded = decode(epochBox, box);
  if (!decoded.ok) return fail({ kind: 'malformed' });
  const { keyPackage, ciphertext, commitment, sealed } = decoded.value;
  const kemSecret = keyPackageSecret(own, keyPackage);
  if (!kemSecret) return fail({ kind: 'unknown-key' });
  const shared = decapsulate(ciphertext, kemSecret);
  if (!shared) return fail({ kind: 'does-not-open' });
  const opened = openSealed(boxKey(shared, bindingOf(claim), device, keyPackage, ciphertext), commitment, sealed);
  if (!opened) return fail({ kind: 'does-not-open' });
  const secret: EpochSecret = new Secret('epoch', opened);
  if (isSecretOf(secret, claim)) return succeed(secret);
  secret.wipe();
  return fail({ kind: 'wrong-secret' });
}

function openSealed({ key, commitment: own }: CommittedKey, commitment: Bytes, sealed: Bytes): Bytes | undefined {
  const opened = equalSecrets(own, commitment) ? openWithNonce(key, NONCE, sealed, EMPTY) : undefined;
  wipe(key);
  return opened;
}

function sealBox(secret: EpochSecret, { device, kemKey }: Recipient, binding: Bytes, random: RandomSource): Bytes | undefined {
  const encapsulation = encapsulate(kemKey, random(KEM_RANDOMNESS_BYTES));
  if (!encapsulation) return undefined;
  const { ciphertext, sharedSecret } = encapsulation;
  const tag = keyPackageTag(kemKey);
  const { key, commitment } = boxKey(sharedSecret, binding, device, tag, ciphertext);
  const sealed = sealWithNonce(key, NONCE, secret.expose(), EMPTY);
  wipe(key);
  return encode(epochBox, { keyPackage: tag, ciphertext, commitment, sealed });
}

/** What the box belongs to and whom it is for is in the key itself. Uses the shared secret up. */
function boxKey(shared: Bytes, binding: Bytes, device: string, keyPackage: Bytes, ciphertext: Bytes): CommittedKey {
  const context = [binding, deviceKeyOf(device), keyPackage, ciphertext];
  const committed = deriveCommittedKey({ secret: shared, info: 'epoch/box', context });
  wipe(shared);
  return committed;
}
