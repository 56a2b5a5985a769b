import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionKeys } from '../../src/identity/ports.ts';
import { toBase64url, toHex } from '../../src/lib/bytes.ts';
import { openRegistry } from '../../src/storage/registry-database.ts';
import { createSessionKeys, type SessionRow } from '../../src/storage/session-keys.ts';
import type { StoreEngine } from '../../src/storage/store-options.ts';
import { newEngine, plantIn, rowsIn } from './shelf.ts';

const alice = { database: 'parley-of-alice', since: 1000, until: 2000 };
const bob = { database: 'parley-of-bob', since: 1500, until: 2500 };
const KEY = new Uint8Array(32).fill(0xab);

describe('log-ins that are kept', () => {
  let engine: StoreEngine;
  let keys: SessionKeys;
  beforeEach(async () => {
    engine = newEngine();
    const registry = await openRegistry({ engine });
    keys = registry.sessionKeys;
    return () => registry.close();
  });

  const rows = async () => (await rowsIn(engine, 'parley', 'sessions')) as unknown as SessionRow[];
  const rowOf = async (database: string): Promise<SessionRow> => {
    const row = (await rows()).find((each) => each.database === database);
    if (!row) throw new Error(`Nothing is kept for ${database}`);
    return row;
  };
  const plant = (row: SessionRow) => plantIn(engine, 'parley', 'sessions', { ...row });

  it('[V8] open after the page is gone', async () => {
    await keys.keep(alice, KEY);
    const later = await openRegistry({ engine });
    expect(await later.sessionKeys.open(alice.database)).toEqual({ logIn: alice, vaultKey: KEY });
    later.close();
  });

  it('[V8] lie under a key that no script gets out of the browser', async () => {
    await keys.keep(alice, KEY);
    const { key, sealed } = await rowOf(alice.database);
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
    expect(toHex(sealed)).not.toContain(toHex(KEY.subarray(0, 4)));
    expect(JSON.stringify(await rows())).not.toContain(toBase64url(KEY).slice(0, 6));
  });

  it('[V8] have a key of their own each time', async () => {
    await keys.keep(alice, KEY);
    const before = await rowOf(alice.database);
    await keys.keep({ ...alice, until: 3000 }, KEY);
    const after = await rowOf(alice.database);
    const params = { name: 'AES-GCM', iv: after.nonce, additionalData: new Uint8Array(0) };
    await expect(crypto.subtle.decrypt(params, before.key, after.sealed)).rejects.toThrow();
    expect(await rows()).toHaveLength(1);
  });

  it('[V8] do not open with more time than they were given, nor for another account', async () => {
    await keys.keep(alice, KEY);
    await keys.keep(bob, KEY);
    const row = await rowOf(alice.database);
    await plant({ ...row, until: 9000 });
    expect(await keys.open(alice.database)).toBeUndefined();
    await plant({ ...row, since: 1001 });
    expect(await keys.open(alice.database)).toBeUndefined();
    await plant({ ...row, database: bob.database });
    expect(await keys.open(bob.database)).toBeUndefined();
    await plant({ ...row, sealed: row.sealed.map((byte, index) => (index === 0 ? byte ^ 1 : byte)) });
    expect(await keys.open(alice.database)).toBeUndefined();
  });

  it('are listed, the latest first', async () => {
    await keys.keep(alice, KEY);
    await keys.keep(bob, KEY);
    expect(await keys.kept()).toEqual([bob, alice]);
  });

  it('[V9] are gone once dropped', async () => {
    await keys.keep(alice, KEY);
    await keys.keep(bob, KEY);
    await keys.drop(alice.database);
    expect(await keys.open(alice.database)).toBeUndefined();
    expect(await keys.kept()).toEqual([bob]);
    await keys.drop(alice.database);
  });

  it('are not kept where the browser holds no keys', async () => {
    const table = { put: () => Promise.reject(new Error('asked to keep')), get: () => Promise.resolve(undefined) };
    const none = createSessionKeys(table as unknown as Parameters<typeof createSessionKeys>[0], undefined);
    await none.keep(alice, KEY);
    expect(await none.open(alice.database)).toBeUndefined();
  });
});
