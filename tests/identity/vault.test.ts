import { beforeAll, describe, expect, it } from 'vitest';
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createAccount, type AccountKeys } from '../../src/identity/account.ts';
import { createDevice, type Device } from '../../src/identity/device.ts';
import { slotKinds, writePasswordParameters, writeSlot, type KeySlot, type VaultKey } from '../../src/identity/key-slot.ts';
import {
  createVault,
  decodeVault,
  encodeVault,
  readEntropy,
  readIdentity,
  unlockWithPassword,
  unlockWithRecoveryKey,
  type Vault,
} from '../../src/identity/vault.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { valueOf } from '../support/value-of.ts';
import { FastHasher } from './fast-hasher.ts';

const PASSWORD = 'correct horse battery staple';
const DATABASE = 'parley-of-alice';
const MEBIBYTE = 1024;
const damaged = { ok: false, failure: { kind: 'vault-damaged' } };

describe('alice’s vault', () => {
  let account: AccountKeys;
  let device: Device;
  let vault: Vault;
  let key: VaultKey;
  const entropy = seededRandom(1)(32);
  beforeAll(async () => {
    await sodiumReady();
    account = createAccount(entropy);
    device = createDevice(account, '', 0, seededRandom(2));
    const owner = { userName: 'Alice', device, entropy, recoveryKey: account.recoveryKey, database: DATABASE };
    ({ vault, key } = await createVault(owner, { password: PASSWORD, cost: ARGON2ID_FLOOR, hasher: new FastHasher() }));
  });

  const unlock = (locked: Vault, password = PASSWORD, hasher = new FastHasher()) => unlockWithPassword(locked, password, hasher);
  const withSlot = (kind: number, change: (slot: KeySlot) => KeySlot): Vault => ({
    ...vault,
    slots: vault.slots.map((slot) => (slot.kind === kind ? change(slot) : slot)),
  });

  it('[V1] opens with the password', async () => {
    const opened = valueOf(await unlock(valueOf(decodeVault(encodeVault(vault)))));
    const identity = valueOf(readIdentity(vault, opened, DATABASE));
    expect(identity.userName).toBe('Alice');
    expect(identity.device.account).toBe(account.id);
    expect(identity.device.signing.secret.expose()).toEqual(device.signing.secret.expose());
    expect(identity.device.agreement.secret.expose()).toEqual(device.agreement.secret.expose());
  });

  it('opens with the 24 words, and gives back what they stand for', () => {
    const opened = valueOf(unlockWithRecoveryKey(vault, createAccount(entropy).recoveryKey));
    expect(valueOf(readEntropy(vault, opened, DATABASE))).toEqual(entropy);
  });

  it('stays shut for another password and other words', async () => {
    expect(await unlock(vault, 'correct horse battery stable')).toEqual({ ok: false, failure: { kind: 'wrong-key' } });
    const other = createAccount(seededRandom(9)(32)).recoveryKey;
    expect(unlockWithRecoveryKey(vault, other)).toEqual({ ok: false, failure: { kind: 'wrong-key' } });
  });

  it('takes a password however a keyboard composes it', async () => {
    const owner = { userName: 'Zoë', device, entropy, recoveryKey: account.recoveryKey, database: DATABASE };
    const { vault: zoes } = await createVault(owner, { password: 'naïve café', cost: ARGON2ID_FLOOR, hasher: new FastHasher() });
    expect((await unlock(zoes, 'nai\u0308ve\u3000cafe\u0301')).ok).toBe(true);
  });

  it('knows a worn disk from a wrong password: no changed byte goes unnoticed', () => {
    const stored = encodeVault(vault);
    for (let index = 0; index < stored.length; index++) {
      const worn = stored.slice();
      worn[index] = (worn[index] ?? 0) ^ 1;
      expect(decodeVault(worn)).toEqual(damaged);
    }
    expect(decodeVault(stored.slice(0, -1))).toEqual(damaged);
    expect(decodeVault(new Uint8Array(0))).toEqual(damaged);
  });

  it.each([
    ['4 GiB', { memory: 4096 * MEBIBYTE - 1, passes: 3 }],
    ['half a gibibyte and a bit', { memory: 512 * MEBIBYTE + 1, passes: 3 }],
    ['eleven passes', { memory: 64 * MEBIBYTE, passes: 11 }],
    ['next to nothing', { memory: 8, passes: 1 }],
  ])('[V3] attack 51: refuses to hash with %s before it begins', async (_, cost) => {
    const hasher = new FastHasher();
    const salt = new Uint8Array(16);
    const greedy = withSlot(slotKinds.password, (slot) => ({ ...slot, parameters: writePasswordParameters({ cost, salt }) }));
    expect(await unlock(greedy, PASSWORD, hasher)).toEqual(damaged);
    expect(hasher.asked).toEqual([]);
  });

  it('[V2] attack 51: does not open a slot whose parameters or kind were exchanged', async () => {
    const cheaper = writePasswordParameters({ cost: { memory: 65 * MEBIBYTE, passes: 3 }, salt: new Uint8Array(16) });
    expect((await unlock(withSlot(slotKinds.password, (slot) => ({ ...slot, parameters: cheaper })))).ok).toBe(false);
    const recovery = vault.slots.find(({ kind }) => kind === slotKinds.recovery);
    const crossed = withSlot(slotKinds.password, (slot) => ({ ...(recovery ?? slot), kind: slotKinds.password }));
    expect((await unlock(crossed)).ok).toBe(false);
    const resalted = withSlot(slotKinds.recovery, (slot) => ({ ...slot, parameters: new Uint8Array(slot.parameters.length) }));
    expect(unlockWithRecoveryKey(resalted, createAccount(entropy).recoveryKey)).toEqual({ ok: false, failure: { kind: 'wrong-key' } });
  });

  it('[V2] attack 51: calls a slot damaged when the right password finds no key in it', async () => {
    const emptied = withSlot(slotKinds.password, (slot) => ({ ...slot, sealedKey: new Uint8Array(slot.sealedKey.length) }));
    expect(await unlock(emptied)).toEqual(damaged);
  });

  it('[V1] opens for its own database alone, and not with root and identity exchanged', () => {
    expect(readIdentity(vault, key, 'parley-of-bob')).toEqual(damaged);
    expect(readEntropy(vault, key, 'parley-of-bob')).toEqual(damaged);
    expect(readIdentity({ ...vault, identity: vault.root }, key, DATABASE)).toEqual(damaged);
  });

  it('[V2] carries along a slot of a kind it does not know', async () => {
    const passkey = { ...writeSlot('recovery', utf8('a credential id'), new Uint8Array(32).fill(7), key), kind: 200 };
    const extended = valueOf(decodeVault(encodeVault({ ...vault, slots: [passkey, ...vault.slots] })));
    expect(extended.slots[0]).toEqual(passkey);
    expect((await unlock(extended)).ok).toBe(true);
  });
});
