/**
 * One way into a vault: the vault key, sealed under a key that somebody can bring again (VAULT.md V2).
 *
 * All slots have one shape and say nothing in it about what opens them but a kind and that kind's own parameters: a new
 * kind is a new number, and a build that does not know it carries it along.
 */
import { open, seal, SEAL_OVERHEAD_BYTES } from '../crypto/aead.ts';
import { isAcceptableCost } from '../crypto/argon2id-cost.ts';
import { COMMITMENT_BYTES, deriveCommittedKey } from '../crypto/commitment.ts';
import { equalSecrets } from '../crypto/compare.ts';
import { Secret } from '../crypto/secret.ts';
import { wipe } from '../crypto/wipe.ts';
import { concat, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { bytes, decode, encode, fixed, struct, u32, u8, type Decoded } from '../protocol/codec.ts';
import type { PasswordCost } from './ports.ts';

export const VAULT_KEY_BYTES = 32;
export const SLOT_SALT_BYTES = 16;
/** A passkey's credential id is the longest parameter in sight: at most 1,023 bytes (WebAuthn §6.4.3). */
const MAX_PARAMETER_BYTES = 2048;

/** What everything in the vault is derived from. */
export type VaultKey = Secret<'vault'>;

export const slotKinds = { password: 1, recovery: 2, passkey: 3 } as const;
export type SlotKind = keyof typeof slotKinds;

export const keySlot = struct({
  kind: u8,
  parameters: bytes(MAX_PARAMETER_BYTES),
  sealedKey: fixed(VAULT_KEY_BYTES + SEAL_OVERHEAD_BYTES),
  commitment: fixed(COMMITMENT_BYTES),
});
export type KeySlot = Decoded<typeof keySlot>;

/** What the slot is in: a slot carried from one into the other opens nothing. */
export type SlotPurpose = 'vault/kek' | 'backup/kek';

/** `wrong-key`: not the one this slot was made with. `slot-damaged`: the right one, and still it does not open. */
export type SlotFailure = { readonly kind: 'wrong-key' } | { readonly kind: 'slot-damaged' };

/** Seals the vault key under `secret`: 32 bytes that nobody can guess. */
export function writeSlot(
  kind: SlotKind,
  parameters: Bytes,
  secret: Uint8Array,
  vaultKey: VaultKey,
  purpose: SlotPurpose = 'vault/kek',
): KeySlot {
  const number = slotKinds[kind];
  const { key, commitment } = deriveCommittedKey({ secret, info: purpose, context: [new Uint8Array([number]), parameters] });
  const sealedKey = seal(key, vaultKey.expose(), slotAssociation(number, parameters));
  wipe(key);
  return { kind: number, parameters, sealedKey, commitment };
}

export function openSlot(slot: KeySlot, secret: Uint8Array, purpose: SlotPurpose = 'vault/kek'): Result<VaultKey, SlotFailure> {
  const { kind, parameters } = slot;
  const { key, commitment } = deriveCommittedKey({ secret, info: purpose, context: [new Uint8Array([kind]), parameters] });
  if (!equalSecrets(commitment, slot.commitment)) return fail({ kind: 'wrong-key' });
  const vaultKey = open(key, slot.sealedKey, slotAssociation(kind, parameters));
  wipe(key);
  return vaultKey ? succeed(new Secret('vault', vaultKey)) : fail({ kind: 'slot-damaged' });
}

function slotAssociation(kind: number, parameters: Bytes): Bytes {
  return concat(new Uint8Array([kind]), parameters);
}

const passwordParameters = struct({ memory: u32, passes: u32, salt: fixed(SLOT_SALT_BYTES) });

export interface PasswordParameters {
  readonly cost: PasswordCost;
  readonly salt: Bytes;
}

export function writePasswordParameters({ cost, salt }: PasswordParameters): Bytes {
  return encode(passwordParameters, { ...cost, salt });
}

/** Undefined for a cost this build would not write either: asked before any hashing, since 4 GiB would end the browser. */
export function readPasswordParameters(parameters: Uint8Array): PasswordParameters | undefined {
  const read = decode(passwordParameters, parameters);
  if (!read.ok) return undefined;
  const { memory, passes, salt } = read.value;
  return isAcceptableCost({ memory, passes }) ? { cost: { memory, passes }, salt } : undefined;
}
