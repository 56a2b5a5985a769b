import type { Contact, ContactStore, Invite } from '../contacts/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';

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
  return {
    commit,
    contacts: async () => byName(await contacts.list()),
    watchContacts: () => contacts.watch(() => contacts.rows.toArray(), byName),
    invites: async () => newestFirst(await invites.list()),
    watchInvites: () => invites.watch(() => invites.rows.toArray(), newestFirst),
    putContact: (contact) => contacts.put(contact),
    deleteContact: (id) => contacts.delete((tag) => [tag(id)]),
    putInvite: (invite) => invites.put(invite),
    deleteInvite: (id) => invites.delete((tag) => [tag(id)]),
  };
}

function byName(contacts: readonly Contact[]): readonly Contact[] {
  return contacts.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

function newestFirst(invites: readonly Invite[]): readonly Invite[] {
  return invites.toSorted((a, b) => b.created - a.created);
}
