import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IDBObjectStore } from 'fake-indexeddb';
import type { Message } from '../../src/chat/ports.ts';
import { conversationWith, type AccountId, type MessageId } from '../../src/protocol/ids.ts';
import { openAccountStores } from '../../src/storage/account-stores.ts';
import { StoreRefused } from '../../src/storage/store-refused.ts';
import { contactNamed } from '../support/contacts.ts';
import { keysOf, openShelf, rowsOnDisk, seen, type Shelf } from './shelf.ts';

const bob = 'CANARY-account' as AccountId;
const withBob = conversationWith(bob);
const TABLES = ['contacts', 'invites', 'peers', 'outbox', 'messages', 'conversations', 'settings'];

function message(id: string): Message {
  return { id: `CANARY-${id}` as MessageId, conversation: withBob, lamport: 1, wall: 0, text: 'CANARY-text', direction: 'in', author: bob };
}

describe('an account’s stores', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await alice.close();
  });

  const addMessage = (id: string) =>
    alice.chat.addMessages(withBob, [message(id)], (before) => ({ ...before, draft: 'CANARY-draft', unread: before.unread + 1 }));
  const peerState = {
    contact: bob,
    outgoing: { stream: new Uint8Array(8), lastSeq: 1 },
    incoming: undefined,
    cipher: bytesOf('CANARY-cipher'),
  };

  /** Something in every table. */
  const fill = (): Promise<void> =>
    alice.commit([
      alice.contacts.putContact(contactNamed(bob, 'CANARY-name', { pairSecret: bytesOf('CANARY-secret'), deviceListVersion: 1 })),
      alice.contacts.putInvite({
        id: 'CANARY-invite',
        secret: bytesOf('CANARY-secret'),
        pairShare: bytesOf('CANARY-share'),
        expires: 0,
        created: 0,
        claimedBy: bob,
        used: true,
        failures: 0,
      }),
      alice.session.putPeer(peerState),
      alice.session.enqueue({ contact: bob, reference: 'CANARY-reference', type: 'text', content: bytesOf('CANARY-content') }),
      addMessage('one'),
    ]);

  it('leave nothing readable on the disk', async () => {
    await fill();
    await alice.presence.save('invisible');
    for (const table of TABLES) {
      const rows = await rowsOnDisk(alice, table);
      const dump = rows.map((row) => Object.values(row).map(latin1).join('\n')).join('\n');
      expect(rows, table).toHaveLength(1);
      expect(dump, table).not.toMatch(/CANARY|invisible/);
    }
  });

  it('name one person differently in every table, and in every account', async () => {
    const carol = await openShelf('carol', alice.engine);
    await fill();
    await carol.commit([carol.session.putPeer(peerState)]);
    const [peers, conversations, carols] = [
      await rowsOnDisk(alice, 'peers'),
      await rowsOnDisk(alice, 'conversations'),
      await rowsOnDisk(carol, 'peers'),
    ];
    const tags = [peers, conversations, carols].map(([row]) => row?.['id']);
    expect(new Set(tags).size).toBe(3);
    await carol.close();
  });

  it('save all writes of a commit or none', async () => {
    const failing = alice.chat.updateConversation(withBob, () => {
      throw new Error('the last write fails');
    });
    const writes = [addMessage('one'), alice.session.putPeer(peerState), failing];
    await expect(alice.commit(writes)).rejects.toThrow('the last write fails');
    expect(await alice.chat.message(withBob, message('one').id)).toBeUndefined();
    expect(await alice.session.peer(bob)).toBeUndefined();
    expect(await alice.chat.conversation(withBob)).toBeUndefined();
  });

  it('save nothing in one commit when there is nothing to save', async () => {
    await expect(alice.commit([])).resolves.toBeUndefined();
  });

  it('join writes to one table into one call, past writes to others', async () => {
    const puts = vi.spyOn(IDBObjectStore.prototype, 'put');
    const adds = vi.spyOn(IDBObjectStore.prototype, 'add');
    const ids = Array.from({ length: 50 }, (_, index) => String(index));
    await alice.commit(ids.flatMap((id) => [addMessage(id), alice.session.putPeer(peerState)]));
    expect(adds).toHaveBeenCalledTimes(50);
    // One peer state and one conversation, though each was written fifty times.
    expect(puts).toHaveBeenCalledTimes(2);
    expect((await alice.chat.conversation(withBob))?.unread).toBe(50);
  });

  it('say that the disk is full, whatever way the browser says it', async () => {
    const full = new DOMException('no room', 'QuotaExceededError');
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw full;
    });
    const refused = await alice.commit([alice.session.putPeer(peerState)]).catch((reason: unknown) => reason);
    expect(refused).toBeInstanceOf(StoreRefused);
    expect(refused).toMatchObject({ kind: 'storage-full' });
    vi.restoreAllMocks();
    expect(await alice.session.peer(bob)).toBeUndefined();
  });

  it('say that they are shut, once closed', async () => {
    await alice.close();
    const answers = [
      alice.session.peer(bob),
      alice.contacts.contacts(),
      alice.chat.message(withBob, message('one').id),
      alice.session.contactsWithOutbox(),
    ];
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ kind: 'storage-refused' });
    await expect(alice.presence.save('busy')).rejects.toMatchObject({ kind: 'storage-refused' });
  });

  it('let what is being written be written when they are closed in the middle of it, and take nothing more', async () => {
    await fill();
    // Each of these reads and opens rows inside its transaction, and seals them again.
    const writing = [
      alice.commit([alice.contacts.updateContact(bob, (before) => ({ ...before, name: 'robert' }))]),
      alice.commit([alice.chat.removeMessages(withBob, [message('one').id], (before) => ({ ...before, unread: 7 }))]),
      alice.commit([alice.session.deletePeer(bob)]),
    ];
    const reading = alice.backup.readRows(
      () => undefined,
      () => undefined,
    );
    const closed = alice.close();
    await expect(alice.presence.save('busy')).rejects.toMatchObject({ kind: 'storage-refused' });
    expect(await Promise.allSettled([...writing, reading])).toEqual(Array(4).fill({ status: 'fulfilled', value: undefined }));
    await closed;
    await expect(alice.contacts.contacts()).rejects.toMatchObject({ kind: 'storage-refused' });
    alice = await openShelf('alice', alice.engine);
    expect(await alice.contacts.contacts()).toMatchObject([{ name: 'robert' }]);
    expect(await alice.chat.conversation(withBob)).toMatchObject({ unread: 7 });
    expect(await alice.session.peer(bob)).toBeUndefined();
  });

  it('say that the browser keeps no databases', async () => {
    await expect(openAccountStores(keysOf('alice'))).rejects.toMatchObject({ kind: 'storage-refused' });
  });

  it('tell a watcher nothing more once closed', async () => {
    await fill();
    const told: unknown[] = [];
    await seen(alice.chat.watchConversations());
    alice.chat.watchConversations().subscribe(
      (conversations) => told.push(conversations),
      (reason) => told.push(reason),
    );
    await alice.close();
    const other = await openShelf('alice', alice.engine);
    await seen(other.chat.watchConversations());
    expect(told).toEqual([]);
    expect(alice.damaged).toEqual([]);
    await other.close();
  });

  it('are gone once erased', async () => {
    await fill();
    await alice.erase();
    alice = await openShelf('alice', alice.engine);
    expect(await alice.contacts.contacts()).toEqual([]);
  });

  it('give nobody anything under another key', async () => {
    await fill();
    await alice.close();
    const thief = await openAccountStores({ ...keysOf('mallory'), database: alice.keys.database }, { engine: alice.engine });
    expect(await thief.contacts.contacts()).toEqual([]);
    await thief.close();
  });
});

function bytesOf(text: string) {
  return new TextEncoder().encode(text);
}

function latin1(value: unknown): string {
  return value instanceof Uint8Array ? Array.from(value, (byte) => String.fromCharCode(byte)).join('') : String(value);
}
