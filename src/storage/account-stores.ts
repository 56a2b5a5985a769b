/** The stores of one open account: what the core rooms' store ports are in this browser. */
import type { ChatStore } from '../chat/ports.ts';
import type { ContactStore } from '../contacts/ports.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { Committer } from '../lib/write.ts';
import type { PresenceSettings } from '../presence/ports.ts';
import type { SessionStore } from '../session/ports.ts';

/** What the stores need of an open vault: where the rows are, and the keys to read them. */
export type StoreKeys = Pick<OpenVault, 'database' | 'tableKey' | 'tagKey'>;

/** `commit` takes writes of all the stores together: they are one database. */
export interface AccountStores extends Committer {
  readonly contacts: ContactStore;
  readonly session: SessionStore;
  readonly chat: ChatStore;
  readonly presence: PresenceSettings;
  /** Wipes the row keys and closes the database: whoever still asks is refused. */
  close(): void;
  /** Closes, and deletes everything in it for good. */
  erase(): Promise<void>;
}
