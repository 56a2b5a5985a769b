import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Committer } from '../lib/write.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { NewOutboxEntry, OutboxEntry, PeerState, SealedEntry, SessionStore } from '../session/ports.ts';
import { runsOf } from './runs.ts';
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

/** What many entries of the outbox were sealed to, in one row, numbered like the last of them. */
interface EnvelopePage {
  readonly contact: AccountId;
  readonly sealed: readonly { readonly position: number; readonly seq: number; readonly envelope: Bytes }[];
}

export const envelopesShape: TableShape<EnvelopePage> = {
  name: 'envelopes',
  version: 1,
  columns: ['contact'],
  idOf: ({ sealed }) => sealed.at(-1)?.position ?? 0,
  columnsOf: ({ contact }, tag) => ({ contact: tag(contact) }),
};

export interface SessionTables {
  readonly envelopes: SealedTable<EnvelopePage>;
  readonly peers: SealedTable<PeerState>;
  readonly outbox: SealedTable<OutboxEntry>;
}

/** Reads where the outbox ends, and numbers on from there. */
export async function openSessionStore({ peers, outbox, envelopes }: SessionTables, commit: Committer['commit']): Promise<SessionStore> {
  const lastKeys = await refusing(Promise.all([outbox, envelopes].map(({ rows }) => rows.toCollection().lastKey())));
  let lastPosition = Math.max(...lastKeys.map((key) => Number(key ?? 0)));

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
    tables: ['peers', 'outbox', 'envelopes'],
    prepare: (contacts) => {
      const peerIds = contacts.map(peers.tag);
      return async () => {
        await peers.rows.bulkDelete(peerIds);
        for (const contact of contacts) await Promise.all([rowsOf(outbox, contact, 0).delete(), rowsOf(envelopes, contact, 0).delete()]);
      };
    },
  };
  const removing: Batch<readonly OutboxEntry[]> = {
    tables: ['outbox', 'envelopes'],
    prepare: (lists) => {
      const runs = runsOf(lists.flat().map(({ position }) => position));
      return () =>
        Promise.all(
          runs.flatMap(([first, last]) =>
            [outbox, envelopes].map(({ rows }) => rows.where(':id').between(first, last, true, true).delete()),
          ),
        );
    },
  };
  const unsealing: Batch<AccountId> = {
    tables: ['envelopes'],
    prepare: (contacts) => () => Promise.all(contacts.map((contact) => rowsOf(envelopes, contact, 0).delete())),
  };
  const entriesOf = async (contact: AccountId, after: number, limit: number): Promise<readonly OutboxEntry[]> => {
    const [entries, pages] = await Promise.all([
      outbox.list(() => rowsOf(outbox, contact, after).limit(limit).toArray()),
      envelopes.list(() => rowsOf(envelopes, contact, after).toArray()),
    ]);
    const sealed = new Map(pages.flatMap((page) => page.sealed.map(({ position, ...envelope }) => [position, envelope])));
    return sealed.size === 0 ? entries : entries.map((entry) => ({ ...entry, sealed: entry.sealed ?? sealed.get(entry.position) }));
  };
  /** Whose rows these are is known from any of them that opens. */
  const contactOfFirst = async (contactTag: string) => {
    const waiting = outbox.rows.where({ contact: contactTag });
    const [first] = await outbox.list(() => waiting.clone().limit(1).toArray());
    const [other] = first ? [] : await outbox.list(() => waiting.toArray());
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
    putEnvelopes: (entries) => envelopes.put(envelopePageOf(entries)),
    dropEnvelopes: (contact) => writeOf(unsealing, contact),
    outbox: entriesOf,
    dequeue: (entries) => writeOf(removing, entries),
    contactsWithOutbox: async () => {
      const tags = (await refusing(outbox.rows.orderBy('contact').uniqueKeys())) as string[];
      const contacts = await Promise.all(tags.map(contactOfFirst));
      return contacts.filter((contact) => contact !== undefined);
    },
  };
}

function rowsOf<Value>(table: SealedTable<Value>, contact: AccountId, after: number) {
  const contactTag = table.tag(contact);
  return table.rows.where('[contact+id]').between([contactTag, after], [contactTag, Infinity], false);
}

function envelopePageOf(entries: readonly SealedEntry[]): EnvelopePage {
  const [first] = entries;
  assert(first !== undefined, 'a page holds envelopes');
  return { contact: first.contact, sealed: entries.map(({ position, sealed }) => ({ position, ...sealed })) };
}
