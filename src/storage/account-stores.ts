/** The stores of one open account: what the core rooms' store ports are in this browser. */
import type { CallStore } from '../calls/ports.ts';
import type { ChatStore } from '../chat/ports.ts';
import type { ContactStore } from '../contacts/ports.ts';
import type { FileStore } from '../files/ports.ts';
import type { GroupStore } from '../groups/ports.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { BackupStore } from '../identity/backup-store.ts';
import type { SecurityStore } from '../identity/ports.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { PresenceSettings } from '../presence/ports.ts';
import type { SessionStore } from '../session/ports.ts';
import { openAccountDatabase } from './account-database.ts';
import { afterThis } from './after-this.ts';
import { createBackupStore } from './backup-store.ts';
import { callNotesShape, callsShape, createCallStore } from './call-store.ts';
import { conversationsShape, createChatStore, messagesShape } from './chat-store.ts';
import { contactsShape, createContactStore, invitesShape } from './contact-store.ts';
import { deleteDatabase } from './database.ts';
import { createFileStore, filesShape } from './file-store.ts';
import { extentsShape, logShape } from './group-log.ts';
import { createGroupStore, groupsShape, parcelsShape } from './group-store.ts';
import { operationsShape } from './operation-blocks.ts';
import { SealedTable, type TableShape } from './sealed-table.ts';
import { envelopesShape, openSessionStore, outboxShape, peersShape } from './session-store.ts';
import { createPresenceSettings, createSecurityStore, settingsShape } from './settings-store.ts';
import type { StoreOptions } from './store-options.ts';
import { carryOut } from './store-write.ts';
import { WorkUnderWay } from './work-under-way.ts';

/** What the stores need of an open vault: where the rows are, and the keys to read them. */
export type StoreKeys = Pick<OpenVault, 'database' | 'tableKey' | 'tagKey'>;

/** `commit` takes writes of all the stores together: they are one database. */
export interface AccountStores extends Committer {
  readonly contacts: ContactStore;
  readonly session: SessionStore;
  readonly chat: ChatStore;
  readonly groups: GroupStore;
  readonly files: FileStore;
  readonly calls: CallStore;
  readonly presence: PresenceSettings;
  readonly security: SecurityStore;
  readonly backup: BackupStore;
  /** Refuses whoever still wants to write, lets what is being written be written, closes the database and wipes the row keys. */
  close(): Promise<void>;
  /** Closes, and deletes everything in it for good. */
  erase(): Promise<void>;
}

/** Every store rejects with `StoreRefused` when the browser does, and with nothing else unless we are mistaken. */
export async function openAccountStores(keys: StoreKeys, options: StoreOptions = {}): Promise<AccountStores> {
  const database = await openAccountDatabase(keys.database, options);
  const opened: { wipe(): void }[] = [];
  const open = <Value>(shape: TableShape<Value>): SealedTable<Value> => {
    const { name } = shape;
    const tableKeys = { seal: keys.tableKey(name), tag: keys.tagKey(name) };
    const table = new SealedTable(database, shape, tableKeys, options.onDamaged ?? (() => undefined));
    opened.push(table);
    return table;
  };
  const work = new WorkUnderWay();
  let closing: Promise<void> | undefined;
  const commit = (writes: readonly Write[]): Promise<void> => work.run(() => carryOut(database, writes, options.later ?? afterThis));
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      work.end(() => {
        database.close();
        for (const table of opened) table.wipe();
        resolve();
      });
    });
  const settings = open(settingsShape);
  const calls = open(callsShape);
  const [contacts, outbox, files] = [open(contactsShape), open(outboxShape), open(filesShape)];
  const [messages, conversations] = [open(messagesShape), open(conversationsShape)];
  const groupTables = {
    groups: open(groupsShape),
    groupOperations: open(operationsShape),
    groupLog: open(logShape),
    groupExtents: open(extentsShape),
    groupParcels: open(parcelsShape),
  };
  const sessionTables = { peers: open(peersShape), outbox, envelopes: open(envelopesShape) };
  const session = await openSessionStore(sessionTables, commit).catch(async (reason: unknown) => {
    await shut();
    throw reason;
  });
  return {
    commit,
    contacts: createContactStore({ contacts, invites: open(invitesShape) }, commit),
    session,
    chat: createChatStore({ messages, conversations }, commit),
    groups: createGroupStore(groupTables, commit),
    files: createFileStore({ files, settings }, commit),
    calls: createCallStore({ calls, callNotes: open(callNotesShape) }, commit),
    backup: createBackupStore(
      { database, work },
      { contacts, conversations, messages, outbox, settings, ...groupTables, files, calls },
      commit,
    ),
    presence: createPresenceSettings(settings, commit),
    security: createSecurityStore(settings, commit),
    close: () => (closing ??= shut()),
    erase: async () => {
      await (closing ??= shut());
      await deleteDatabase(keys.database, options);
    },
  };
}
