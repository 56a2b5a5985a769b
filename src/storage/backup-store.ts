import { decode, encode } from 'cborg';
import type { Dexie } from 'dexie';
import type { CallRecord } from '../calls/ports.ts';
import type { Contact } from '../contacts/ports.ts';
import type { Conversation, Message } from '../chat/ports.ts';
import type { FileRecord } from '../files/ports.ts';
import { OWN_PARCELS } from '../groups/ports.ts';
import type { BackupStore } from '../identity/backup-store.ts';
import type { BackupRow, BackupTable } from '../identity/backup-record.ts';
import type { Committer } from '../lib/write.ts';
import type { OutboxEntry } from '../session/ports.ts';
import type { GroupTables, Parcel } from './group-store.ts';
import type { SealedRow, SealedTable } from './sealed-table.ts';
import type { Setting } from './settings-store.ts';
import { refusing } from './store-refused.ts';
import type { WorkUnderWay } from './work-under-way.ts';

/** Rows read and opened in one go: some milliseconds, so that the page stays awake. */
const PAGE = 256;

/** It opened, so its owner's key wrote it, and still it is nothing a store would have written. */
export class BackupRowUnreadable extends Error {}

export interface BackedUpTables extends GroupTables {
  readonly contacts: SealedTable<Contact>;
  readonly conversations: SealedTable<Conversation>;
  readonly messages: SealedTable<Message>;
  readonly outbox: SealedTable<OutboxEntry>;
  readonly settings: SealedTable<Setting>;
  readonly files: SealedTable<FileRecord>;
  readonly calls: SealedTable<CallRecord>;
}

/** A database, and what counts its transactions. */
interface OpenDatabase {
  readonly database: Dexie;
  readonly work: WorkUnderWay;
}

export function createBackupStore({ database, work }: OpenDatabase, tables: BackedUpTables, commit: Committer['commit']): BackupStore {
  const names = Object.keys(tables) as readonly BackupTable[];
  const { settings } = tables;
  const transact = (mode: 'r' | 'rw', of: readonly BackupTable[], step: () => Promise<void>): Promise<void> =>
    work.run(() => refusing(database.transaction(mode, [...of], step)));
  const tableOf = (name: BackupTable): SealedTable<unknown> => tables[name] as SealedTable<unknown>;

  return {
    readRows: (add, progress) =>
      transact('r', names, async () => {
        const counts = await Promise.all(names.map((name) => tableOf(name).rows.count()));
        const total = counts.reduce((sum, count) => sum + count, 0);
        let done = 0;
        for (const name of names) {
          const table = tableOf(name);
          for (let page = await firstPage(table); page.length > 0; page = await pageAfter(table, page)) {
            for (const row of page) addRow(name, table.open(row), add);
            done += page.length;
            progress(done / total);
          }
        }
      }),
    writeRows: async (rows) => {
      const sealed = new Map<BackupTable, SealedRow[]>();
      for (const { table, value } of rows) {
        const of = sealed.get(table) ?? [];
        of.push(sealRow(tableOf(table), value));
        sealed.set(table, of);
      }
      await transact('rw', [...sealed.keys()], async () => {
        for (const [name, some] of sealed) await tableOf(name).rows.bulkPut(some);
      });
    },
    lastMade: () => {
      const found = settings.watch(
        () => settings.rows.where(':id').equals(settings.tag('backup')).toArray(),
        (all) => all,
      );
      return {
        subscribe: (next, error) => found.subscribe(([setting]) => next(setting?.name === 'backup' ? setting.lastMade : undefined), error),
      };
    },
    saveLastMade: (at) => commit([settings.put({ name: 'backup', lastMade: at })]),
  };
}

/** What is not given was damaged, and is reported by its table. */
function addRow(name: BackupTable, value: unknown, add: (row: BackupRow) => void): void {
  if (value === undefined) return;
  const portable = portableOf(name, value);
  if (portable !== undefined) add({ table: name, value: encode(portable) });
}

/** What a row may take along to another device (B4); undefined: nothing. */
function portableOf(name: BackupTable, value: unknown): unknown {
  // An envelope was sealed in a session, and a restored account has none of those: what it holds is sealed anew.
  if (name === 'outbox') return { ...(value as OutboxEntry), sealed: undefined };
  if (name === 'groupParcels' && (value as Parcel).kind === OWN_PARCELS) return undefined;
  return name === 'files' ? withoutItsBytes(value as FileRecord) : value;
}

/** The bytes stay where they are: a file that is whole here is, there, one that whoever has it can give again. */
function withoutItsBytes(record: FileRecord): FileRecord {
  return record.wish === 'complete' ? { ...record, wish: 'removed' } : record;
}

function sealRow(table: SealedTable<unknown>, value: Uint8Array): SealedRow {
  try {
    return table.seal(decode(value));
  } catch (reason) {
    throw new BackupRowUnreadable('A row of a backup is not what a store would have written', { cause: reason });
  }
}

function firstPage(table: SealedTable<unknown>) {
  return table.rows.orderBy(':id').limit(PAGE).toArray();
}

function pageAfter(table: SealedTable<unknown>, page: readonly SealedRow[]) {
  return table.rows.where(':id').above(page.at(-1)?.id).limit(PAGE).toArray();
}
