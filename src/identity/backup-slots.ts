/** The two ways into a backup: the password it was made with, and the account's 24 words (PROTOCOL.md B2). */
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { Secret } from '../crypto/secret.ts';
import { wipe } from '../crypto/wipe.ts';
import { fail, type Result } from '../lib/result.ts';
import { encode, fixed, struct } from '../protocol/codec.ts';
import {
  openSlot,
  readPasswordParameters,
  SLOT_SALT_BYTES,
  slotKinds,
  writePasswordParameters,
  writeSlot,
  type KeySlot,
  type SlotKind,
  type VaultKey,
} from './key-slot.ts';
import type { PasswordHasher } from './ports.ts';
import { hashPassword, type PasswordLock } from './vault.ts';

const SALT_IS_ALL = struct({ salt: fixed(SLOT_SALT_BYTES) });
const PURPOSE = 'backup/kek';

/** What opens a backup. */
export type BackupSecret =
  { readonly kind: 'password'; readonly password: string } | { readonly kind: 'recovery'; readonly recoveryKey: Secret<'recovery'> };

export type BackupSlotFailure = { readonly kind: 'wrong-key' } | { readonly kind: 'slot-damaged' };

/** Takes as long as the hasher. */
export async function writeBackupSlots(
  key: VaultKey,
  { password, cost, hasher }: PasswordLock,
  recoveryKey: Secret<'recovery'>,
  random: RandomSource = randomBytes,
): Promise<readonly KeySlot[]> {
  const salt = random(SLOT_SALT_BYTES);
  const secret = await hashPassword(password, salt, cost, hasher);
  const byPassword = writeSlot('password', writePasswordParameters({ cost, salt }), secret, key, PURPOSE);
  wipe(secret);
  const saltAlone = encode(SALT_IS_ALL, { salt: random(SLOT_SALT_BYTES) });
  return [byPassword, writeSlot('recovery', saltAlone, recoveryKey.expose(), key, PURPOSE)];
}

/** Takes as long as the hasher, for a password. A cost no build of ours would write is refused before any hashing. */
export async function openBackupSlot(
  slots: readonly KeySlot[],
  secret: BackupSecret,
  hasher: PasswordHasher,
): Promise<Result<VaultKey, BackupSlotFailure>> {
  const slot = slotOf(slots, secret.kind);
  if (!slot) return fail({ kind: 'slot-damaged' });
  if (secret.kind === 'recovery') return openSlot(slot, secret.recoveryKey.expose(), PURPOSE);
  const parameters = readPasswordParameters(slot.parameters);
  if (!parameters) return fail({ kind: 'slot-damaged' });
  const hashed = await hashPassword(secret.password, parameters.salt, parameters.cost, hasher);
  const key = openSlot(slot, hashed, PURPOSE);
  wipe(hashed);
  return key;
}

function slotOf(slots: readonly KeySlot[], kind: SlotKind): KeySlot | undefined {
  return slots.find((slot) => slot.kind === slotKinds[kind]);
}
