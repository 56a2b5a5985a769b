/** Opening and deleting databases, in the browser's IndexedDB or in one that is brought along. */
import { Dexie } from 'dexie';
import { refusing, StoreRefused } from './store-refused.ts';
import type { StoreEngine, StoreOptions } from './store-options.ts';

/** One step of a database's history: what its tables are from this version on. Never edited once released, only appended to. */
export interface Migration {
  readonly version: number;
  /** Dexie's schema syntax: primary key, then indexes; null drops a table. */
  readonly tables: Readonly<Record<string, string | null>>;
}

/** Opens the database, bringing it up to the last migration. Rejects with `StoreRefused`. */
export async function openDatabase(name: string, migrations: readonly Migration[], options: StoreOptions): Promise<Dexie> {
  const engine = engineOf(options);
  // Dexie's live queries stand still where it finds no IndexedDB of its own (Node): any will do, they use each database's.
  const { dependencies } = Dexie as unknown as { dependencies: Partial<StoreEngine> };
  if (!dependencies.indexedDB) Object.assign(dependencies, engine);
  const database = new Dexie(name, { ...engine, cache: 'disabled', autoOpen: false });
  for (const { version, tables } of migrations) database.version(version).stores({ ...tables });
  await refusing(database.open());
  return database;
}

export async function deleteDatabase(name: string, options: StoreOptions): Promise<void> {
  await refusing(new Dexie(name, { ...engineOf(options) }).delete());
}

function engineOf({ engine }: StoreOptions): StoreEngine {
  const found = engine ?? browserEngine();
  if (!found) throw new StoreRefused('storage-refused');
  return found;
}

function browserEngine(): StoreEngine | undefined {
  // Typed as always there; switched off in some browsers' private windows, and asking may throw.
  try {
    const { indexedDB, IDBKeyRange } = globalThis as Partial<StoreEngine>;
    return indexedDB && IDBKeyRange ? { indexedDB, IDBKeyRange } : undefined;
  } catch {
    // A SecurityError: the one thing reading it can throw.
    return undefined;
  }
}
