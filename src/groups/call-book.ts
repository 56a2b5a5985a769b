/** The calls of a group: every act members wrote of them, and the line in the talk that they make. */
import type { Write } from '../lib/write.ts';
import { callAct, callMedia } from '../protocol/call-word.ts';
import { decode, encode, fixed, list, marked, struct, u53 } from '../protocol/codec.ts';
import {
  ACCOUNT_ID_BYTES,
  accountIdOf,
  accountKeyOf,
  bytesOf,
  callIdOf,
  MESSAGE_ID_BYTES,
  messageIdOf,
  type AccountId,
  type CallId,
} from '../protocol/ids.ts';
import type { CallRoster } from '../session/call-entry.ts';
import type { TimelineEntry } from '../session/group-talk.ts';
import { callRowId, foldCall, type FoldedCall, type WrittenAct } from './call-fold.ts';
import type { GroupContext } from './group-context.ts';

const CALLS = 'call';
/** Of one call; people come and go, and nobody more often. */
const MAX_ACTS = 512;
/** Calls whose acts are kept; of older ones the line in the talk stays as it is. */
const MAX_CALLS = 64;

const VERSION = new Uint8Array([1]);
const savedCall = marked(
  VERSION,
  list(
    struct({
      message: fixed(MESSAGE_ID_BYTES),
      account: fixed(ACCOUNT_ID_BYTES),
      act: callAct,
      media: callMedia,
      lamport: u53,
      wall: u53,
    }),
    MAX_ACTS,
  ),
);

export class CallBook {
  readonly #context: GroupContext;
  readonly #calls = new Map<CallId, readonly WrittenAct[]>();
  /** Folded once until something new is written: they are asked for at every step. */
  #rosters: readonly CallRoster[] | undefined;

  private constructor(context: GroupContext) {
    this.#context = context;
  }

  static async load(context: GroupContext): Promise<CallBook> {
    const book = new CallBook(context);
    for (const { name, body } of await context.store.parcels(context.group, CALLS)) {
      const saved = decode(savedCall, body);
      if (!saved.ok) continue;
      const acts = saved.value.map((act) => ({ ...act, message: messageIdOf(act.message), account: accountIdOf(act.account) }));
      book.#calls.set(name as CallId, acts);
    }
    return book;
  }

  /** Calls that are not over, newest first. */
  get rosters(): readonly CallRoster[] {
    this.#rosters ??= [...this.#calls].flatMap(([call, acts]) => {
      const folded = foldCall(this.#context.group, call, acts);
      return folded && !folded.entry.over ? [folded.roster] : [];
    });
    return this.#rosters;
  }

  /** The changes that remember these, and show what they come to. `past`: said before I came, and no news. */
  async note(written: readonly { readonly call: CallId; readonly act: WrittenAct; readonly past: boolean }[]): Promise<readonly Write[]> {
    const writes: Write[] = [];
    for (const call of new Set(written.map((each) => each.call))) {
      const acts = written.filter((each) => each.call === call);
      writes.push(...(await this.#noteCall(call, acts)));
    }
    return writes;
  }

  async #noteCall(call: CallId, written: readonly { readonly act: WrittenAct; readonly past: boolean }[]): Promise<readonly Write[]> {
    const { group, store, timeline, conversation, me } = this.#context;
    const before = this.#calls.get(call) ?? [];
    const added = written.filter(({ act }) => !before.some(({ message }) => message === act.message)).map(({ act }) => act);
    if (added.length === 0 || (before.length === 0 && this.#isTooOld(added))) return [];
    const acts = [...before, ...added].slice(0, MAX_ACTS);
    const was = foldCall(group, call, before);
    const folded = foldCall(group, call, acts);
    this.#calls.set(call, acts);
    this.#rosters = undefined;
    const writes: Write[] = [store.putParcel(group, CALLS, call, encode(savedCall, acts.map(saved))), ...this.#forgetOldest()];
    if (!folded) return writes;
    const row = entryOf(folded, { id: callRowId(group, call), me: me.account });
    if (was) return JSON.stringify(was) === JSON.stringify(folded) ? writes : [...writes, ...timeline.replace(conversation, row)];
    const past = written.every((each) => each.past);
    return [...writes, ...(await timeline.add(conversation, [past ? { ...row, past: true } : row]))];
  }

  #isTooOld(acts: readonly WrittenAct[]): boolean {
    if (this.#calls.size < MAX_CALLS) return false;
    const oldest = Math.min(...[...this.#calls.values()].map(newestOf));
    return newestOf(acts) <= oldest;
  }

  #forgetOldest(): readonly Write[] {
    const { group, store } = this.#context;
    const inOrder = [...this.#calls].toSorted(([, a], [, b]) => newestOf(a) - newestOf(b)).map(([call]) => call);
    return inOrder.slice(0, Math.max(0, inOrder.length - MAX_CALLS)).map((call) => {
      this.#calls.delete(call);
      return store.deleteParcel(group, CALLS, call);
    });
  }
}

/** What a message says of a call. */
export function actOf(
  message: Pick<WrittenAct, 'account' | 'lamport' | 'wall' | 'message'>,
  body: { readonly call: Uint8Array; readonly act: WrittenAct['act']; readonly media: WrittenAct['media'] },
): { readonly call: CallId; readonly act: WrittenAct } {
  const { account, lamport, wall } = message;
  return { call: callIdOf(body.call), act: { message: message.message, account, act: body.act, media: body.media, lamport, wall } };
}

function entryOf(
  { lamport, entry, roster }: FoldedCall,
  { id, me }: { readonly id: TimelineEntry['id']; readonly me: AccountId },
): TimelineEntry {
  const said = { id, lamport, wall: roster.began, text: '', mentions: { all: false, accounts: [] }, call: entry };
  return roster.by === me ? { ...said, direction: 'out' } : { ...said, direction: 'in', author: roster.by };
}

function newestOf(acts: readonly WrittenAct[]): number {
  return acts.reduce((newest, { lamport }) => Math.max(newest, lamport), 0);
}

function saved(act: WrittenAct) {
  return { ...act, message: bytesOf(act.message), account: accountKeyOf(act.account) };
}
