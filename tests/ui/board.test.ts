import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { Cell } from '../../src/lib/observable.ts';
import { changeBetween } from '../../src/ui/board/text-change.ts';
import { piecesOf } from '../../src/ui/board/pieces.ts';
import { BoardView } from '../../src/ui/board/board-view.svelte.ts';
import type { Board, BoardContent, BoardCursor } from '../../src/ui/parley.ts';
import { moveBy } from './fake-board.ts';
import { fakeId } from './fake-people.ts';

const applied = (text: string, change: ReturnType<typeof changeBetween>): string =>
  change ? text.slice(0, change.at) + change.insert + text.slice(change.at + change.remove) : text;

describe('what somebody did to a text', () => {
  it('is found by the caret when letters repeat', () => {
    expect(changeBetween('aa', 'aaa', 1)).toEqual({ at: 0, remove: 0, insert: 'a' });
    expect(changeBetween('aa', 'aaa', 3)).toEqual({ at: 2, remove: 0, insert: 'a' });
    expect(changeBetween('aaa', 'aa', 1)).toEqual({ at: 1, remove: 1, insert: '' });
  });

  it('never cuts a character in half', () => {
    expect(changeBetween('\u{1F600}', '\u{1F601}', 2)).toEqual({ at: 0, remove: 2, insert: '\u{1F601}' });
  });

  it('is nothing when nothing changed', () => {
    expect(changeBetween('a', 'a', 1)).toBeUndefined();
  });

  it('makes the one text of the other, whatever they are and wherever the caret is', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '字', '\u{1F600}') });
    fc.assert(
      fc.property(text, text, fc.nat(), (before, after, caret) => {
        const change = changeBetween(before, after, caret % (after.length + 1));
        expect(applied(before, change)).toBe(after);
      }),
    );
  });
});

describe('the board of alice', () => {
  function open(text: string) {
    const content = new Cell<BoardContent>({ text, moved: (position) => position });
    const change = (at: number, remove: number, insert: string): void => {
      const before = content.value.text;
      const after = before.slice(0, at) + insert + before.slice(at + remove);
      content.set({ text: after, moved: moveBy(at, remove, insert.length) });
    };
    let isFull = false;
    const board: Board = {
      content,
      cursors: new Cell([]),
      canEdit: new Cell(true),
      isFull: new Cell(false),
      edit: (...edit) => isFull || change(...edit),
      setCursor: () => undefined,
      close: () => undefined,
    };
    const area = {
      value: '',
      selectionStart: 0,
      selectionEnd: 0,
      setSelectionRange(from: number | null, to: number | null) {
        this.selectionStart = from ?? 0;
        this.selectionEnd = to ?? 0;
      },
    };
    const view = new BoardView(board);
    view.attach(area);
    const type = (value: string, caret: number): void => {
      area.value = value;
      area.setSelectionRange(caret, caret);
      view.typed();
    };
    return { content, area, view, type, others: change, fill: () => (isFull = true) };
  }

  it('shows what is there, and hands on what she types', () => {
    const { content, area, type } = open('bread');
    expect(area.value).toBe('bread');
    type('bread, tea', 10);
    expect(content.value.text).toBe('bread, tea');
  });

  it('keeps her caret in its place while bob writes before it', () => {
    const { area, others, type } = open('bread');
    type('bread!', 3);
    others(0, 0, 'two ');
    expect([area.value, area.selectionStart]).toEqual(['two bread!', 7]);
  });

  it('leaves her text alone while she composes, and joins both when she is done', () => {
    const { content, area, view, type, others } = open('bread');
    view.composes();
    type('breadcha', 8);
    others(0, 0, '两 ');
    expect([area.value, content.value.text]).toEqual(['breadcha', '两 bread']);
    type('bread茶', 6);
    view.composed();
    expect([area.value, content.value.text, area.selectionStart]).toEqual(['两 bread茶', '两 bread茶', 8]);
  });

  it('hands on nothing for a composition she gave up', () => {
    const { content, area, view, type, others } = open('bread');
    view.composes();
    type('breadx', 6);
    others(5, 0, ' and tea');
    type('bread', 5);
    view.composed();
    expect([area.value, content.value.text]).toEqual(['bread and tea', 'bread and tea']);
  });

  it('takes back what the board refuses', () => {
    const { area, type, fill } = open('full');
    fill();
    type('fuller', 6);
    expect(area.value).toBe('full');
  });
});

describe('the text under the board', () => {
  const cursor = (name: string, from: number, to: number): BoardCursor => ({ account: fakeId(name), name, from, to });

  it('is cut where carets and selections are', () => {
    const pieces = piecesOf('hello world', [cursor('Bob', 0, 5), cursor('Carol', 11, 11)]);
    expect(pieces.map(({ text, selectedBy, carets }) => [text, selectedBy?.name, carets.map(({ name }) => name)])).toEqual([
      ['hello', 'Bob', []],
      [' world', undefined, ['Bob']],
      ['', undefined, ['Carol']],
    ]);
  });

  it('is whole without them, and holds a caret from beyond its end', () => {
    expect(piecesOf('a', []).map(({ text }) => text)).toEqual(['a']);
    expect(piecesOf('a', [cursor('Bob', 9, 9)]).map(({ text, carets }) => [text, carets.length])).toEqual([
      ['a', 0],
      ['', 1],
    ]);
  });
});
