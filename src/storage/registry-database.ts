/** The accounts of this browser: one small database, in which nothing is readable. */
import type { Dexie, Table } from 'dexie';
import { randomBytes } from '../crypto/random.ts';
import type { HalfMade } from '../identity/backup-store.ts';
import type { AccountRegistry, SessionKeys, StoredAccount } from '../identity/ports.ts';
import type { Bytes } from '../lib/bytes.ts';
import { openDatabase, type Migration } from './database.ts';
import { createHalfMade } from './half-made.ts';
import { createSessionKeys } from './session-keys.ts';
import { refusing } from './store-refused.ts';
import type { StoreOptions } from './store-options.ts';

const DATABASE = 'parley';
const MIGRATIONS: readonly Migration[] = [
  { version: 1, tables: { accounts: 'nameTag', facts: 'key' } },
  { version: 2, tables: { accounts: 'nameTag, &database', sessions: 'database' } },
];
const SALT = 'salt';
const SALT_BYTES = 32;

interface Fact {
  readonly key: string;
  readonly value: Bytes;
}

export interface OpenRegistry extends AccountRegistry {
  readonly sessionKeys: SessionKeys;
  readonly halfMade: HalfMade;
  close(): void;
}

/** Rejects with `StoreRefused` where there is no IndexedDB, or it may not be used. */
export async function openRegistry(options: StoreOptions = {}): Promise<OpenRegistry> {
  return new RegistryDatabase(await openDatabase(DATABASE, MIGRATIONS, options));
}

class RegistryDatabase implements OpenRegistry {
  readonly sessionKeys: SessionKeys;
  readonly halfMade: HalfMade;
  readonly #database: Dexie;
  readonly #accounts: Table<StoredAccount, string>;
  readonly #facts: Table<Fact, string>;

  constructor(database: Dexie) {
    this.#database = database;
    this.#accounts = database.table('accounts');
    this.#facts = database.table('facts');
    this.halfMade = createHalfMade(database.table('facts'));
    // Typed as always there; absent on insecure origins.
    this.sessionKeys = createSessionKeys(database.table('sessions'), (globalThis.crypto as Partial<Crypto>).subtle);
  }

  /** Two tabs that ask for the first time get the same: the transaction decides. */
  salt(): Promise<Bytes> {
    const fresh = randomBytes(SALT_BYTES);
    return refusing(
      this.#database.transaction('rw', this.#facts, async () => {
        const known = await this.#facts.get(SALT);
        if (!known) await this.#facts.add({ key: SALT, value: fresh });
        return known?.value ?? fresh;
      }),
    );
  }

  count(): Promise<number> {
    return refusing(this.#accounts.count());
  }

  find(nameTag: string): Promise<StoredAccount | undefined> {
    return refusing(this.#accounts.get(nameTag));
  }

  async add(account: StoredAccount): Promise<void> {
    await refusing(this.#accounts.add(account));
  }

  at(database: string): Promise<StoredAccount | undefined> {
    return refusing(this.#accounts.get({ database }));
  }

  amend(database: string, change: (account: StoredAccount) => StoredAccount): Promise<StoredAccount | undefined> {
    return refusing(
      this.#database.transaction('rw', this.#accounts, async () => {
        const account = await this.#accounts.get({ database });
        const changed = account && change(account);
        if (changed) await this.#accounts.put(changed);
        return changed;
      }),
    );
  }

  async remove(database: string): Promise<void> {
    await refusing(this.#accounts.where({ database }).delete());
  }

  close(): void {
    this.#database.close();
  }
}
