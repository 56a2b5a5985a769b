import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackup } from '../../src/app/backup.ts';
import { clearHalfMade, restore, type RestorationSite } from '../../src/app/restoration.ts';
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import { Accounts } from '../../src/identity/accounts.ts';
import { verifyCredential } from '../../src/identity/credential.ts';
import type { OpenVault } from '../../src/identity/open-vault.ts';
import { accountIdOf, conversationWith, messageIdOf } from '../../src/protocol/ids.ts';
import { openAccountStores } from '../../src/storage/account-stores.ts';
import { deleteAccountDatabase } from '../../src/storage/account-database.ts';
import { openRegistry, type OpenRegistry } from '../../src/storage/registry-database.ts';
import { StoreRefused } from '../../src/storage/store-refused.ts';
import type { BackupKey } from '../../src/ui/parley.ts';
import { FakePasskeys } from '../identity/fake-passkeys.ts';
import { FastHasher } from '../identity/fast-hasher.ts';
import { newEngine, seen } from '../storage/shelf.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { valueOf } from '../support/value-of.ts';

const PASSWORD = 'tidal-copper-lantern-84';
const BACKUP_PASSWORD = 'meadow-zinc-harbour-19';
const byPassword: BackupKey = { kind: 'password', password: BACKUP_PASSWORD };
const bob = accountIdOf(new Uint8Array(32).fill(9));
const silently = () => undefined;

/** One browser, with its registry and databases. */
class Browser {
  readonly engine = newEngine();
  readonly clock: ManualClock;
  readonly registry: OpenRegistry;
  readonly accounts: Accounts;

  private constructor(clock: ManualClock, engine: Browser['engine'], registry: OpenRegistry) {
    this.clock = clock;
    this.engine = engine;
    this.registry = registry;
    const { sessionKeys } = registry;
    const [hasher, passkeys] = [new FastHasher(), new FakePasskeys()];
    this.accounts = new Accounts({ registry, sessionKeys, hasher, passkeys, clock, cost: ARGON2ID_FLOOR });
  }

  static async open(clock: ManualClock): Promise<Browser> {
    const engine = newEngine();
    return new Browser(clock, engine, await openRegistry({ engine }));
  }

  stores(vault: OpenVault) {
    return openAccountStores(vault, { engine: this.engine });
  }

  get site(): RestorationSite {
    const { registry, engine } = this;
    return {
      registry,
      halfMade: registry.halfMade,
      openStores: (vault) => this.stores(vault),
      deleteStores: (database) => deleteAccountDatabase(database, { engine }),
      alone: (work) => work(),
    };
  }

  async register(name: string) {
    const pending = valueOf(await this.accounts.register(name, PASSWORD));
    return { words: pending.words.join(' '), vault: await pending.finish() };
  }

  restore(file: Blob, key: BackupKey = byPassword, site = this.site, progress: (part: number) => void = silently) {
    return restore(this.accounts, site, file, key, progress);
  }

  async databases(): Promise<readonly string[]> {
    const all = await this.engine.indexedDB.databases();
    return all.map(({ name }) => name ?? '').filter((name) => name.startsWith('parley-'));
  }
}

describe('a backup of alice’s', () => {
  const opened: Browser[] = [];
  let old: Browser;
  let fresh: Browser;
  let words: string;
  let vault: OpenVault;
  let file: Blob;
  let name: string;
  beforeEach(async () => {
    const clock = new ManualClock();
    [old, fresh] = [await Browser.open(clock), await Browser.open(clock)];
    opened.push(old, fresh);
    ({ words, vault } = await old.register('alice'));
    const stores = await old.stores(vault);
    const conversation = conversationWith(bob);
    const contact = {
      id: bob,
      name: 'bob',
      phase: 'active',
      pairSecret: new Uint8Array(32).fill(3),
      deviceListVersion: 4,
      devices: [new Uint8Array(32).fill(5)],
      verified: true,
      review: undefined,
      acceptance: undefined,
      since: 5,
    } as const;
    // Long enough that the file is read in several goes: what is cut off is missed when rows are stored already.
    const messages = Array.from({ length: 700 }, (_, index) => {
      const id = messageIdOf(new Uint8Array(16).fill(index % 256).fill(index >> 8, 8));
      return {
        id,
        conversation,
        direction: 'in',
        author: bob,
        lamport: index + 1,
        wall: index,
        text: `message ${index}`.padEnd(4000, '.'),
      } as const;
    });
    await stores.commit([
      stores.contacts.putContact(contact),
      stores.chat.addMessages(conversation, messages, (before) => ({ ...before, lamport: 700, unread: 3, draft: 'half a thou' })),
    ]);
    await stores.presence.save('busy');
    const backup = createBackup({ vault, accounts: old.accounts, store: stores.backup, clock });
    ({ file, name } = valueOf(await backup.make(BACKUP_PASSWORD, silently)));
    expect(await seen(backup.lastMade, (at) => at !== undefined)).toBe(clock.now());
    await stores.close();
  });
  afterEach(() => {
    for (const browser of opened.splice(0)) browser.registry.close();
  });

  it('has a name that tells the day and nobody’s name', () => {
    expect(name).toMatch(/^parley-backup-\d{4}-\d\d-\d\d\.parley$/);
  });

  it('[B1] needs a strong password', async () => {
    const stores = await old.stores(vault);
    const backup = createBackup({ vault, accounts: old.accounts, store: stores.backup, clock: old.clock });
    expect(await backup.make('woaini1314', silently)).toEqual({ ok: false, failure: { kind: 'password-weak' } });
    await stores.close();
  });

  it.each([
    ['its password', () => byPassword, BACKUP_PASSWORD],
    [
      'her words and a new password',
      () => ({ kind: 'words', words, newPassword: 'granite-otter-willow-53' }) as const,
      'granite-otter-willow-53',
    ],
  ])('[B2, B6] brings everything back into another browser with %s', async (_, key, password) => {
    const progress: number[] = [];
    const returned = valueOf(await fresh.restore(file, key(), fresh.site, (part) => progress.push(part)));
    expect(progress.at(-1)).toBe(1);
    const stores = await fresh.stores(returned);
    expect(await stores.contacts.contacts()).toMatchObject([{ name: 'bob', verified: true, since: 5 }]);
    expect(await seen(stores.chat.watchTimeline(conversationWith(bob), 1000))).toHaveLength(700);
    expect(await stores.chat.conversation(conversationWith(bob))).toMatchObject({ unread: 3, draft: 'half a thou' });
    expect(await stores.presence.load()).toBe('busy');
    expect(await seen(stores.backup.lastMade())).toBe(old.clock.now());
    await stores.close();
    const again = valueOf(await fresh.accounts.open('Alice', password));
    expect(again.device.account).toBe(vault.device.account);
    expect(await fresh.registry.halfMade.noted()).toEqual([]);
  });

  it('[B4, K4] makes a device of its own, whose list comes after the last, whatever the clock says', async () => {
    const returned = valueOf(await fresh.restore(file));
    expect(returned.device.signing.publicKey).not.toEqual(vault.device.signing.publicKey);
    expect(returned.device.agreement.publicKey).not.toEqual(vault.device.agreement.publicKey);
    const [before, after] = [vault, returned].map(({ device }) => valueOf(verifyCredential(device.credential)));
    expect(after?.listVersion).toBeGreaterThan(before?.listVersion ?? Infinity);
  });

  it.each([
    ['a wrong password', 'backup-wrong-key', () => file, { kind: 'password', password: 'not the password' }],
    ['words that are none', 'words-count', () => file, { kind: 'words', words: 'one two three', newPassword: PASSWORD }],
    ['a weak new password', 'password-weak', () => file, undefined],
    ['a file cut in the middle', 'backup-damaged', () => file.slice(0, file.size - 70_000), byPassword],
    ['a file cut at its end', 'backup-damaged', () => file.slice(0, -1), byPassword],
    ['a file with something behind it', 'backup-damaged', () => new Blob([file, 'x']), byPassword],
    ['another file', 'backup-foreign', () => new Blob(['no backup']), byPassword],
  ] as const)('[B3, B6, attack 53] %s leaves nothing (%s)', async (_, kind, make, key) => {
    const used = key ?? ({ kind: 'words', words, newPassword: '123456' } as const);
    expect(await fresh.restore(make(), used)).toMatchObject({ ok: false, failure: { kind } });
    expect(await fresh.databases()).toEqual([]);
    expect(await fresh.accounts.count()).toBe(0);
    expect(await fresh.registry.halfMade.noted()).toEqual([]);
  });

  it('[B6] leaves nothing when the disk is full in the middle', async () => {
    const { site } = fresh;
    const full: RestorationSite = {
      ...site,
      openStores: async (open) => {
        const stores = await site.openStores(open);
        let rows = 0;
        const writeRows: typeof stores.backup.writeRows = (some) =>
          (rows += some.length) > 200 ? Promise.reject(new StoreRefused('storage-full')) : stores.backup.writeRows(some);
        return { close: () => stores.close(), backup: { ...stores.backup, writeRows } };
      },
    };
    expect(await fresh.restore(file, byPassword, full)).toEqual({ ok: false, failure: { kind: 'storage-full' } });
    expect(await fresh.databases()).toEqual([]);
    expect(await fresh.accounts.count()).toBe(0);
  });

  it('[B6] what a browser that died in the middle left is gone after the next start', async () => {
    const { site } = fresh;
    await new Promise<void>((died) => {
      const deleteStores = () => {
        died();
        return new Promise<void>(silently);
      };
      void fresh.restore(file.slice(0, -1), byPassword, { ...site, deleteStores });
    });
    expect(await fresh.databases()).toHaveLength(1);
    expect(await fresh.registry.halfMade.noted()).toHaveLength(1);
    await clearHalfMade(site);
    expect(await fresh.databases()).toEqual([]);
    expect(await fresh.registry.halfMade.noted()).toEqual([]);
  });

  it('[B6] an account that came to be, though its note stayed, is kept', async () => {
    const returned = valueOf(await fresh.restore(file));
    await (await fresh.stores(returned)).close();
    await fresh.registry.halfMade.note(returned.database);
    await clearHalfMade(fresh.site);
    expect(await fresh.databases()).toEqual([returned.database]);
    expect(await fresh.registry.halfMade.noted()).toEqual([]);
  });

  it('[B6] is refused where the account is, or another goes by its name', async () => {
    expect(await old.restore(file)).toEqual({ ok: false, failure: { kind: 'account-exists' } });
    await fresh.register('Alice');
    expect(await fresh.restore(file)).toEqual({ ok: false, failure: { kind: 'name-taken' } });
    expect(await fresh.accounts.count()).toBe(1);
  });

  it('comes back into the same browser after the account was deleted there', async () => {
    await deleteAccountDatabase(vault.database, { engine: old.engine });
    await old.accounts.remove(vault.database);
    expect(valueOf(await old.restore(file)).userName).toBe('alice');
  });
});
