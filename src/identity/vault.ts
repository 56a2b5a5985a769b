/**
 * The vault: all that an account is, in bytes that may lie on any disk.
 *
 * A random vault key seals the identity and, through keys derived from it, every row of the account's database. The key
 * itself lies in slots, one per way in. Changing a password rewrites its slot and nothing else.
 */
import { open, seal } from '../crypto/aead.ts';
import { HASH_BYTES, hash } from '../crypto/hash.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { PHRASE_ENTROPY_BYTES } from '../crypto/recovery-phrase.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { Secret } from '../crypto/secret.ts';
import { wipe } from '../crypto/wipe.ts';
import { concat, equalBytes, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { bytes, decode, encode, fixed, list, marked, struct, text, type Decoded } from '../protocol/codec.ts';
import { MAX_NAME_BYTES } from '../protocol/frame.ts';
import { decodeDevice, encodeDevice, type Device } from './device.ts';
import {
  keySlot,
  openSlot,
  readPasswordParameters,
  SLOT_SALT_BYTES,
  slotKinds,
  VAULT_KEY_BYTES,
  writePasswordParameters,
  writeSlot,
  type KeySlot,
  type SlotFailure,
  type SlotKind,
  type VaultKey,
} from './key-slot.ts';
import type { PasswordCost, PasswordHasher } from './ports.ts';

/** A password, the 24 words, and more passkeys than anybody has. */
export const MAX_SLOTS = 64;
const MAX_DEVICE_BYTES = 8192;
const MAX_SEALED_BYTES = 16_384;
const VERSION = new Uint8Array([1]);
const SALT_IS_ALL = struct({ salt: fixed(SLOT_SALT_BYTES) });

/** `root` and `identity` are sealed apart, so that opening the account for the day does not lay its root open. */
const vaultBody = marked(
  VERSION,
  struct({ slots: list(keySlot, MAX_SLOTS), root: bytes(MAX_SEALED_BYTES), identity: bytes(MAX_SEALED_BYTES) }),
);
const sealedRoot = marked(VERSION, struct({ entropy: fixed(PHRASE_ENTROPY_BYTES) }));
const sealedIdentity = marked(VERSION, struct({ userName: text(MAX_NAME_BYTES), device: bytes(MAX_DEVICE_BYTES) }));

export type Vault = Decoded<typeof vaultBody>;

export interface Identity {
  readonly userName: string;
  readonly device: Device;
}

export interface VaultOwner extends Identity {
  /** The 32 bytes the account came from. */
  readonly entropy: Uint8Array;
  readonly recoveryKey: Secret<'recovery'>;
  /** Name of the account's database: the vault opens for no other. */
  readonly database: string;
}

export interface PasswordLock {
  readonly password: string;
  readonly cost: PasswordCost;
  readonly hasher: PasswordHasher;
}

export interface VaultDamaged {
  readonly kind: 'vault-damaged';
}
export type UnlockFailure = { readonly kind: 'wrong-key' } | VaultDamaged;

/** A new vault with a password slot and a recovery slot. Takes as long as the hasher. */
export async function createVault(
  owner: VaultOwner,
  lock: PasswordLock,
  random: RandomSource = randomBytes,
): Promise<{ readonly vault: Vault; readonly key: VaultKey }> {
  const key: VaultKey = new Secret('vault', random(VAULT_KEY_BYTES));
  const slots = [await passwordSlot(key, lock, random), recoverySlot(key, owner.recoveryKey, random(SLOT_SALT_BYTES))];
  const device = encodeDevice(owner.device);
  const vault = {
    slots,
    root: sealPart('root', encode(sealedRoot, { entropy: owner.entropy.slice() }), key, owner.database),
    identity: sealPart('identity', encode(sealedIdentity, { userName: owner.userName, device }), key, owner.database),
  };
  wipe(device);
  return { vault, key };
}

/** The vault as it is stored: behind it a checksum, so that a worn disk is not taken for a wrong password. */
export function encodeVault(vault: Vault): Bytes {
  const body = encode(vaultBody, vault);
  return concat(body, hash(body));
}

export function decodeVault(stored: Uint8Array): Result<Vault, VaultDamaged> {
  const body = stored.subarray(0, -HASH_BYTES);
  if (!equalBytes(hash(body), stored.subarray(-HASH_BYTES))) return fail({ kind: 'vault-damaged' });
  const vault = decode(vaultBody, body);
  return vault.ok ? vault : fail({ kind: 'vault-damaged' });
}

export async function unlockWithPassword(vault: Vault, password: string, hasher: PasswordHasher): Promise<Result<VaultKey, UnlockFailure>> {
  const slot = slotOf(vault, 'password');
  const parameters = slot && readPasswordParameters(slot.parameters);
  if (!parameters) return fail({ kind: 'vault-damaged' });
  const secret = await hashPassword(password, parameters.salt, parameters.cost, hasher);
  const key = openSlot(slot, secret);
  wipe(secret);
  return key.ok ? key : fail(unlockFailure(key.failure));
}

export function unlockWithRecoveryKey(vault: Vault, recoveryKey: Secret<'recovery'>): Result<VaultKey, UnlockFailure> {
  const slot = slotOf(vault, 'recovery');
  if (!slot) return fail({ kind: 'vault-damaged' });
  const key = openSlot(slot, recoveryKey.expose());
  return key.ok ? key : fail(unlockFailure(key.failure));
}

/** A way in by this password, for `withPasswordSlot`. Takes as long as the hasher. */
export async function passwordSlot(
  key: VaultKey,
  { password, cost, hasher }: PasswordLock,
  random: RandomSource = randomBytes,
): Promise<KeySlot> {
  const salt = random(SLOT_SALT_BYTES);
  const secret = await hashPassword(password, salt, cost, hasher);
  const slot = writeSlot('password', writePasswordParameters({ cost, salt }), secret, key);
  wipe(secret);
  return slot;
}

/** The vault with another password; the vault key, what it seals and the other ways in stay as they are. */
export function withPasswordSlot(vault: Vault, slot: KeySlot): Vault {
  return { ...vault, slots: [slot, ...vault.slots.filter(({ kind }) => kind !== slotKinds.password)] };
}

/** Who the vault's owner is, and this browser's keys. */
export function readIdentity(vault: Vault, key: VaultKey, database: string): Result<Identity, VaultDamaged> {
  const identity = readPart('identity', vault.identity, key, database, (plaintext) => decode(sealedIdentity, plaintext));
  if (!identity) return fail({ kind: 'vault-damaged' });
  const device = decodeDevice(identity.device);
  wipe(identity.device);
  return device.ok ? succeed({ userName: identity.userName, device: device.value }) : fail({ kind: 'vault-damaged' });
}

/** The 32 bytes the account came from: needed to certify a device or to show the words. The caller wipes them. */
export function readEntropy(vault: Vault, key: VaultKey, database: string): Result<Bytes, VaultDamaged> {
  const root = readPart('root', vault.root, key, database, (plaintext) => decode(sealedRoot, plaintext));
  return root ? succeed(root.entropy) : fail({ kind: 'vault-damaged' });
}

function recoverySlot(key: VaultKey, recoveryKey: Secret<'recovery'>, salt: Bytes) {
  return writeSlot('recovery', encode(SALT_IS_ALL, { salt }), recoveryKey.expose(), key);
}

/** What a typed password opens slots with. The caller wipes it. */
export async function hashPassword(password: string, salt: Bytes, cost: PasswordCost, hasher: PasswordHasher): Promise<Bytes> {
  const typed = utf8(comparablePassword(password));
  const secret = await hasher.hash(typed, salt, cost);
  wipe(typed);
  return secret;
}

/** Keyboards differ in how they compose letters and which blank they type (RFC 8265 §4.2, OpaqueString). */
function comparablePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
}

function slotOf(vault: Vault, kind: SlotKind) {
  return vault.slots.find((slot) => slot.kind === slotKinds[kind]);
}

function unlockFailure(failure: SlotFailure): UnlockFailure {
  return failure.kind === 'wrong-key' ? { kind: 'wrong-key' } : { kind: 'vault-damaged' };
}

type Part = 'root' | 'identity';

function sealPart(part: Part, plaintext: Bytes, key: VaultKey, database: string): Bytes {
  const partKey = keyOf(part, key);
  const sealed = seal(partKey, plaintext, partAssociation(part, database));
  wipe(partKey, plaintext);
  return sealed;
}

function readPart<Value>(
  part: Part,
  sealed: Bytes,
  key: VaultKey,
  database: string,
  read: (plaintext: Bytes) => Result<Value, unknown>,
): Value | undefined {
  const partKey = keyOf(part, key);
  const plaintext = open(partKey, sealed, partAssociation(part, database));
  wipe(partKey);
  if (!plaintext) return undefined;
  const value = read(plaintext);
  wipe(plaintext);
  return value.ok ? value.value : undefined;
}

function keyOf(part: Part, key: VaultKey): Bytes {
  return deriveKey({ secret: key.expose(), info: `vault/dek/vault.${part}` });
}

/** Binds the part to the account's database: two accounts of one browser cannot be crossed by renaming. */
function partAssociation(part: Part, database: string): Bytes {
  return utf8(`parley/vault/${part}/v1\0${database}`);
}
