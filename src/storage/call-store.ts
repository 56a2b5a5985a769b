/** What calls keep: the history, and three notes by name. */
import type { CallRecord, CallSettings, CallStore, OngoingCall } from '../calls/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { ConversationId } from '../protocol/ids.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';
import { writeOf, type Batch } from './store-write.ts';

/** By name. Of this browser alone: none of it goes into a backup. */
export type CallNote =
  | { readonly name: 'ongoing'; readonly call: OngoingCall }
  | { readonly name: 'settings'; readonly settings: CallSettings }
  /** Milliseconds since 1970. */
  | { readonly name: 'seen'; readonly upTo: number };

export const callsShape: TableShape<CallRecord> = {
  name: 'calls',
  version: 1,
  columns: ['conversation', 'wall'],
  idOf: ({ conversation, entry }, tag) => tag(`${conversation}/${entry.call}`),
  columnsOf: ({ conversation, wall }, tag) => ({ conversation: tag(conversation), wall }),
};

export const callNotesShape: TableShape<CallNote> = {
  name: 'callNotes',
  version: 1,
  columns: [],
  idOf: ({ name }, tag) => tag(name),
};

export interface CallTables {
  readonly calls: SealedTable<CallRecord>;
  readonly callNotes: SealedTable<CallNote>;
}

export function createCallStore({ calls, callNotes: notes }: CallTables, commit: Committer['commit']): CallStore {
  const dropping = droppingBatch(calls);
  return {
    commit,
    ongoing: async () => {
      const note = await notes.get((tag) => tag('ongoing'));
      return note?.name === 'ongoing' ? note.call : undefined;
    },
    putOngoing: (call) => (call ? notes.put({ name: 'ongoing', call }) : notes.delete((tag) => [tag('ongoing')])),
    records: (limit) =>
      calls.watch(
        () => calls.rows.orderBy('wall').reverse().limit(limit).toArray(),
        (records) => records.toSorted((a, b) => b.wall - a.wall),
      ),
    putRecord: (record) => calls.put(record),
    dropRecords: (conversation) => writeOf(dropping, conversation),
    seenUpTo: async () => {
      const note = await notes.get((tag) => tag('seen'));
      return note?.name === 'seen' ? note.upTo : 0;
    },
    putSeenUpTo: (upTo) => notes.put({ name: 'seen', upTo }),
    settings: async () => {
      const note = await notes.get((tag) => tag('settings'));
      return note?.name === 'settings' ? note.settings : undefined;
    },
    putSettings: (settings) => notes.put({ name: 'settings', settings }),
  };
}

function droppingBatch({ rows, tag }: SealedTable<CallRecord>): Batch<ConversationId> {
  return {
    tables: ['calls'],
    prepare: (conversations) => {
      const found = rows.where('conversation').anyOf(conversations.map(tag));
      return () => found.delete();
    },
  };
}
