import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { equalBytes } from '../../src/lib/bytes.ts';
import { Carrier, link, turn, Wire } from '../support/carrying.ts';

const STARTS = 1_000;

const open: Carrier[] = [];

function person(wire: Wire, name: string, options: ConstructorParameters<typeof Carrier>[2] = {}): Carrier {
  const carrier = new Carrier(wire, name, options);
  open.push(carrier);
  return carrier;
}

function listOf({ doc }: Carrier): unknown[] {
  return doc.getArray('list').toArray();
}

function write({ doc }: Carrier, ...things: unknown[]): void {
  doc.getArray('list').push(things);
}

/** Client numbers whose part of the update begins beyond what the document has of them. */
function gapsBefore(doc: Y.Doc, update: Uint8Array): string[] {
  const gaps = [...Y.parseUpdateMeta(update).from].filter(([client, clock]) => clock > Y.getState(doc.store, client));
  return gaps.map(([client]) => String(client));
}

let noise: unknown[][];

beforeEach(() => {
  noise = [];
  for (const method of ['log', 'warn', 'error', 'info'] as const)
    vi.spyOn(console, method).mockImplementation((...words) => noise.push(words));
});

afterEach(async () => {
  for (const carrier of open.splice(0)) carrier.close();
  await turn();
  vi.restoreAllMocks();
  expect(noise).toEqual([]);
});

describe('a carried document', () => {
  it('is the same for alice and bob, whoever wrote before and after they met', async () => {
    const wire = new Wire(1);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    write(alice, 'from alice');
    write(bob, 'from bob');
    link(wire, alice, bob);
    await wire.settle();
    write(alice, 'more');
    await wire.settle();
    expect(listOf(alice).toSorted()).toEqual(['from alice', 'from bob', 'more']);
    expect(listOf(bob)).toEqual(listOf(alice));
    expect([...alice.synced, ...bob.synced]).toEqual(['bob', 'alice']);
  });

  it(`is carried at each of ${STARTS} starts, in whatever order the two come to it and hear of each other`, async () => {
    const pairs = Array.from({ length: STARTS }, (_, seed) => {
      const wire = new Wire(seed);
      const pair = { wire, alice: person(wire, 'alice'), bob: person(wire, 'bob'), steps: [] as (() => void)[] };
      write(pair.alice, 'a');
      write(pair.bob, 'b');
      wire.open('alice', 'bob');
      pair.steps = [() => pair.alice.connect(pair.bob), () => pair.bob.connect(pair.alice)];
      // One in two starts anew on the same link, before, during or after the first binding.
      if (wire.chance(2) === 0) pair.steps.splice(wire.chance(3), 0, () => pair.alice.connect(pair.bob));
      if (wire.chance(2) === 0) pair.steps.splice(wire.chance(4), 0, () => pair.bob.connect(pair.alice));
      if (wire.chance(2) === 0) pair.steps.reverse();
      return pair;
    });
    for (let round = 0; round < 400; round++) {
      for (const { wire, steps } of pairs) {
        if (wire.chance(5) === 0) steps.shift()?.();
        for (let moves = wire.chance(4); moves > 0; moves--) wire.step();
      }
      if (round % 4 === 0) await turn();
    }
    for (const { steps } of pairs) for (const step of steps.splice(0)) step();
    for (let round = 0; round < 100; round++) {
      for (const { wire } of pairs) while (wire.step());
      await turn();
    }
    for (const { alice } of pairs) write(alice, 'live');
    for (const { wire } of pairs) while (wire.step());
    const failed = pairs.flatMap(({ alice, bob }, seed) =>
      listOf(bob).length === 3 && listOf(alice).length === 3 && alice.synced.size + bob.synced.size === 2 ? [] : [seed],
    );
    expect(failed).toEqual([]);
  }, 60_000);

  it('needs no beginning at the same time: bob opens his when alice has given up nothing', async () => {
    const wire = new Wire(2);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    bob.close();
    wire.open('alice', 'bob');
    write(alice, 'early');
    alice.connect(bob);
    await wire.settle();
    bob.open();
    bob.connect(alice);
    await wire.settle();
    expect(listOf(bob)).toEqual(['early']);
    bob.close();
    await wire.settle();
    expect(alice.synced.size).toBe(0);
    write(alice, 'meanwhile');
    bob.open();
    bob.connect(alice);
    await wire.settle();
    expect(listOf(bob)).toEqual(['early', 'meanwhile']);
  });

  it('survives a link that is cut in the middle of a large answer and made anew', async () => {
    const wire = new Wire(3);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    alice.doc.transact(() => {
      for (let index = 0; index < 2_000; index++) write(alice, `entry ${index} ${'x'.repeat(300)}`);
    });
    link(wire, alice, bob);
    await wire.until(() => wire.carried > 200_000);
    wire.cut('alice', 'bob');
    alice.document?.disconnect(bob.id);
    bob.document?.disconnect(alice.id);
    await wire.settle();
    expect(bob.synced.size).toBe(0);
    link(wire, alice, bob);
    await wire.until(() => bob.synced.size === 1);
    expect(listOf(bob)).toEqual(listOf(alice));
  });

  it('of five megabytes arrives, in updates no longer than any member takes', async () => {
    const wire = new Wire(4);
    const sizes: number[] = [];
    const alice = person(wire, 'alice');
    const bob = person(wire, 'bob', {
      admit: (update) => {
        sizes.push(update.length);
        return 'take';
      },
    });
    alice.doc.transact(() => {
      for (let index = 0; index < 12_500; index++) write(alice, new Uint8Array(400).fill(index));
    });
    link(wire, alice, bob);
    await wire.until(() => bob.synced.size === 1);
    expect(bob.doc.getArray('list').length).toBe(12_500);
    expect(equalBytes(Y.encodeStateAsUpdate(bob.doc), Y.encodeStateAsUpdate(alice.doc))).toBe(true);
    expect(Math.max(...sizes)).toBeLessThan(160 * 1024);
    expect(wire.carried).toBeLessThan(6_000_000);
  });

  it('of 100,000 entries by many hands, some of them deleted, arrives', async () => {
    const wire = new Wire(5);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    const hundred = Array.from({ length: 100 }, (_, index) => [index]);
    for (let hand = 0; hand < 20; hand++) {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(alice.doc));
      doc.transact(() => {
        for (let index = 0; index < 50; index++) doc.getArray('list').insert(wire.chance(doc.getArray('list').length + 1), hundred);
        doc.getArray('list').delete(10, 50);
      });
      Y.applyUpdate(alice.doc, Y.encodeStateAsUpdate(doc));
    }
    link(wire, alice, bob);
    await wire.until(() => bob.synced.size === 1);
    expect(JSON.stringify(listOf(bob))).toBe(JSON.stringify(listOf(alice)));
    expect(bob.doc.store.pendingStructs).toBeNull();
  }, 60_000);

  it('of 100,000 maps arrives', async () => {
    const wire = new Wire(12);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    alice.doc.transact(() => {
      alice.doc.getArray('list').push(Array.from({ length: 100_000 }, (_, index) => new Y.Map([['n', index]])));
    });
    link(wire, alice, bob);
    await wire.until(() => bob.synced.size === 1);
    expect(JSON.stringify(bob.doc.getArray('list'))).toBe(JSON.stringify(alice.doc.getArray('list')));
  }, 30_000);

  it('goes to a newcomer once, although seven others have it, and is not sent back', async () => {
    const wire = new Wire(6);
    const others = Array.from({ length: 7 }, (_, index) => person(wire, `other ${index}`));
    const [first] = others;
    if (!first) throw new Error('seven others');
    first.doc.transact(() => {
      for (let index = 0; index < 2_000; index++) write(first, `entry ${index} ${'x'.repeat(400)}`);
    });
    const whole = Y.encodeStateAsUpdate(first.doc);
    for (const other of others.slice(1)) Y.applyUpdate(other.doc, whole);
    const newcomer = person(wire, 'newcomer');
    for (const other of others) link(wire, newcomer, other);
    await wire.settle();
    expect(newcomer.synced.size).toBe(7);
    expect(listOf(newcomer)).toEqual(listOf(first));
    expect(wire.carried / whole.length).toBeLessThan(1.2);
  });

  it('is never given an update that builds on another it has not got, while four come together and write', async () => {
    for (let seed = 100; seed < 140; seed++) {
      const wire = new Wire(seed);
      const gaps: string[] = [];
      const people = ['alice', 'bob', 'carol', 'dave'].map((name) => {
        const doc = new Y.Doc();
        return person(wire, name, { doc, admit: (update) => (gaps.push(...gapsBefore(doc, update)), 'take') });
      });
      const steps = people.flatMap((one, index) => [
        () => write(one, `first of ${one.id}`),
        ...people.slice(index + 1).map((other) => () => link(wire, one, other)),
        () => write(one, `second of ${one.id}`),
      ]);
      while (steps.length > 0) {
        steps.splice(wire.chance(steps.length), 1)[0]?.();
        for (let moves = wire.chance(10); moves > 0; moves--) wire.step();
        if (wire.chance(2) === 0) await turn();
      }
      await wire.until(() => people.every((one) => one.synced.size === 3 && listOf(one).length === 8));
      expect(gaps).toEqual([]);
    }
  }, 30_000);

  it('waits with its pieces while the link has enough to do', async () => {
    const wire = new Wire(7);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    link(wire, alice, bob);
    await wire.settle();
    wire.held = true;
    alice.doc.transact(() => {
      for (let index = 0; index < 10_000; index++) write(alice, new Uint8Array(400));
    });
    await turn();
    expect(wire.waiting('alice', 'bob')).toBeLessThan(600_000);
    wire.held = false;
    await wire.until(() => bob.doc.getArray('list').length === 10_000);
    expect(alice.refused).toEqual([]);
  });

  it('is not taken from somebody whose update is refused, until they are connected anew', async () => {
    const wire = new Wire(8);
    let strict = false;
    const alice = person(wire, 'alice', { admit: () => (strict ? 'refuse' : 'take') });
    const bob = person(wire, 'bob');
    link(wire, alice, bob);
    await wire.settle();
    strict = true;
    write(bob, 'bad');
    await wire.settle();
    expect(listOf(alice)).toEqual([]);
    expect(alice.refused).toEqual(['bob']);
    write(alice, 'not for bob');
    write(bob, 'bad again');
    await wire.settle();
    expect([listOf(alice), listOf(bob)]).toEqual([['not for bob'], ['bad', 'bad again']]);
    strict = false;
    link(wire, alice, bob);
    await wire.settle();
    expect(listOf(alice)).toEqual(listOf(bob));
  });
});

describe('cursors', () => {
  interface State {
    readonly at: number;
  }
  const admitState = (state: unknown): boolean => typeof state === 'object' && state !== null && 'at' in state;

  function withCursor(wire: Wire, name: string): { carrier: Carrier; awareness: Awareness } {
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    awareness.setLocalState(null);
    doc.on('destroy', () => awareness.destroy());
    const carrier = person(wire, name, { doc, awareness, admitState });
    return { carrier, awareness };
  }

  function seen({ awareness }: { awareness: Awareness }): number[] {
    return [...awareness.getStates()].filter(([client]) => client !== awareness.clientID).map(([, state]) => (state as State).at);
  }

  it('are seen by everybody, through others too, and go when they are taken away', async () => {
    const wire = new Wire(20);
    const [alice, bob, carol] = [withCursor(wire, 'alice'), withCursor(wire, 'bob'), withCursor(wire, 'carol')];
    alice.awareness.setLocalState({ at: 1 });
    link(wire, alice.carrier, bob.carrier);
    link(wire, bob.carrier, carol.carrier);
    await wire.settle();
    carol.awareness.setLocalState({ at: 3 });
    await wire.settle();
    expect([seen(alice), seen(bob).toSorted(), seen(carol)]).toEqual([[3], [1, 3], [1]]);
    alice.awareness.setLocalState(null);
    await wire.settle();
    expect([seen(bob), seen(carol)]).toEqual([[3], []]);
    for (const { awareness } of [alice, bob, carol]) awareness.destroy();
  });

  it('of a form that no honest member sends end the carriage', async () => {
    const wire = new Wire(21);
    const [alice, bob] = [withCursor(wire, 'alice'), withCursor(wire, 'bob')];
    link(wire, alice.carrier, bob.carrier);
    await wire.settle();
    bob.awareness.setLocalState({ evil: true });
    await wire.settle();
    expect(alice.carrier.refused).toEqual(['bob']);
    expect(seen(alice)).toEqual([]);
    for (const { awareness } of [alice, bob]) awareness.destroy();
  });

  it('of one’s own are set by nobody else', async () => {
    const wire = new Wire(22);
    const [alice, bob] = [withCursor(wire, 'alice'), withCursor(wire, 'bob')];
    alice.awareness.setLocalState({ at: 1 });
    link(wire, alice.carrier, bob.carrier);
    await wire.settle();
    const forged = new Awareness(new Y.Doc());
    forged.clientID = alice.awareness.clientID;
    for (let clock = 0; clock < 9; clock++) forged.setLocalState({ at: 666 });
    applyAwarenessUpdate(bob.awareness, encodeAwarenessUpdate(forged, [forged.clientID]), 'forged');
    await wire.settle();
    expect(alice.awareness.getLocalState()).toEqual({ at: 1 });
    for (const { awareness } of [alice, bob]) awareness.destroy();
    forged.destroy();
  });

  it('are not carried for a document that has none', async () => {
    const wire = new Wire(23);
    const alice = person(wire, 'alice');
    const bob = withCursor(wire, 'bob');
    link(wire, alice, bob.carrier);
    bob.awareness.setLocalState({ evil: true });
    await wire.settle();
    expect(alice.refused).toEqual([]);
    expect(alice.synced.size).toBe(1);
    bob.awareness.destroy();
  });
});

describe('what is no honest frame', () => {
  it.each([
    ['no body at all', new Uint8Array([])],
    ['an unknown body', new Uint8Array([9])],
    ['a truncated offer', new Uint8Array([2, 1, 2])],
    ['a piece with a lying length', new Uint8Array([4, 0, 0, 0, 1, 0, 1])],
  ])('%s ends the carriage from whoever sent it, and nothing else', async (_, body) => {
    const wire = new Wire(9);
    const [alice, bob, carol] = [person(wire, 'alice'), person(wire, 'bob'), person(wire, 'carol')];
    link(wire, alice, bob);
    link(wire, alice, carol);
    await wire.settle();
    alice.document?.received(bob.id, body);
    write(carol, 'still here');
    await wire.settle();
    expect(alice.refused).toEqual(['bob']);
    expect(listOf(alice)).toEqual(['still here']);
  });

  it.each([
    ['an unknown message', [7, 0]],
    ['nothing', []],
    ['a sync step that does not exist', [0, 5, 0]],
    ['a state vector that is none', [0, 0, 1, 255]],
    ['an update longer than its message', [0, 2, 200, 1, 0]],
    ['trailing bytes', [0, 0, 1, 0, 0]],
    ['awareness that is no JSON', [1, 5, 1, 1, 1, 1, 0x7b]],
    ['a message of a BroadcastChannel', [4, 1, 1, 65]],
  ])('%s in a piece ends it too, without a word on the console', async (_, message) => {
    const wire = new Wire(10);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    link(wire, alice, bob);
    await wire.settle();
    const piece = new Uint8Array([4, 0, 0, 0, 0, message.length, ...message]);
    wire.put('bob', 'alice', piece);
    await wire.settle();
    expect(alice.refused).toEqual(['bob']);
    expect(alice.synced.size).toBe(0);
  });

  it('a message that never ends is dropped with its sender before it fills the memory', async () => {
    const wire = new Wire(11);
    const [alice, bob] = [person(wire, 'alice'), person(wire, 'bob')];
    link(wire, alice, bob);
    await wire.settle();
    const piece = new Uint8Array(6 + 16_384);
    piece.set([4, 1, 0, 0, 64, 0]);
    for (let sent = 0; sent < 100; sent++) wire.put('bob', 'alice', piece);
    await wire.settle();
    expect(alice.refused).toEqual(['bob']);
  });
});
