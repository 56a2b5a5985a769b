import { beforeEach, describe, expect, it } from 'vitest';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import { readRecoveryPhrase } from '../../src/crypto/recovery-phrase.ts';
import { createAccount } from '../../src/identity/account.ts';
import { Accounts } from '../../src/identity/accounts.ts';
import { nameTag } from '../../src/identity/user-name.ts';
import { fail } from '../../src/lib/result.ts';
import { openRegistry, type OpenRegistry } from '../../src/storage/registry-database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { printsOf } from '../support/prints.ts';
import { valueOf } from '../support/value-of.ts';
import { FakePasskeys } from './fake-passkeys.ts';
import { FastHasher } from './fast-hasher.ts';

const PASSWORD = 'correct horse battery staple';
const failed = (kind: string) => ({ ok: false, failure: { kind } });

describe('the accounts of a browser', () => {
  let registry: OpenRegistry;
  let hasher: FastHasher;
  let accounts: Accounts;
  let clock: ManualClock;
  let passkeys: FakePasskeys;
  beforeEach(async () => {
    registry = await openRegistry({ engine: { indexedDB: new IDBFactory(), IDBKeyRange } });
    hasher = new FastHasher();
    clock = new ManualClock();
    passkeys = new FakePasskeys();
    const { sessionKeys } = registry;
    accounts = new Accounts({ registry, sessionKeys, hasher, passkeys, clock, cost: ARGON2ID_FLOOR });
    return () => registry.close();
  });

  const register = async (name: string, password = PASSWORD) => valueOf(await accounts.register(name, password));
  const storedAccount = async (name: string) => {
    const stored = await registry.find(nameTag(name, await registry.salt()));
    if (!stored) throw new Error(`${name} has no account here`);
    return stored;
  };

  it('lets alice register and come back', async () => {
    const registered = await (await register('Alice')).finish();
    const returned = valueOf(await accounts.open('alice', PASSWORD));
    expect(returned.userName).toBe('Alice');
    expect(returned.database).toBe(registered.database);
    expect(returned.device.account).toBe(registered.device.account);
    expect(returned.device.credential).toEqual(registered.device.credential);
    expect(returned.tableKey('messages')).toEqual(registered.tableKey('messages'));
    expect(returned.tagKey('messages')).toEqual(registered.tagKey('messages'));
  });

  it('stores nothing before the words are confirmed', async () => {
    const pending = await register('Alice');
    expect(await accounts.count()).toBe(0);
    expect(await accounts.open('Alice', PASSWORD)).toEqual(failed('no-such-account'));
    await pending.finish();
    expect(await accounts.count()).toBe(1);
  });

  it('shows 24 words that stand for the account', async () => {
    const pending = await register('Alice');
    const { device } = await pending.finish();
    const entropy = valueOf(readRecoveryPhrase(pending.words.join(' ')));
    expect(createAccount(entropy).id).toBe(device.account);
  });

  it('hashes at the floor unless told otherwise', async () => {
    await register('Alice');
    expect(hasher.asked).toEqual([ARGON2ID_FLOOR]);
  });

  it('tells a stranger from a wrong password', async () => {
    await (await register('Alice')).finish();
    expect(await accounts.open('Alice', 'not her password')).toEqual(fail({ kind: 'wrong-password', freeTries: 4 }));
    expect(await accounts.open('Bob', PASSWORD)).toEqual(failed('no-such-account'));
    expect(await accounts.open('', PASSWORD)).toEqual(failed('no-such-account'));
  });

  it('refuses a name that is empty, too long, or taken in any spelling', async () => {
    await (await register('Alice')).finish();
    expect(await accounts.checkName(' \u200b')).toEqual(failed('name-empty'));
    expect(await accounts.checkName('a'.repeat(33))).toEqual({ ok: false, failure: { kind: 'name-too-long', limit: 32 } });
    expect(await accounts.checkName(' ALICE ')).toEqual(failed('name-taken'));
    expect(await accounts.register('ａｌｉｃｅ', PASSWORD)).toEqual(failed('name-taken'));
    expect(await accounts.checkName('Bob')).toEqual({ ok: true, value: undefined });
  });

  it('lets one of two registrations under one name finish', async () => {
    const [first, second] = [await register('Alice'), await register('alice')];
    await first.finish();
    await expect(second.finish()).rejects.toThrow();
    expect(await accounts.count()).toBe(1);
  });

  it('refuses a weak password, and one made of the name', async () => {
    expect(await accounts.register('Alice', 'password1')).toEqual(failed('password-weak'));
    expect(await accounts.register('Zwentibold Qix', 'ZwentiboldQix')).toEqual(failed('password-weak'));
    expect(hasher.asked).toEqual([]);
  });

  it('says so when a vault is damaged', async () => {
    await (await register('Alice')).finish();
    const stored = await storedAccount('Alice');
    await registry.amend(stored.database, (account) => ({
      ...account,
      vault: stored.vault.map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
    }));
    expect(await accounts.open('Alice', PASSWORD)).toEqual(failed('vault-damaged'));
  });

  it('does not open bob’s database with alice’s vault', async () => {
    await (await register('Alice')).finish();
    await (await register('Bob')).finish();
    const [alice, bob] = [await storedAccount('Alice'), await storedAccount('Bob')];
    await registry.remove(bob.database);
    await registry.amend(alice.database, (account) => ({ ...account, database: bob.database }));
    expect(await accounts.open('Alice', PASSWORD)).toEqual(failed('vault-damaged'));
  });

  it('gives each table its own keys, and none once closed', async () => {
    const vault = await (await register('Alice')).finish();
    expect(vault.tableKey('messages')).not.toEqual(vault.tableKey('contacts'));
    expect(vault.tableKey('messages')).not.toEqual(vault.tagKey('messages'));
    const { signing } = vault.device;
    vault.close();
    vault.close();
    expect(() => vault.tableKey('messages')).toThrow();
    expect(() => signing.secret.expose()).toThrow();
  });

  it('shows no secret when an open vault is logged', async () => {
    const pending = await register('Alice');
    const vault = await pending.finish();
    for (const print of [JSON.stringify(vault), ...printsOf(vault)]) {
      for (const secret of [vault.key, vault.device.signing.secret, vault.device.agreement.secret]) {
        const bytes = [...secret.expose().subarray(0, 6)];
        expect(print).not.toContain(bytes.join(','));
        expect(print).not.toContain(bytes.join(', '));
      }
    }
    expect(JSON.stringify(vault)).toContain('[secret: vault]');
  });
});
