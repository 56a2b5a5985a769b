import type { Contact, ContactStore, Invite } from '../contacts/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';
import { writeOf, type Batch } from './store-write.ts';

export const contactsShape: TableShape<Contact> = {
  name: 'contacts',
  version: 1,
  columns: [],
  idOf: ({ id }, tag) => tag(id),
};

export const invitesShape: TableShape<Invite> = {
  name: 'invites',
  version: 1,
  columns: [],
  idOf: ({ id }, tag) => tag(id),
};

export interface ContactTables {
  readonly contacts: SealedTable<Contact>;
  readonly invites: SealedTable<Invite>;
}

/** Contacts by name, invites newest first. */
export function createContactStore({ contacts, invites }: ContactTables, commit: Committer['commit']): ContactStore {
  const updating = updatingBatch(contacts);
  return {
    commit,
    contacts: async () => byName(await contacts.list()),
    contact: (id) => contacts.get((tag) => tag(id)),
    watchContacts: () => contacts.watch(() => contacts.rows.toArray(), byName),
    invites: async () => newestFirst(await invites.list()),
    watchInvites: () => invites.watch(() => invites.rows.toArray(), newestFirst),
    putContact: (contact) => contacts.put(contact),
    updateContact: (id, change) => writeOf(updating, { id, change }),
    deleteContact: (id) => contacts.delete((tag) => [tag(id)]),
    putInvite: (invite) => invites.put(invite),
    deleteInvite: (id) => invites.delete((tag) => [tag(id)]),
  };
}

interface Update {
  readonly id: AccountId;
  readonly change: (contact: Contact) => Contact;
}

function updatingBatch(contacts: SealedTable<Contact>): Batch<Update> {
  return {
    tables: [contactsShape.name],
    prepare: (updates) => async () => {
      for (const { id, change } of updates) {
        const row = await contacts.rows.get(contacts.tag(id));
        const contact = row && contacts.open(row);
        if (contact) await contacts.rows.put(contacts.seal(change(contact)));
      }
    },
  };
}

function byName(contacts: readonly Contact[]): readonly Contact[] {
  return contacts.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

function newestFirst(invites: readonly Invite[]): readonly Invite[] {
  return invites.toSorted((a, b) => b.created - a.created);
}
