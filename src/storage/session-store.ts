import type { Committer } from '../lib/write.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { NewOutboxEntry, OutboxEntry, PeerState, SessionStore } from '../session/ports.ts';
import { refusing } from './store-refused.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';
import { writeOf, type Batch } from './store-write.ts';

export const peersShape: TableShape<PeerState> = {
  name: 'peers',
  version: 1,
  columns: [],
  idOf: ({ contact }, tag) => tag(contact),
};

/** Positions are plain: they say how many messages waited, and IndexedDB keeps them in order. */
export const outboxShape: TableShape<OutboxEntry> = {
  name: 'outbox',
  version: 1,
  columns: ['contact'],
  idOf: ({ position }) => position,
  columnsOf: ({ contact }, tag) => ({ contact: tag(contact) }),
};

export interface SessionTables {
  readonly peers: SealedTable<PeerState>;
  readonly outbox: SealedTable<OutboxEntry>;
}

/** Reads where the outbox ends, and numbers on from there. */
export async function openSessionStore({ peers, outbox }: SessionTables, commit: Committer['commit']): Promise<SessionStore> {
  let lastPosition = Number((await refusing(outbox.rows.toCollection().lastKey())) ?? 0);

  const enqueuing: Batch<NewOutboxEntry> = {
    tables: ['outbox'],
    // Numbered as the transaction is made, and transactions on one table run in the order they are made: nobody who reads
    // on from a position misses a lower one that appears later.
    prepare: (entries) => {
      const rows = entries.map((entry) => outbox.seal({ ...entry, position: ++lastPosition, sealed: undefined }));
      return () => outbox.rows.bulkAdd(rows);
    },
  };
  const forgetting: Batch<AccountId> = {
    tables: ['peers', 'outbox'],
    prepare: (contacts) => {
      const [peerIds, contactTags] = [contacts.map(peers.tag), contacts.map(outbox.tag)];
      return async () => {
        await peers.rows.bulkDelete(peerIds);
        for (const contact of contactTags) await rowsOf(contact, 0).delete();
      };
    },
  };
  const rowsOf = (contactTag: string, after: number) =>
    outbox.rows.where('[contact+id]').between([contactTag, after], [contactTag, Infinity], false);
  /** Whose rows these are is known from any of them that opens. */
  const contactOfFirst = async (contactTag: string) => {
    const [first] = await outbox.list(() => rowsOf(contactTag, 0).limit(1).toArray());
    const [other] = first ? [] : await outbox.list(() => rowsOf(contactTag, 0).toArray());
    return (first ?? other)?.contact;
  };

  return {
    commit,
    peer: (contact) => peers.get((tag) => tag(contact)),
    putPeer: (state) => peers.put(state),
    deletePeer: (contact) => writeOf(forgetting, contact),
    enqueue: (entry) => writeOf(enqueuing, entry),
    nextPosition: () => ++lastPosition,
    putSealed: (entry) => outbox.put(entry),
    outbox: (contact, after, limit) => outbox.list(() => rowsOf(outbox.tag(contact), after).limit(limit).toArray()),
    dequeue: (entries) => outbox.delete(() => entries.map(({ position }) => position)),
    contactsWithOutbox: async () => {
      const tags = (await refusing(outbox.rows.orderBy('contact').uniqueKeys())) as string[];
      const contacts = await Promise.all(tags.map(contactOfFirst));
      return contacts.filter((contact) => contact !== undefined);
    },
  };
}
