/**
 * A group's board: a text that all members edit at once, a plain Yjs document carried between them. What each may do to it is
 * what anybody who may read it may do; it holds no rights and no history.
 */
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { utf8, type Bytes } from '../lib/bytes.ts';
import { Cell, type Observable, type Subscription } from '../lib/observable.ts';
import type { AccountId } from '../protocol/ids.ts';
import {
  BOARD_ROOT,
  isBoardUpdate,
  MAX_BOARD_BYTES,
  MAX_BOARD_BYTES_TAKEN,
  MAX_BOARD_RUNS,
  MAX_BOARD_RUNS_TAKEN,
  runsIn,
} from './board-guard.ts';
import { cursorOf, isCursorState, placesOf, type CursorState } from './cursor.ts';
import type { Admission } from './ports.ts';

/** What an edit takes beside its text, at most, about. */
const EDIT_OVERHEAD_BYTES = 64;

export interface BoardOptions {
  readonly me: AccountId;
  /** As `snapshot` gave it; undefined: an empty board. */
  readonly snapshot: Bytes | undefined;
  /** What a member is called; undefined: no member, whose cursor is not shown. */
  readonly nameOf: (account: AccountId) => string | undefined;
  /** Whether I may write here. */
  readonly isOpen: Observable<boolean>;
  /** There is something to save (`snapshot`): my own edit, or somebody's. */
  readonly changed: () => void;
  /** My cursor is taken away; the carriage may end. */
  readonly closed: () => void;
}

interface Content {
  readonly text: string;
  readonly moved: (position: number) => number;
}

interface Cursor {
  readonly account: AccountId;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What the screens call `Board`. */
export class GroupBoard {
  /** To be carried, with `admit` and `admitState` before it. */
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly #options: BoardOptions;
  readonly #text = this.doc.getText(BOARD_ROOT);
  readonly #content: Cell<Content>;
  readonly #cursors = new Cell<readonly Cursor[]>([]);
  readonly #canEdit = new Cell(true);
  readonly #isFull = new Cell(false);
  readonly #watching: Subscription;
  /** Of the encoded document: what it was when last measured, and all that came since. */
  #bytes = 0;
  #isOpen = false;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.awareness.setLocalState(null);
    if (options.snapshot) Y.applyUpdate(this.doc, options.snapshot);
    this.#bytes = options.snapshot?.length ?? 0;
    this.#content = new Cell<Content>({ text: this.#text.toJSON(), moved: stay });
    this.#text.observe((event) => this.#content.set({ text: this.#text.toJSON(), moved: movedBy(event.delta) }));
    this.doc.on('update', (update: Uint8Array) => {
      this.#bytes += update.length;
      this.#judgeRoom();
      this.#showCursors();
      options.changed();
    });
    this.awareness.on('change', () => this.#showCursors());
    this.#watching = options.isOpen.subscribe((isOpen) => {
      this.#isOpen = isOpen;
      this.#judgeRoom();
    });
  }

  get content(): Observable<Content> {
    return this.#content;
  }

  /** Where the others are, one cursor each. */
  get cursors(): Observable<readonly Cursor[]> {
    return this.#cursors;
  }

  /** False when I may not, or when nothing can be written or deleted any more. */
  get canEdit(): Observable<boolean> {
    return this.#canEdit;
  }

  /** Nothing more fits (MAX_BOARD_BYTES); deleting makes room. */
  get isFull(): Observable<boolean> {
    return this.#isFull;
  }

  /** Looks at an update from a member before it is applied. */
  readonly admit = (update: Uint8Array): Admission => {
    const isTooMuch =
      this.#bytesWith(update.length, MAX_BOARD_BYTES_TAKEN) > MAX_BOARD_BYTES_TAKEN || runsIn(this.doc) > MAX_BOARD_RUNS_TAKEN;
    return !isTooMuch && isBoardUpdate(update, this.doc) ? 'take' : 'refuse';
  };

  readonly admitState = isCursorState;

  /** The whole board, to be stored and opened again. */
  snapshot(): Bytes {
    return new Uint8Array(Y.encodeStateAsUpdate(this.doc));
  }

  /** Replaces `remove` units at `at` by `insert`. What would go beyond MAX_BOARD_BYTES is refused: nothing happens. */
  edit(at: number, remove: number, insert: string): void {
    if (!this.#canEdit.value) return;
    const start = this.#beside(at, -1);
    const end = remove > 0 ? this.#beside(at + remove, 1) : start;
    const bytes = utf8(insert).length + EDIT_OVERHEAD_BYTES;
    if (insert !== '' && this.#bytesWith(bytes, MAX_BOARD_BYTES) > MAX_BOARD_BYTES) {
      this.#isFull.set(true);
      return;
    }
    this.doc.transact(() => {
      this.#text.delete(start, end - start);
      if (insert !== '') this.#text.insert(start, insert);
    });
  }

  setCursor(range: { readonly from: number; readonly to: number } | undefined): void {
    const { from, to } = range ?? { from: 0, to: 0 };
    const state: CursorState = { account: this.#options.me, ...placesOf(this.#text, this.#within(from), this.#within(to)) };
    if (range || this.awareness.getLocalState()) this.awareness.setLocalState(range ? { ...state } : null);
  }

  close(): void {
    this.setCursor(undefined);
    this.#watching.unsubscribe();
    this.#options.closed();
    this.awareness.destroy();
    this.doc.destroy();
  }

  #within(position: number): number {
    return Math.max(0, Math.min(position, this.#text.length));
  }

  /** A position in the text that is not in the middle of a character of two units: Yjs would break it. */
  #beside(position: number, direction: -1 | 1): number {
    const place = this.#within(position);
    const low = this.#content.value.text.charCodeAt(place);
    const isInside = place > 0 && low >= 0xdc00 && low <= 0xdfff;
    return isInside ? place + direction : place;
  }

  /** How large it would be, with so much more; measured anew only when it may be too large. */
  #bytesWith(more: number, limit: number): number {
    if (this.#bytes + more > limit) this.#bytes = Y.encodeStateAsUpdate(this.doc).length;
    return this.#bytes + more;
  }

  #judgeRoom(): void {
    const isFull = this.#bytesWith(EDIT_OVERHEAD_BYTES, MAX_BOARD_BYTES) > MAX_BOARD_BYTES;
    this.#isFull.set(isFull);
    // Deleting takes room as well, at first.
    const isBeyond = this.#bytes + EDIT_OVERHEAD_BYTES > MAX_BOARD_BYTES_TAKEN || runsIn(this.doc) >= MAX_BOARD_RUNS;
    this.#canEdit.set(this.#isOpen && !isBeyond);
  }

  #showCursors(): void {
    const cursors = new Map<AccountId, Cursor>();
    for (const [client, state] of this.awareness.getStates()) {
      if (client === this.awareness.clientID || !isCursorState(state) || state.account === this.#options.me) continue;
      const name = this.#options.nameOf(state.account);
      const range = cursorOf(state, this.#text);
      if (name !== undefined && range) cursors.set(state.account, { account: state.account, name, ...range });
    }
    if (cursors.size > 0 || this.#cursors.value.length > 0) this.#cursors.set([...cursors.values()]);
  }
}

function stay(position: number): number {
  return position;
}

/** Where a position comes to by a change. What is inserted at a position comes after it; what takes the place of the text before it, before. */
function movedBy(delta: Y.YTextEvent['delta']): (position: number) => number {
  return (position) => {
    let [before, changed, moved] = [0, 0, position];
    for (const { retain = 0, insert, delete: removed = 0 } of delta) {
      if (typeof insert === 'string' && changed < position) moved += insert.length;
      moved -= Math.max(0, Math.min(removed, position - before));
      before += retain + removed;
      if (retain > 0) changed = before;
    }
    return moved;
  };
}
