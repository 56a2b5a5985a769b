/**
 * Where a device wants its boxes: an X-Wing key of its own for each group (PROTOCOL.md G41). It is replaced now and then, and the
 * keys before it are deleted, so that what is stolen later does not open the boxes of long ago.
 */
import { hash } from '../crypto/hash.ts';
import { kemKeyPair, KEM_SEED_BYTES, type KemKeyPair, type KemSecret } from '../crypto/kem.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import { fixed, list, marked, struct, u53, type Decoded } from '../protocol/codec.ts';
import { KEY_PACKAGE_TAG_BYTES } from '../protocol/group-message.ts';

const DAY_MS = 86_400_000;
/** Whoever has not heard of a device's new key for so long seals to one that is gone; another epoch is made then. */
const KEPT_MS = 14 * DAY_MS;
/**
 * A device that begins no epochs itself refreshes its key so often. Not at every epoch: with 256 members that would be 256
 * operations each time, of the 10,000 a group has.
 */
const REFRESH_AFTER_MS = 30 * DAY_MS;
/** A device that begins epochs faster than this drops the oldest of its keys early. */
const MAX_FORMER = 64;

/** A key pair and since when it counts, or does not count any more: milliseconds since 1970. */
interface DatedKeyPair {
  readonly pair: KemKeyPair;
  readonly at: number;
}

/** A device's own keys in one group. `former`: newest first, dated when they were replaced. */
export interface OwnKeyPackages {
  readonly current: DatedKeyPair;
  readonly former: readonly DatedKeyPair[];
}

export function createKeyPackages(now: number, random: RandomSource = randomBytes): OwnKeyPackages {
  return { current: { pair: newPair(random), at: now }, former: [] };
}

/** The public key others seal to: 1,216 bytes. */
export function keyPackageOf({ current }: OwnKeyPackages): Bytes {
  return current.pair.publicKey;
}

/** A new key in front. It is saved before the operation that names it leaves. */
export function refreshKeyPackages(own: OwnKeyPackages, now: number, random: RandomSource = randomBytes): OwnKeyPackages {
  const replaced = { pair: own.current.pair, at: now };
  const all = [replaced, ...own.former];
  for (const { pair } of all.slice(MAX_FORMER)) pair.secret.wipe();
  return { current: { pair: newPair(random), at: now }, former: all.slice(0, MAX_FORMER) };
}

/** Whether it is time for a new key. Whoever begins an epoch publishes an operation anyway, and refreshes with it. */
export function isRefreshDue({ current }: OwnKeyPackages, now: number): boolean {
  return now - current.at >= REFRESH_AFTER_MS;
}

/** Without the keys that were replaced 14 days ago, whose secrets are wiped; the same object when there are none. */
export function forgetOldKeyPackages(own: OwnKeyPackages, now: number): OwnKeyPackages {
  const isOld = ({ at }: DatedKeyPair) => now - at >= KEPT_MS;
  if (!own.former.some(isOld)) return own;
  for (const { pair } of own.former.filter(isOld)) pair.secret.wipe();
  return { current: own.current, former: own.former.filter((key) => !isOld(key)) };
}

/** What a box says of the key it is for: the first 8 bytes of the key's hash. */
export function keyPackageTag(publicKey: Uint8Array): Bytes {
  return hash(publicKey).slice(0, KEY_PACKAGE_TAG_BYTES);
}

/** The secret of the own key with this tag, if it is still there. */
export function keyPackageSecret({ current, former }: OwnKeyPackages, tag: Uint8Array): KemSecret | undefined {
  return [current, ...former].find(({ pair }) => equalBytes(keyPackageTag(pair.publicKey), tag))?.pair.secret;
}

function newPair(random: RandomSource): KemKeyPair {
  const seed = random(KEM_SEED_BYTES);
  const pair = kemKeyPair(seed);
  wipe(seed);
  return pair;
}

const datedSeed = struct({ seed: fixed(KEM_SEED_BYTES), at: u53 });
/** How a device's keys rest, in the clear: to be sealed by the store. */
export const storedKeyPackages = marked(new Uint8Array([1]), struct({ current: datedSeed, former: list(datedSeed, MAX_FORMER) }));

export function packKeyPackages({ current, former }: OwnKeyPackages): Decoded<typeof storedKeyPackages> {
  const packed = ({ pair, at }: DatedKeyPair) => ({ seed: pair.secret.expose().slice(), at });
  return { current: packed(current), former: former.map(packed) };
}

export function unpackKeyPackages({ current, former }: Decoded<typeof storedKeyPackages>): OwnKeyPackages {
  const unpacked = ({ seed, at }: Decoded<typeof datedSeed>) => ({ pair: kemKeyPair(seed), at });
  return { current: unpacked(current), former: former.map(unpacked) };
}
