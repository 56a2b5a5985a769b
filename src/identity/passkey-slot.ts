/** Passkeys as ways into a vault: what WebAuthn PRF makes of a salt is the slot's secret (VAULT.md V10). */
import { assert } from '../lib/assert.ts';
import { equalBytes } from '../lib/bytes.ts';
import { fail, type Result } from '../lib/result.ts';
import { bytes, decode, encode, fixed, struct, u53 } from '../protocol/codec.ts';
import { openSlot, slotKinds, writeSlot, type KeySlot, type VaultKey } from './key-slot.ts';
import type { KnownPasskey, PasskeyAnswer } from './ports.ts';
import { MAX_SLOTS, type UnlockFailure, type Vault } from './vault.ts';

export const PASSKEY_SALT_BYTES = 32;
/** WebAuthn §6.4.3 (Level 3, credential ID). */
const MAX_CREDENTIAL_ID_BYTES = 1023;

const passkeyParameters = struct({ created: u53, salt: fixed(PASSKEY_SALT_BYTES), credentialId: bytes(MAX_CREDENTIAL_ID_BYTES) });

export interface StoredPasskey extends KnownPasskey {
  /** Milliseconds since 1970. */
  readonly created: number;
}

interface PasskeySlot {
  readonly slot: KeySlot;
  readonly passkey: StoredPasskey;
}

/** The oldest first. Slots that cannot be read are left out. */
export function passkeysOf(vault: Vault): readonly StoredPasskey[] {
  return passkeySlots(vault).map(({ passkey }) => passkey);
}

/** The vault with one more way in; the other slots stay as they are. */
export function withPasskey(vault: Vault, passkey: StoredPasskey, secret: Uint8Array, key: VaultKey): Vault {
  assert(vault.slots.length < MAX_SLOTS, 'a vault has room for one more passkey');
  return { ...vault, slots: [...vault.slots, writeSlot('passkey', encode(passkeyParameters, passkey), secret, key)] };
}

/** The vault key stays the same: who kept a copy of the vault and has the passkey can open that copy. */
export function withoutPasskey(vault: Vault, credentialId: Uint8Array): Vault {
  const gone = slotOf(vault, credentialId);
  return { ...vault, slots: vault.slots.filter((slot) => slot !== gone) };
}

export function unlockWithPasskey(vault: Vault, { credentialId, secret }: PasskeyAnswer): Result<VaultKey, UnlockFailure> {
  const slot = slotOf(vault, credentialId);
  if (!slot) return fail({ kind: 'wrong-key' });
  const key = openSlot(slot, secret);
  return key.ok ? key : fail({ kind: key.failure.kind === 'wrong-key' ? 'wrong-key' : 'vault-damaged' });
}

function slotOf(vault: Vault, credentialId: Uint8Array): KeySlot | undefined {
  return passkeySlots(vault).find(({ passkey }) => equalBytes(passkey.credentialId, credentialId))?.slot;
}

function passkeySlots({ slots }: Vault): readonly PasskeySlot[] {
  return slots.flatMap((slot) => {
    const passkey = slot.kind === slotKinds.passkey ? decode(passkeyParameters, slot.parameters) : undefined;
    return passkey?.ok ? [{ slot, passkey: passkey.value }] : [];
  });
}
