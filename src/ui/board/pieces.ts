/** A text cut where others' carets and selections are, to be drawn under it. */
import type { BoardCursor } from '../parley.ts';

export interface Piece {
  /** Where it begins. */
  readonly at: number;
  readonly text: string;
  /** Whose selection it is in; the first when it is several. */
  readonly selectedBy: BoardCursor | undefined;
  /** Whose carets stand at its beginning. */
  readonly carets: readonly BoardCursor[];
}

/** The last piece may be empty: a caret at the very end needs a place as well. */
export function piecesOf(text: string, cursors: readonly BoardCursor[]): readonly Piece[] {
  const inside = cursors.map((cursor) => ({ cursor, from: clamp(cursor.from, text), to: clamp(cursor.to, text) }));
  const cuts = [...new Set([0, ...inside.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);
  return cuts.map((at, index) => ({
    at,
    text: text.slice(at, cuts[index + 1]),
    selectedBy: inside.find(({ from, to }) => Math.min(from, to) <= at && at < Math.max(from, to))?.cursor,
    carets: inside.filter(({ to }) => to === at).map(({ cursor }) => cursor),
  }));
}

function clamp(position: number, text: string): number {
  return Math.min(Math.max(position, 0), text.length);
}
