import { beforeEach, describe, expect, it } from 'vitest';
import { openRegistry } from '../../src/storage/registry-database.ts';
import type { StoreEngine } from '../../src/storage/store-options.ts';
import { newEngine } from './shelf.ts';

const alice = { database: 'parley-x', nameTag: 'tag of alice', vault: new Uint8Array([1, 2, 3]) };

describe('the registry of a browser’s accounts', () => {
  let engine: StoreEngine;
  beforeEach(() => {
    engine = newEngine();
  });

  it('makes its salt once, even when two tabs ask together', async () => {
    const [one, other] = await Promise.all([openRegistry({ engine }), openRegistry({ engine })]);
    const [salt, same] = await Promise.all([one.salt(), other.salt()]);
    expect(salt).toHaveLength(32);
    expect(same).toEqual(salt);
    expect(await (await openRegistry({ engine: newEngine() })).salt()).not.toEqual(salt);
  });

  it('keeps accounts by the tag of their name', async () => {
    const registry = await openRegistry({ engine });
    await registry.add(alice);
    expect(await registry.find(alice.nameTag)).toEqual(alice);
    expect(await registry.find('tag of bob')).toBeUndefined();
    expect(await registry.count()).toBe(1);
  });

  it('refuses a second account under one tag, and leaves the first alone', async () => {
    const registry = await openRegistry({ engine });
    await registry.add(alice);
    await expect(registry.add({ ...alice, database: 'parley-y' })).rejects.toThrow();
    expect(await registry.find(alice.nameTag)).toEqual(alice);
  });

  it('replaces a vault', async () => {
    const registry = await openRegistry({ engine });
    await registry.add(alice);
    await registry.amend(alice.database, (account) => ({ ...account, vault: new Uint8Array([9]) }));
    expect(await registry.amend('parley-y', (account) => account)).toBeUndefined();
    expect((await registry.find(alice.nameTag))?.vault).toEqual(new Uint8Array([9]));
  });

  it('says that it is shut, and that there is no IndexedDB', async () => {
    const registry = await openRegistry({ engine });
    registry.close();
    await expect(registry.count()).rejects.toMatchObject({ kind: 'storage-refused' });
    await expect(openRegistry()).rejects.toMatchObject({ kind: 'storage-refused' });
  });

  it('says that the browser refuses to open it', async () => {
    const indexedDB = { open: () => raise(new DOMException('not in a private window', 'SecurityError')) } as unknown as IDBFactory;
    await expect(openRegistry({ engine: { ...engine, indexedDB } })).rejects.toMatchObject({ kind: 'storage-refused' });
  });
});

function raise(reason: Error): never {
  throw reason;
}
