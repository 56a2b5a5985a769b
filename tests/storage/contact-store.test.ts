import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contact, Invite } from '../../src/contacts/ports.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { contactNamed } from '../support/contacts.ts';
import { openShelf, plant, rowsOnDisk, seen, type Shelf } from './shelf.ts';

function contact(name: string, phase: Contact['phase'] = 'active'): Contact {
  const id = `account of ${name}` as AccountId;
  const pairSecret = new Uint8Array(32).fill(name.length);
  return contactNamed(id, name, { phase, pairSecret, deviceListVersion: 3, since: 1_700_000_000_000 });
}

function invite(id: string, created: number): Invite {
  const secret = new Uint8Array(32).fill(created);
  return { id, secret, pairShare: secret, created, expires: created + 1000, claimedBy: undefined, used: false, failures: 0 };
}

const namesOf = (contacts: readonly Contact[]): string[] => contacts.map(({ name }) => name);

describe('alice’s contact store', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(() => alice.close());

  it('keeps contacts, by name', async () => {
    await alice.commit([alice.contacts.putContact(contact('carol', 'accepting')), alice.contacts.putContact(contact('bob'))]);
    expect(await alice.contacts.contacts()).toEqual([contact('bob'), contact('carol', 'accepting')]);
  });

  it('keeps what an accepted invite said', async () => {
    const acceptance = { invitation: new Uint8Array([1, 2]), pairShare: new Uint8Array(32) };
    const accepting: Contact = { ...contact('bob', 'accepting'), pairSecret: undefined, acceptance };
    await alice.commit([alice.contacts.putContact(accepting)]);
    expect(await alice.contacts.contacts()).toEqual([accepting]);
  });

  it('tells who watches of a contact that came, changed and went', async () => {
    const told: string[][] = [];
    const subscription = alice.contacts.watchContacts().subscribe((contacts) => told.push(namesOf(contacts)));
    await expect.poll(() => told.at(-1)).toEqual([]);
    await alice.commit([alice.contacts.putContact(contact('bob'))]);
    await expect.poll(() => told.at(-1)).toEqual(['bob']);
    await alice.commit([alice.contacts.putContact({ ...contact('bob'), name: 'Robert' })]);
    await expect.poll(() => told.at(-1)).toEqual(['Robert']);
    await alice.commit([alice.contacts.deleteContact(contact('bob').id)]);
    await expect.poll(() => told.at(-1)).toEqual([]);
    subscription.unsubscribe();
  });

  it('keeps invites, newest first, until they are deleted', async () => {
    await alice.commit([alice.contacts.putInvite(invite('first', 1)), alice.contacts.putInvite(invite('second', 2))]);
    expect(await alice.contacts.invites()).toEqual([invite('second', 2), invite('first', 1)]);
    await alice.commit([alice.contacts.deleteInvite('second')]);
    expect(await seen(alice.contacts.watchInvites())).toEqual([invite('first', 1)]);
  });

  it('does not take one contact’s row for another’s', async () => {
    await alice.commit([alice.contacts.putContact(contact('bob')), alice.contacts.putContact(contact('mallory'))]);
    const [one, other] = await rowsOnDisk(alice, 'contacts');
    await plant(alice, 'contacts', { ...one, box: other?.['box'] });
    expect(await alice.contacts.contacts()).toHaveLength(1);
    expect(alice.damaged).toEqual([{ table: 'contacts', id: one?.['id'] }]);
  });

  it('remembers how she wants to be seen', async () => {
    expect(await alice.presence.load()).toBeUndefined();
    await alice.presence.save('invisible');
    await alice.presence.save('busy');
    expect(await alice.presence.load()).toBe('busy');
  });
});
