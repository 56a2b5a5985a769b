/** A board in memory, on which somebody else goes on writing. */
import type { GroupMember } from '../../src/groups/ports.ts';
import { Cell } from '../../src/lib/observable.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Board, BoardContent, BoardCursor } from '../../src/ui/parley.ts';

const KEY_MS = 220;
const WORDS = 'Frida, apples and the short rope 还有水果和绳子 ';

interface FakeBoardOptions {
  readonly text: string;
  /** Who else is there: the first writes, the second looks. */
  readonly writers: readonly Pick<GroupMember, 'account' | 'name'>[];
  readonly canEdit: boolean;
}

export function createFakeBoard({ text, writers, canEdit }: FakeBoardOptions): Promise<Board> {
  const content = new Cell<BoardContent>({ text, moved: (position) => position });
  const cursors = new Cell<readonly BoardCursor[]>([]);
  const places = new Map<AccountId, { readonly name: string; from: number; to: number }>();
  const [writer, reader] = writers;
  if (writer) places.set(writer.account, { name: writer.name, from: text.length - 1, to: text.length - 1 });
  if (reader) places.set(reader.account, { name: reader.name, from: 0, to: Math.min(5, text.length) });
  const tellCursors = (): void => cursors.set([...places].map(([account, place]) => ({ account, ...place })));

  function change(at: number, remove: number, insert: string): void {
    const before = content.value.text;
    const moved = moveBy(at, remove, insert.length);
    content.set({ text: before.slice(0, at) + insert + before.slice(at + remove), moved });
    for (const place of places.values()) {
      place.from = moved(place.from);
      place.to = moved(place.to);
    }
    tellCursors();
  }

  let typed = 0;
  const typing = setInterval(() => {
    const place = writer && places.get(writer.account);
    const letter = WORDS[typed % WORDS.length];
    if (!place || letter === undefined || typed++ > WORDS.length * 4) clearInterval(typing);
    else change(place.to, 0, letter);
  }, KEY_MS);
  tellCursors();

  return new Promise((resolve) =>
    setTimeout(
      () =>
        resolve({
          content,
          cursors,
          canEdit: new Cell(canEdit),
          isFull: new Cell(false),
          edit: change,
          setCursor: () => undefined,
          close: () => clearInterval(typing),
        }),
      KEY_MS,
    ),
  );
}

/** Where positions go when `remove` units at `at` become `insert` others. What is inserted right at a position pushes it on. */
export function moveBy(at: number, remove: number, insert: number): (position: number) => number {
  return (position) => {
    if (position < at) return position;
    return position < at + remove ? at + insert : position - remove + insert;
  };
}
