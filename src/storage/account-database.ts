/** The database of one account: its tables, and their history. */
import type { Dexie } from 'dexie';
import { deleteDatabase, openDatabase, type Migration } from './database.ts';
import type { StoreOptions } from './store-options.ts';

/** `id` is a keyed hash of what the row is about, but for `outbox` and `envelopes`, whose rows are numbered. */
const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    tables: {
      contacts: 'id',
      invites: 'id',
      peers: 'id',
      outbox: 'id, contact, [contact+id]',
      messages: 'id, [conversation+lamport]',
      conversations: 'id',
      settings: 'id',
    },
  },
  { version: 2, tables: { envelopes: 'id, [contact+id]' } },
  {
    version: 3,
    tables: {
      groups: 'id',
      groupOperations: 'id, [group+place]',
      groupLog: 'id, group, [author+last]',
      groupExtents: 'id, group',
      groupParcels: 'id, group, shelf',
    },
  },
  { version: 4, tables: { files: 'id' } },
  { version: 5, tables: { calls: 'id, conversation, wall', callNotes: 'id' } },
];

export function openAccountDatabase(name: string, options: StoreOptions): Promise<Dexie> {
  return openDatabase(name, MIGRATIONS, options);
}

/** Deletes an account's database with everything in it. Whoever still has it open is cut off. */
export function deleteAccountDatabase(name: string, options: StoreOptions = {}): Promise<void> {
  return deleteDatabase(name, options);
}
