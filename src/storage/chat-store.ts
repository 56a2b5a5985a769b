import { Dexie } from 'dexie';
import {
  blankConversation,
  MAX_LEFT_TOLD,
  withAdvance,
  withProgress,
  type ChatStore,
  type Conversation,
  type Message,
} from '../chat/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { ConversationId, MessageId } from '../protocol/ids.ts';
import type { SealedRow, SealedTable, TableShape } from './sealed-table.ts';
import { EarlyShowing } from './early-showing.ts';
import { ListFeed } from './list-feed.ts';
import { Settled } from './settled.ts';
import { writeOf, type Batch } from './store-write.ts';
import { TimelineFeed } from './timeline-feed.ts';

/**
 * Lamport times are plain: they order the talk and tell how long it is, nothing of when or what. A message is named within its
 * conversation: who has seen an id in one talk cannot take its place by using it in another.
 */
export const messagesShape: TableShape<Message> = {
  name: 'messages',
  version: 1,
  columns: ['conversation', 'lamport'],
  idOf: ({ conversation, id }, tag) => tag(nameOf(conversation, id)),
  columnsOf: ({ conversation, lamport }, tag) => ({ conversation: tag(conversation), lamport }),
};

export const conversationsShape: TableShape<Conversation> = {
  name: 'conversations',
  version: 1,
  columns: [],
  idOf: ({ id }, tag) => tag(id),
};

function nameOf(conversation: ConversationId, id: MessageId): string {
  return `${conversation}/${id}`;
}

export interface ChatTables {
  readonly messages: SealedTable<Message>;
  readonly conversations: SealedTable<Conversation>;
}

/** Who is told of what was saved. */
interface Feeds {
  readonly timelines: TimelineFeed;
  readonly list: ListFeed<ConversationId, Conversation>;
}

type Update = (conversation: Conversation, added: readonly Message[]) => Conversation;

interface Change {
  readonly conversation: ConversationId;
  readonly messages: readonly Message[];
  readonly update: Update;
  /** Whether a conversation that is not there is begun. */
  readonly begins: boolean;
}

interface Removal {
  readonly conversation: ConversationId;
  readonly ids: readonly MessageId[];
  readonly update: (conversation: Conversation, removed: readonly Message[], left: readonly Message[]) => Conversation;
}

/** Conversations: those touched last come first. */
export function createChatStore(tables: ChatTables, commit: Committer['commit']): ChatStore {
  const { messages, conversations } = tables;
  const timelines = new TimelineFeed((conversation, limit) => newestOf(tables, conversation, limit));
  const list = new ListFeed({ load: () => conversations.listWhileOpen(), idOf: ({ id }) => id, inOrder: lastTouchedFirst });
  const feeds: Feeds = { timelines, list };
  const settled: SettledConversations = new Settled();
  const changing = changingBatch(tables, feeds, settled);
  const removing = removingBatch(tables, feeds, settled);
  const deleting = deletingBatch(tables, feeds, settled);
  return {
    commit,
    conversation: (id) => conversations.get((tag) => tag(id)),
    watchConversations: () => list.watch(),
    watchTimeline: (conversation, limit) => timelines.watch(conversation, limit),
    message: async (conversation, id) => {
      const message = await messages.get((tag) => tag(nameOf(conversation, id)));
      const known = message && (await conversations.get((tag) => tag(conversation)));
      return known ? withProgress(message, known) : message;
    },
    addMessages: (conversation, added, update) => writeOf(changing, { conversation, messages: added, update, begins: true }),
    removeMessages: (conversation, ids, update) => writeOf(removing, { conversation, ids, update }),
    advance: (conversation, upTo, status) =>
      writeOf(changing, { conversation, messages: [], update: (before) => withAdvance(before, upTo, status), begins: false }),
    updateConversation: (conversation, update) => writeOf(changing, { conversation, messages: [], update, begins: true }),
    deleteConversation: (id) => writeOf(deleting, id),
  };
}

function messagesOf(messages: SealedTable<Message>, conversationTag: string) {
  return messages.rows.where('[conversation+lamport]').between([conversationTag, 0], [conversationTag, Infinity]);
}

async function newestOf(
  { messages, conversations }: ChatTables,
  conversation: ConversationId,
  limit: number,
): Promise<readonly Message[] | undefined> {
  const newest = await messages.listWhileOpen(() => messagesOf(messages, messages.tag(conversation)).reverse().limit(limit).toArray());
  // Asked second, so that what is told meanwhile can only be ahead of it.
  const [known] = (newest && (await conversations.listWhileOpen(() => rowOf(conversations, conversation)))) ?? [];
  return known ? newest?.map((message) => withProgress(message, known)) : newest;
}

function rowOf(conversations: SealedTable<Conversation>, conversation: ConversationId) {
  return conversations.rows.where('id').equals(conversations.tag(conversation)).toArray();
}

function lastTouchedFirst(a: Conversation, b: Conversation): number {
  return b.touched - a.touched || (a.id < b.id ? -1 : 1);
}

/** What has to be asked of the database is asked side by side: each question takes longer than sealing a message. */
function changingBatch({ messages, conversations }: ChatTables, { timelines, list }: Feeds, settled: SettledConversations): Batch<Change> {
  return {
    tables: ['messages', 'conversations'],
    prepare: (changes) => {
      const rows = changes.flatMap((change) => change.messages.map((message) => messages.seal(message)));
      const ids = [...new Set(changes.map(({ conversation }) => conversation))];
      const known = settled.writing(ids);
      // Taken for new until the database says otherwise, which after a loss of data alone it does.
      const expected = known && rewritten(conversations, known, changes);
      return async (showEarly) => {
        const [there, before] = await Promise.all([
          addNew(messages, rows),
          known ?? currentOf(conversations, ids),
          expected && conversations.rows.bulkPut(expected.rows),
        ]);
        const added = there.size === 0 ? changes : withoutKnown(changes, there);
        const { values, rows: sealed } = expected && there.size === 0 ? expected : rewritten(conversations, before, added);
        if (values !== expected?.values && sealed.length > 0) await conversations.rows.bulkPut(sealed);
        const messagesAdded = added.flatMap((change) => change.messages);
        const arrived = messagesAdded.filter(({ direction }) => direction === 'in');
        // What others sent they send again should it not be saved; what I write shows that it is.
        const arrival = new EarlyShowing(
          () => timelines.changed(arrived),
          () => timelines.takenBack(arrived),
        );
        if (arrived.length > 0) showEarly(arrival);
        return () => {
          settled.written(ids, values);
          arrival.show();
          timelines.changed(messagesAdded.filter(({ direction }) => direction !== 'in'));
          const present = [...values.values()].filter((conversation) => conversation !== undefined);
          for (const conversation of present) timelines.advanced(conversation.id, conversation);
          list.changed(present);
        };
      };
    },
  };
}

/** Adds the rows that are not there yet and says, by index, which were. */
async function addNew(messages: SealedTable<Message>, rows: readonly SealedRow[]): Promise<ReadonlySet<number>> {
  try {
    if (rows.length > 0) await messages.rows.bulkAdd(rows);
    return new Set();
  } catch (reason) {
    const failures = reason instanceof Dexie.BulkError ? Object.entries(reason.failuresByPos) : [];
    // A row that is there already is what we want to know. Anything else ends the transaction.
    if (failures.length === 0 || failures.some(([, failure]) => failure.name !== 'ConstraintError')) throw reason;
    return new Set(failures.map(([position]) => Number(position)));
  }
}

/** `known` counts through the messages of all changes. */
function withoutKnown(changes: readonly Change[], known: ReadonlySet<number>): readonly Change[] {
  let index = 0;
  return changes.map((change) => ({ ...change, messages: change.messages.filter(() => !known.has(index++)) }));
}

type Conversations = ReadonlyMap<ConversationId, Conversation | undefined>;
type SettledConversations = Settled<ConversationId, Conversation>;

async function currentOf(conversations: SealedTable<Conversation>, ids: readonly ConversationId[]): Promise<Conversations> {
  const rows = ids.length > 0 ? await conversations.rows.bulkGet(ids.map(conversations.tag)) : [];
  return new Map(ids.map((id, index) => [id, openIf(conversations, rows[index])]));
}

/** What the changes make of the conversations, and the rows that say so. */
function rewritten(
  conversations: SealedTable<Conversation>,
  before: Conversations,
  changes: readonly Change[],
): { readonly values: Conversations; readonly rows: readonly SealedRow[] } {
  const values = new Map(before);
  for (const { conversation: id, messages, update, begins } of changes) {
    const conversation = values.get(id) ?? (begins ? blankConversation(id) : undefined);
    if (conversation) values.set(id, update(conversation, messages));
  }
  const present = [...values.values()].filter((conversation) => conversation !== undefined);
  return { values, rows: present.map((conversation) => conversations.seal(conversation)) };
}

function openIf<Value>(table: SealedTable<Value>, row: SealedRow | undefined): Value | undefined {
  return row && table.open(row);
}

function removingBatch({ messages, conversations }: ChatTables, { timelines, list }: Feeds, settled: SettledConversations): Batch<Removal> {
  const remove = async ({ conversation: id, ids, update }: Removal): Promise<Conversation | undefined> => {
    const found = await messages.rows.bulkGet(ids.map((each) => messages.tag(nameOf(id, each))));
    const rows = found.filter((row) => row !== undefined);
    if (rows.length === 0) return undefined;
    await messages.rows.bulkDelete(rows.map((row) => row.id));
    const [row, newest] = await Promise.all([
      conversations.rows.get(conversations.tag(id)),
      messagesOf(messages, messages.tag(id)).reverse().limit(MAX_LEFT_TOLD).toArray(),
    ]);
    const before = openIf(conversations, row);
    if (!before) return undefined;
    const rewritten = update(before, openAll(messages, rows), openAll(messages, newest));
    await conversations.rows.put(conversations.seal(rewritten));
    return rewritten;
  };
  return {
    tables: ['messages', 'conversations'],
    prepare: (removals) => {
      const touched = removals.map(({ conversation }) => conversation);
      settled.writing(touched);
      return async () => {
        const rewritten: Conversation[] = [];
        for (const removal of removals) {
          const conversation = await remove(removal);
          if (conversation) rewritten.push(conversation);
        }
        return () => {
          settled.written(touched, new Map(rewritten.map((conversation) => [conversation.id, conversation])));
          for (const { conversation, ids } of removals) timelines.removed(conversation, ids);
          list.changed(rewritten);
        };
      };
    },
  };
}

function openAll<Value>(table: SealedTable<Value>, rows: readonly SealedRow[]): readonly Value[] {
  return rows.map((row) => table.open(row)).filter((value) => value !== undefined);
}

function deletingBatch(
  { messages, conversations }: ChatTables,
  { timelines, list }: Feeds,
  settled: SettledConversations,
): Batch<ConversationId> {
  return {
    tables: ['messages', 'conversations'],
    prepare: (ids) => {
      const [messageTags, conversationTags] = [ids.map(messages.tag), ids.map(conversations.tag)];
      settled.writing(ids);
      return async () => {
        for (const tag of messageTags) await messagesOf(messages, tag).delete();
        await conversations.rows.bulkDelete(conversationTags);
        return () => {
          settled.written(ids, new Map(ids.map((id) => [id, undefined])));
          for (const id of ids) timelines.cleared(id);
          list.deleted(ids);
        };
      };
    },
  };
}
