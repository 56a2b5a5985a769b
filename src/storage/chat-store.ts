import { Dexie } from 'dexie';
import { blankConversation, type ChatStore, type Conversation, type Message, type MessageStatus } from '../chat/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { ConversationId, MessageId } from '../protocol/ids.ts';
import type { SealedRow, SealedTable, TableShape } from './sealed-table.ts';
import { ListFeed } from './list-feed.ts';
import { writeOf, type Batch } from './store-write.ts';
import { TimelineFeed } from './timeline-feed.ts';

/** Lamport times are plain: they order the talk and tell how long it is, nothing of when or what. */
export const messagesShape: TableShape<Message> = {
  name: 'messages',
  version: 1,
  columns: ['conversation', 'lamport'],
  idOf: ({ id }, tag) => tag(id),
  columnsOf: ({ conversation, lamport }, tag) => ({ conversation: tag(conversation), lamport }),
};

export const conversationsShape: TableShape<Conversation> = {
  name: 'conversations',
  version: 1,
  columns: [],
  idOf: ({ id }, tag) => tag(id),
};

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

type Change =
  | { readonly kind: 'add'; readonly conversation: ConversationId; readonly messages: readonly Message[]; readonly update: Update }
  | { readonly kind: 'advance'; readonly ids: readonly MessageId[]; readonly status: MessageStatus };
type Addition = Extract<Change, { kind: 'add' }>;

/** Conversations: those touched last come first. */
export function createChatStore(tables: ChatTables, commit: Committer['commit']): ChatStore {
  const { messages, conversations } = tables;
  const timelines = new TimelineFeed((conversation, limit) => newestOf(messages, conversation, limit));
  const list = new ListFeed({ load: () => conversations.listWhileOpen(), idOf: ({ id }) => id, inOrder: lastTouchedFirst });
  const feeds: Feeds = { timelines, list };
  const changing = changingBatch(tables, feeds);
  const deleting = deletingBatch(tables, feeds);
  return {
    commit,
    conversation: (id) => conversations.get((tag) => tag(id)),
    watchConversations: () => list.watch(),
    watchTimeline: (conversation, limit) => timelines.watch(conversation, limit),
    message: (id) => messages.get((tag) => tag(id)),
    addMessages: (conversation, added, update) => writeOf(changing, { kind: 'add', conversation, messages: added, update }),
    advance: (ids, status) => writeOf(changing, { kind: 'advance', ids, status }),
    updateConversation: (conversation, update) => writeOf(changing, { kind: 'add', conversation, messages: [], update }),
    deleteConversation: (id) => writeOf(deleting, id),
  };
}

function messagesOf(messages: SealedTable<Message>, conversationTag: string) {
  return messages.rows.where('[conversation+lamport]').between([conversationTag, 0], [conversationTag, Infinity]);
}

function newestOf(messages: SealedTable<Message>, conversation: ConversationId, limit: number): Promise<readonly Message[] | undefined> {
  return messages.listWhileOpen(() => messagesOf(messages, messages.tag(conversation)).reverse().limit(limit).toArray());
}

function lastTouchedFirst(a: Conversation, b: Conversation): number {
  return b.touched - a.touched || (a.id < b.id ? -1 : 1);
}

/**
 * Messages that are added and sent in one commit, as a person's own are, are written once, as sent. What has to be asked of
 * the database is asked side by side: each question takes longer than sealing a message.
 */
function changingBatch({ messages, conversations }: ChatTables, { timelines, list }: Feeds): Batch<Change> {
  return {
    tables: ['messages', 'conversations'],
    prepare: (changes) => {
      const statuses = furthestStatuses(changes);
      const additions = changes.filter((change) => change.kind === 'add').map((addition) => withStatuses(addition, statuses));
      const rows = additions.flatMap((addition) => addition.messages.map((message) => messages.seal(message)));
      const fresh = new Set(additions.flatMap((addition) => addition.messages.map(({ id }) => id)));
      return async () => {
        const [known, current] = await Promise.all([addNew(messages, rows), currentOf(conversations, additions)]);
        const added = withoutKnown(additions, known);
        const toAdvance = [...statuses].filter(([id]) => !fresh.has(id) || known.size > 0);
        const [rewritten, moved] = await Promise.all([rewriteConversations(conversations, current, added), advance(messages, toAdvance)]);
        return () => {
          timelines.changed([...added.flatMap((addition) => addition.messages), ...moved]);
          list.changed(rewritten);
        };
      };
    },
  };
}

function furthestStatuses(changes: readonly Change[]): ReadonlyMap<MessageId, MessageStatus> {
  const furthest = new Map<MessageId, MessageStatus>();
  for (const change of changes) {
    if (change.kind !== 'advance') continue;
    for (const id of change.ids) if (RANK[change.status] >= RANK[furthest.get(id) ?? 'queued']) furthest.set(id, change.status);
  }
  return furthest;
}

function withStatuses(addition: Addition, statuses: ReadonlyMap<MessageId, MessageStatus>): Addition {
  return { ...addition, messages: addition.messages.map((message) => advanced(message, statuses.get(message.id)) ?? message) };
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

/** `known` counts through the messages of all additions. */
function withoutKnown(additions: readonly Addition[], known: ReadonlySet<number>): readonly Addition[] {
  let index = 0;
  return additions.map((addition) => ({ ...addition, messages: addition.messages.filter(() => !known.has(index++)) }));
}

type Conversations = ReadonlyMap<ConversationId, Conversation>;

async function currentOf(conversations: SealedTable<Conversation>, additions: readonly Addition[]): Promise<Conversations> {
  const ids = [...new Set(additions.map(({ conversation }) => conversation))];
  const rows = ids.length > 0 ? await conversations.rows.bulkGet(ids.map(conversations.tag)) : [];
  return new Map(ids.map((id, index) => [id, openOr(conversations, rows[index], blankConversation(id))]));
}

async function rewriteConversations(
  conversations: SealedTable<Conversation>,
  before: Conversations,
  additions: readonly Addition[],
): Promise<readonly Conversation[]> {
  const current = new Map(before);
  for (const { conversation: id, messages, update } of additions) {
    current.set(id, update(current.get(id) ?? blankConversation(id), messages));
  }
  const rewritten = [...current.values()];
  if (rewritten.length > 0) await conversations.rows.bulkPut(rewritten.map((conversation) => conversations.seal(conversation)));
  return rewritten;
}

function openOr<Value>(table: SealedTable<Value>, row: SealedRow | undefined, missing: Value): Value {
  return (row && table.open(row)) ?? missing;
}

const RANK: Readonly<Record<MessageStatus, number>> = { queued: 0, sent: 1, delivered: 2 };

async function advance(
  messages: SealedTable<Message>,
  statuses: readonly (readonly [MessageId, MessageStatus])[],
): Promise<readonly Message[]> {
  if (statuses.length === 0) return [];
  const rows = await messages.rows.bulkGet(statuses.map(([id]) => messages.tag(id)));
  const moved = rows
    .map((row, index) => advanced(row && messages.open(row), statuses[index]?.[1]))
    .filter((message) => message !== undefined);
  if (moved.length > 0) await messages.rows.bulkPut(moved.map((message) => messages.seal(message)));
  return moved;
}

/** The message at its new status; undefined when there is nothing to change. */
function advanced(message: Message | undefined, status: MessageStatus | undefined): Message | undefined {
  if (message?.direction !== 'out' || status === undefined || RANK[status] <= RANK[message.status]) return undefined;
  return { ...message, status };
}

function deletingBatch({ messages, conversations }: ChatTables, { timelines, list }: Feeds): Batch<ConversationId> {
  return {
    tables: ['messages', 'conversations'],
    prepare: (ids) => {
      const [messageTags, conversationTags] = [ids.map(messages.tag), ids.map(conversations.tag)];
      return async () => {
        for (const tag of messageTags) await messagesOf(messages, tag).delete();
        await conversations.rows.bulkDelete(conversationTags);
        return () => {
          for (const id of ids) timelines.cleared(id);
          list.deleted(ids);
        };
      };
    },
  };
}
