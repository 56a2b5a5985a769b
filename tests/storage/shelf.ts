/** One person's stores over an IndexedDB in memory, and what anybody who holds the disk can see of it. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { hash } from '../../src/crypto/hash.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import type { Observable } from '../../src/lib/observable.ts';
import { openAccountStores, type AccountStores, type StoreKeys } from '../../src/storage/account-stores.ts';
import { afterThis, type Later } from '../../src/storage/after-this.ts';
import type { DamagedRow, StoreEngine } from '../../src/storage/store-options.ts';

export interface Shelf extends AccountStores {
  readonly engine: StoreEngine;
  readonly keys: StoreKeys;
  readonly damaged: readonly DamagedRow[];
}

export function newEngine(): StoreEngine {
  return { indexedDB: new IDBFactory(), IDBKeyRange };
}

/** The same keys each time for the same person, as a vault gives them. */
export function keysOf(person: string): StoreKeys {
  const keyFor = (purpose: string) => (table: string) => hash(utf8(`${person}/${purpose}/${table}`));
  return { database: `parley-of-${person}`, tableKey: keyFor('seal'), tagKey: keyFor('tag') };
}

export async function openShelf(person: string, engine: StoreEngine = newEngine(), later: Later = afterThis): Promise<Shelf> {
  await sodiumReady();
  const damaged: DamagedRow[] = [];
  const keys = keysOf(person);
  const stores = await openAccountStores(keys, { engine, onDamaged: (row) => damaged.push(row), later });
  return { ...stores, engine, keys, damaged };
}

/** Resolves with the first value that is as wanted. */
export function seen<Value>(source: Observable<Value>, wanted: (value: Value) => boolean = () => true): Promise<Value> {
  return new Promise((resolve, reject) => {
    const subscription = source.subscribe((value) => {
      if (!wanted(value)) return;
      queueMicrotask(() => {
        subscription.unsubscribe();
      });
      resolve(value);
    }, reject);
  });
}

export type Row = Record<string, unknown>;

/** Every row of a table as it lies on the disk. */
export async function rowsOnDisk({ engine, keys }: Shelf, table: string): Promise<Row[]> {
  return rowsIn(engine, keys.database, table);
}

/** Writes a row past the stores, as a thief would. */
export async function plant({ engine, keys }: Shelf, table: string, row: Row): Promise<void> {
  await plantIn(engine, keys.database, table, row);
}

export async function rowsIn(engine: StoreEngine, database: string, table: string): Promise<Row[]> {
  return withTable(engine, database, table, 'readonly', (store) => store.getAll()) as Promise<Row[]>;
}

export async function plantIn(engine: StoreEngine, database: string, table: string, row: Row): Promise<void> {
  await withTable(engine, database, table, 'readwrite', (store) => store.put(row));
}

/** Everything that lies on the disk: every row of every table of every database. */
export async function dumpOf(engine: StoreEngine): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { name = '' } of await engine.indexedDB.databases()) {
    const opened = (await answerOf(engine.indexedDB.open(name))) as IDBDatabase;
    const tables = [...opened.objectStoreNames];
    opened.close();
    for (const table of tables) rows.push(...(await rowsIn(engine, name, table)));
  }
  return rows;
}

async function withTable(
  { indexedDB }: StoreEngine,
  database: string,
  table: string,
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const opened = (await answerOf(indexedDB.open(database))) as IDBDatabase;
  const answer = await answerOf(ask(opened.transaction(table, mode).objectStore(table)));
  opened.close();
  return answer;
}

function answerOf(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB said nothing'));
  });
}
