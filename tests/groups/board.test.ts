import { Awareness } from 'y-protocols/awareness';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { isBoardUpdate, MAX_BOARD_BYTES, MAX_BOARD_RUNS_TAKEN } from '../../src/groups/board-guard.ts';
import { GroupBoard } from '../../src/groups/board.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { Cell } from '../../src/lib/observable.ts';
import { accountIdOf, type AccountId } from '../../src/protocol/ids.ts';
import type { Board } from '../../src/ui/parley.ts';
import { Carrier, link, Wire } from '../support/carrying.ts';

const NAMES = ['alice', 'bob', 'carol', 'mallory'];
const IDS = new Map(NAMES.map((name, index) => [name, accountIdOf(new Uint8Array(32).fill(index + 1))]));

function idOf(name: string): AccountId {
  return IDS.get(name) ?? accountIdOf(new Uint8Array(32));
}

class Writer {
  readonly board: GroupBoard;
  readonly carrier: Carrier;
  readonly isOpen = new Cell(true);
  readonly changed = vi.fn();

  constructor(wire: Wire, name: string, snapshot?: Bytes) {
    this.board = new GroupBoard({
      me: idOf(name),
      snapshot,
      nameOf: (account) => NAMES.find((one) => one !== 'mallory' && idOf(one) === account),
      isOpen: this.isOpen,
      changed: this.changed,
      closed: () => this.carrier.close(),
    });
    const { doc, awareness, admit, admitState } = this.board;
    this.carrier = new Carrier(wire, name, { doc, awareness, admit, admitState });
  }

  get text(): string {
    return valueOf(this.board.content).text;
  }

  /** Who is seen where. */
  get seen(): string[] {
    return valueOf(this.board.cursors).map(({ name, from, to }) => `${name} ${from}-${to}`);
  }
}

function valueOf<Value>(observable: { subscribe(next: (value: Value) => void): { unsubscribe(): void } }): Value {
  const values: Value[] = [];
  observable.subscribe((value) => values.push(value)).unsubscribe();
  const [value] = values;
  if (value === undefined) throw new Error('It told nothing.');
  return value;
}

const open: Writer[] = [];

afterEach(() => {
  for (const { board } of open.splice(0)) board.close();
});

function writer(wire: Wire, name: string, snapshot?: Bytes): Writer {
  const made = new Writer(wire, name, snapshot);
  open.push(made);
  return made;
}

async function together(seed: number, ...names: string[]): Promise<{ wire: Wire; people: Writer[] }> {
  const wire = new Wire(seed);
  const people = names.map((name) => writer(wire, name));
  for (const [index, one] of people.entries()) for (const other of people.slice(index + 1)) link(wire, one.carrier, other.carrier);
  await wire.settle();
  return { wire, people };
}

describe('a board', () => {
  it('is what the screens call one', () => {
    const board: Board = writer(new Wire(1), 'alice').board;
    expect(valueOf(board.content).text).toBe('');
  });

  it('is written by alice, bob and carol at once, and comes out the same for all', async () => {
    const { wire, people } = await together(2, 'alice', 'bob', 'carol');
    const [alice, bob, carol] = people;
    alice?.board.edit(0, 0, 'shopping: ');
    await wire.settle();
    alice?.board.edit(10, 0, 'milk ');
    bob?.board.edit(0, 8, 'Shopping list');
    carol?.board.edit(10, 0, '水果 😀 ');
    await wire.settle();
    expect(new Set(people.map(({ text }) => text)).size).toBe(1);
    expect(alice?.text).toContain('Shopping list');
    expect(alice?.text).toContain('milk ');
    expect(alice?.text).toContain('水果 😀 ');
  });

  it('tells of my own edit before it is over', () => {
    const { board } = writer(new Wire(3), 'alice');
    const told: string[] = [];
    board.content.subscribe(({ text }) => told.push(text));
    board.edit(0, 0, 'ab');
    board.edit(1, 1, '');
    expect(told).toEqual(['', 'ab', 'a']);
  });

  it('says where a position has come to, whatever others wrote and deleted', async () => {
    const { wire, people } = await together(4, 'alice', 'bob');
    const [alice, bob] = people;
    alice?.board.edit(0, 0, 'one two three');
    await wire.settle();
    const moved: number[][] = [];
    bob?.board.content.subscribe(({ moved: to }) => moved.push([0, 4, 5, 7, 8, 13].map((position) => to(position))));
    alice?.board.edit(4, 3, '22');
    await wire.settle();
    expect(bob?.text).toBe('one 22 three');
    expect(moved.slice(1)).toEqual([[0, 4, 6, 6, 7, 12]]);
    alice?.board.edit(0, 0, '>> ');
    await wire.settle();
    // What comes at a position comes after it.
    expect(moved.at(-1)).toEqual([0, 7, 8, 10, 11, 16]);
  });

  it('does not break a character of two units', () => {
    const alice = writer(new Wire(5), 'alice');
    alice.board.edit(0, 0, 'a😀b');
    alice.board.edit(2, 0, '!');
    expect(alice.text).toBe('a!😀b');
    alice.board.edit(3, 1, '');
    expect(alice.text).toBe('a!b');
    alice.board.edit(-5, 2, '<');
    alice.board.edit(99, 99, '>');
    expect(alice.text).toBe('<a!b>');
  });

  it('is kept over being closed, and goes on from there', () => {
    const wire = new Wire(6);
    const before = writer(wire, 'alice');
    before.board.edit(0, 0, 'kept');
    expect(before.changed).toHaveBeenCalledOnce();
    const again = writer(new Wire(7), 'alice', before.board.snapshot());
    expect(again.text).toBe('kept');
    again.board.edit(4, 0, ' and more');
    expect(again.text).toBe('kept and more');
  });

  it('shows where the others are, and moves them with the text', async () => {
    const { wire, people } = await together(8, 'alice', 'bob', 'carol');
    const [alice, bob, carol] = people;
    alice?.board.edit(0, 0, 'one two');
    await wire.settle();
    bob?.board.setCursor({ from: 4, to: 7 });
    carol?.board.setCursor({ from: 0, to: 0 });
    await wire.settle();
    expect(alice?.seen.toSorted()).toEqual(['bob 4-7', 'carol 0-0']);
    expect(bob?.seen).toEqual(['carol 0-0']);
    alice?.board.edit(0, 0, 'zero ');
    await wire.settle();
    expect(alice?.seen.toSorted()).toEqual(['bob 9-12', 'carol 5-5']);
    bob?.board.setCursor(undefined);
    await wire.settle();
    expect(alice?.seen).toEqual(['carol 5-5']);
    carol?.board.close();
    open.splice(2, 1);
    await wire.settle();
    expect(alice?.seen).toEqual([]);
  });

  it('shows the cursor of nobody who is no member', async () => {
    const { wire, people } = await together(9, 'alice', 'mallory');
    people[1]?.board.setCursor({ from: 0, to: 0 });
    await wire.settle();
    expect(people[0]?.seen).toEqual([]);
    expect(people[0]?.carrier.refused).toEqual([]);
  });

  it('is read only when the group is over', () => {
    const alice = writer(new Wire(10), 'alice');
    alice.board.edit(0, 0, 'done');
    alice.isOpen.set(false);
    alice.board.edit(0, 0, 'not ');
    expect(alice.text).toBe('done');
    expect(valueOf(alice.board.canEdit)).toBe(false);
  });

  it('refuses what does not fit, until something is deleted', async () => {
    const { wire, people } = await together(11, 'alice', 'bob');
    const [alice, bob] = people;
    if (!alice || !bob) throw new Error('two people');
    alice.board.edit(0, 0, 'x'.repeat(MAX_BOARD_BYTES - 200));
    expect(valueOf(alice.board.isFull)).toBe(false);
    alice.board.edit(0, 0, 'y'.repeat(500));
    expect(alice.text).not.toContain('y');
    expect(valueOf(alice.board.isFull)).toBe(true);
    await wire.settle();
    bob.board.edit(0, 10_000, '');
    await wire.settle();
    expect(valueOf(alice.board.isFull)).toBe(false);
    alice.board.edit(0, 0, 'y'.repeat(500));
    await wire.settle();
    expect(bob.text).toBe(alice.text);
    expect(bob.text).toContain('y');
    expect(alice.board.snapshot().length).toBeLessThan(MAX_BOARD_BYTES);
  });
});

describe('mallory at the board', () => {
  const bad: Readonly<Record<string, (doc: Y.Doc, victim: Y.Doc) => void>> = {
    'writes rich text': (doc) => doc.getText('t').insert(0, 'bold', { bold: true }),
    'writes another type': (doc) => doc.getMap('elsewhere').set('k', 1),
    'writes bytes': (doc) => doc.getArray('t').push([new Uint8Array(9)]),
    'writes under alice’s number': (doc, { clientID }) => {
      doc.clientID = clientID;
      doc.getText('t').insert(0, 'as alice');
    },
    'writes a megabyte': (doc) => doc.getText('t').insert(0, 'x'.repeat(1_100_000)),
  };

  it.each(Object.entries(bad))('%s: it is refused, and alice and bob go on', async (_, write) => {
    const noise = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const { wire, people } = await together(30, 'alice', 'bob');
    const [alice, bob] = people;
    if (!alice || !bob) throw new Error('two people');
    alice.board.edit(0, 0, 'fine');
    const mallory = new Carrier(wire, 'mallory');
    link(wire, alice.carrier, mallory);
    await wire.settle();
    write(mallory.doc, alice.board.doc);
    await wire.settle();
    expect(alice.carrier.refused).toEqual(['mallory']);
    bob.board.edit(4, 0, ' still');
    await wire.settle();
    expect([alice.text, bob.text]).toEqual(['fine still', 'fine still']);
    expect([...alice.board.doc.share.keys()]).toEqual(['t']);
    expect(noise).not.toHaveBeenCalled();
    mallory.close();
    noise.mockRestore();
  });

  it('writes under a key of the text: it is refused', () => {
    const { board } = writer(new Wire(35), 'alice');
    // One run of client 9: text, no neighbours, in the root "t", under the key "k" or under none; nothing deleted.
    const [text, keyed] = [0b0000_0100, 0b0010_0100];
    expect(isBoardUpdate(new Uint8Array([1, 1, 9, 0, text, 1, 1, 0x74, 1, 0x76, 0]), board.doc)).toBe(true);
    expect(isBoardUpdate(new Uint8Array([1, 1, 9, 0, keyed, 1, 1, 0x74, 1, 0x6b, 1, 0x76, 0]), board.doc)).toBe(false);
  });

  it('sends what builds on something nobody has seen: it is refused, not kept', () => {
    const { board } = writer(new Wire(31), 'alice');
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'first');
    const vector = Y.encodeStateVector(doc);
    doc.getText('t').insert(5, ' second');
    expect(isBoardUpdate(Y.encodeStateAsUpdate(doc, vector), board.doc)).toBe(false);
    expect(isBoardUpdate(Y.encodeStateAsUpdate(doc), board.doc)).toBe(true);
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    const before = Y.encodeStateVector(other);
    other.getText('t').insert(3, 'third');
    expect(isBoardUpdate(Y.encodeStateAsUpdate(other, before), board.doc)).toBe(false);
    const deleted = Y.encodeStateVector(other);
    other.getText('t').delete(0, 3);
    expect(isBoardUpdate(Y.encodeStateAsUpdate(other, deleted), board.doc)).toBe(false);
  });

  it('grows it in small steps: there is an end to it, in bytes and in pieces', () => {
    const { board } = writer(new Wire(32), 'alice');
    const evil = new Y.Doc();
    let taken = 0;
    const grow = (write: () => void): boolean => {
      const vector = Y.encodeStateVector(evil);
      write();
      const update = Y.encodeStateAsUpdate(evil, vector);
      if (board.admit(update) !== 'take') return false;
      Y.applyUpdate(board.doc, update);
      return ++taken < 10_000;
    };
    const text = evil.getText('t');
    while (grow(() => evil.transact(() => text.insert(0, 'y'.repeat(100_000)))));
    expect(board.snapshot().length).toBeLessThan(1_100_000);
    expect(taken).toBe(10);
    expect(valueOf(board.isFull)).toBe(true);
    const { board: other } = writer(new Wire(33), 'alice');
    const pieces = new Y.Doc();
    for (let piece = 0; piece < MAX_BOARD_RUNS_TAKEN + 2; piece++) pieces.getText('t').insert(0, 'z');
    Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(pieces));
    const vector = Y.encodeStateVector(pieces);
    pieces.getText('t').insert(0, 'z');
    expect(other.admit(Y.encodeStateAsUpdate(pieces, vector))).toBe('refuse');
    expect(valueOf(other.canEdit)).toBe(false);
  });

  it('moves others’ cursors about with lies: no screen is worse for it', () => {
    const alice = writer(new Wire(34), 'alice');
    alice.board.edit(0, 0, 'text');
    const lies: unknown[] = [
      { account: idOf('bob'), from: [9, 9], to: null },
      { account: idOf('bob'), from: null, to: [alice.board.doc.clientID, 2 ** 52] },
    ];
    const forged = new Awareness(new Y.Doc());
    for (const lie of lies) {
      expect(alice.board.admitState(lie)).toBe(true);
      alice.board.awareness.states.set(forged.clientID, lie as Record<string, unknown>);
      alice.board.awareness.emit('change', [{ added: [forged.clientID], updated: [], removed: [] }, 'forged']);
      expect(alice.seen).toEqual([]);
    }
    for (const lie of [
      undefined,
      7,
      'x',
      {},
      { account: idOf('bob'), from: [1], to: null },
      { account: 'bob', from: null, to: null },
      { account: idOf('bob'), from: [-1, 0], to: null },
    ])
      expect(alice.board.admitState(lie)).toBe(false);
    forged.destroy();
  });
});
