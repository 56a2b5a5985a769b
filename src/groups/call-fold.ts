/** What all that members wrote of one call comes to: one line in the talk, and who is in it (PROTOCOL.md V10). Pure. */
import { hash } from '../crypto/hash.ts';
import { utf8 } from '../lib/bytes.ts';
import type { CallAct, CallMedia } from '../protocol/call-word.ts';
import { bytesOf, MESSAGE_ID_BYTES, messageIdOf, type AccountId, type CallId, type GroupId, type MessageId } from '../protocol/ids.ts';
import type { CallEntry, CallRoster } from '../session/call-entry.ts';

const ROW = utf8('parley/group-call-row');

export interface WrittenAct {
  /** Of the message that says it. */
  readonly message: MessageId;
  readonly account: AccountId;
  readonly act: CallAct;
  readonly media: CallMedia;
  readonly lamport: number;
  readonly wall: number;
}

export interface FoldedCall {
  /** Where it stands in the talk: where it began. */
  readonly lamport: number;
  readonly entry: Extract<CallEntry, { kind: 'group' }>;
  readonly roster: CallRoster;
}

/** Undefined: nobody ever came, as far as is known. The same for all who have the same acts, in whatever order they came. */
export function foldCall(group: GroupId, call: CallId, acts: readonly WrittenAct[]): FoldedCall | undefined {
  const inOrder = acts.toSorted((a, b) => a.lamport - b.lamport || (a.message < b.message ? -1 : 1));
  const began = inOrder.find(({ act }) => act === 'started') ?? inOrder.find(({ act }) => act === 'joined');
  if (!began) return undefined;
  const came: AccountId[] = [];
  const present = new Set<AccountId>();
  for (const { act, account } of inOrder) {
    if (act === 'ended') present.clear();
    else if (act === 'left') present.delete(account);
    else {
      present.add(account);
      if (!came.includes(account)) came.push(account);
    }
  }
  const over = present.size === 0;
  const { media, wall, account: by } = began;
  const last = inOrder.findLast(({ act }) => act === 'left' || act === 'ended');
  const duration = over && last ? Math.max(0, last.wall - wall) : 0;
  return {
    lamport: began.lamport,
    entry: { kind: 'group', call, media, over, duration, people: came },
    roster: { group, call, media, by, began: wall, people: [...present] },
  };
}

/** What a call is called in the timeline: nobody can choose it so that it falls on a message (as G57 has it for those). */
export function callRowId(group: GroupId, call: CallId): MessageId {
  return messageIdOf(hash(ROW, bytesOf(group), bytesOf(call)).subarray(0, MESSAGE_ID_BYTES));
}
