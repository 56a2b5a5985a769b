/** The stores of one open account: what the core rooms' store ports are in this browser. */
import type { ChatStore } from '../chat/ports.ts';
import type { ContactStore } from '../contacts/ports.ts';
import type { GroupStore } from '../groups/ports.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { BackupStore } from '../identity/backup-store.ts';
import type { SecurityStore } from '../identity/ports.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { PresenceSettings } from '../presence/ports.ts';
import type { SessionStore } from '../session/ports.ts';
import { openAccountDatabase } from './account-database.ts';
import { createBackupStore } from './backup-store.ts';
import { conversationsShape, createChatStore, messagesShape } from './chat-store.ts';
import { contactsShape, createContactStore, invitesShape } from './contact-store.ts';
import { deleteDatabase } from './database.ts';
import { extentsShape, logShape } from './group-log.ts';
import { createGroupStore, groupsShape, parcelsShape } from './group-store.ts';
import { operationsShape } from './operation-blocks.ts';
import { SealedTable, type TableShape } from './sealed-table.ts';
import { envelopesShape, openSessionStore, outboxShape, peersShape } from './session-store.ts';
import { createPresenceSettings, createSecurityStore, settingsShape } from './settings-store.ts';
import type { StoreOptions } from './store-options.ts';
import { carryOut } from './store-write.ts';

/** What the stores need of an open vault: where the rows are, and the keys to read them. */
export type StoreKeys = Pick<OpenVault, 'database' | 'tableKey' | 'tagKey'>;

/** `commit` takes writes of all the stores together: they are one database. */
export interface AccountStores extends Committer {
  readonly contacts: ContactStore;
  readonly session: SessionStore;
  readonly chat: ChatStore;
  readonly groups: GroupStore;
  readonly presence: PresenceSettings;
  readonly security: SecurityStore;
  readonly backup: BackupStore;
  /** Wipes the row keys and closes the database: whoever still asks is refused. */
  close(): void;
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
  const commit = (writes: readonly Write[]): Promise<void> => carryOut(database, writes);
  const close = (): void => {
    database.close();
    for (const table of opened) table.wipe();
  };
  const settings = open(settingsShape);
  const [contacts, outbox] = [open(contactsShape), open(outboxShape)];
  const [messages, conversations] = [open(messagesShape), open(conversationsShape)];
  const groupTables = {
    groups: open(groupsShape),
    groupOperations: open(operationsShape),
    groupLog: open(logShape),
    groupExtents: open(extentsShape),
    groupParcels: open(parcelsShape),
  };
  return {
    commit,
    contacts: createContactStore({ contacts, invites: open(invitesShape) }, commit),
    session: await openSessionStore({ peers: open(peersShape), outbox, envelopes: open(envelopesShape) }, commit),
    chat: createChatStore({ messages, conversations }, commit),
    groups: createGroupStore(groupTables, commit),
    backup: createBackupStore(database, { contacts, conversations, messages, outbox, settings, ...groupTables }, commit),
    presence: createPresenceSettings(settings, commit),
    security: createSecurityStore(settings, commit),
    close,
    erase: async () => {
      close();
      await deleteDatabase(keys.database, options);
    },
  };
}
