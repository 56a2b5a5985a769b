import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { isCoveredBy, splitUpdate } from '../../src/transport/split-update.ts';
import { seededRandom } from '../support/seeded-random.ts';

const LIMIT = 2_000;

/** A document that many wrote in, each after what others wrote just before; with types in types, and deletions. */
function sharedDocument(seed: number): Y.Doc {
  const random = seededRandom(seed);
  const chance = (limit: number): number => (random(1)[0] ?? 0) % limit;
  const hands = Array.from({ length: 6 }, () => new Y.Doc());
  for (let round = 0; round < 60; round++) {
    const hand = hands[chance(hands.length)];
    const other = hands[chance(hands.length)];
    if (!hand || !other) continue;
    const text = hand.getText('text');
    text.insert(chance(text.length + 1), `round ${round} of ${'many '.repeat(chance(20))}`);
    if (text.length > 40 && chance(3) === 0) text.delete(chance(20), 10);
    hand.getMap('map').set(`key ${chance(5)}`, new Y.Array());
    hand.getArray('list').insert(0, [new Y.Map([['round', round]])]);
    Y.applyUpdate(other, Y.encodeStateAsUpdate(hand, Y.encodeStateVector(other)));
  }
  const [first = new Y.Doc(), ...rest] = hands;
  for (const hand of rest) Y.applyUpdate(first, Y.encodeStateAsUpdate(hand));
  return first;
}

describe('an update in parts', () => {
  it('is itself while it is small', () => {
    const update = Y.encodeStateAsUpdate(sharedDocument(1));
    expect(splitUpdate(update, update.length)).toEqual([update]);
  });

  it('makes the same document, and each part builds only on those before it', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const whole = sharedDocument(seed);
      const update = Y.encodeStateAsUpdate(whole);
      const parts = splitUpdate(update, LIMIT);
      expect(parts.length).toBeGreaterThan(3);
      const built = new Y.Doc();
      for (const part of parts) {
        Y.applyUpdate(built, part);
        expect(built.store.pendingStructs).toBeNull();
        expect(built.store.pendingDs).toBeNull();
        expect(part.length).toBeLessThan(LIMIT + 500);
      }
      for (const [name, kind] of [
        ['text', Y.Text],
        ['map', Y.Map],
        ['list', Y.Array],
      ] as const)
        expect(built.get(name, kind).toJSON()).toEqual(whole.get(name, kind).toJSON());
      expect(Y.encodeStateVector(built)).toEqual(Y.encodeStateVector(whole));
    }
  });

  it('holds what somebody lacks who has the beginning', () => {
    const whole = sharedDocument(7);
    const parts = splitUpdate(Y.encodeStateAsUpdate(whole), LIMIT);
    const behind = new Y.Doc();
    for (const part of parts.slice(0, 3)) Y.applyUpdate(behind, part);
    for (const part of splitUpdate(Y.encodeStateAsUpdate(whole, Y.encodeStateVector(behind)), LIMIT)) {
      Y.applyUpdate(behind, part);
      expect(behind.store.pendingStructs).toBeNull();
    }
    expect(behind.getText('text').toJSON()).toBe(whole.getText('text').toJSON());
  });

  it('lets an item that is larger than a part be a part', () => {
    const doc = new Y.Doc();
    doc.getArray('list').push([new Uint8Array(10 * LIMIT), 'small']);
    doc.getArray('list').push([new Uint8Array(10 * LIMIT)]);
    expect(splitUpdate(Y.encodeStateAsUpdate(doc), LIMIT).map((part) => part.length > LIMIT)).toEqual([true, false, true]);
  });
});

describe('what somebody has already', () => {
  it('is known by how far they are, and never so where something is deleted', () => {
    const doc = new Y.Doc();
    doc.getArray('list').push(['a', 'b']);
    const update = Y.encodeStateAsUpdate(doc);
    expect(isCoveredBy(update, new Map())).toBe(false);
    expect(isCoveredBy(update, new Map([[doc.clientID, 1]]))).toBe(false);
    expect(isCoveredBy(update, new Map([[doc.clientID, 2]]))).toBe(true);
    doc.getArray('list').delete(0, 1);
    expect(isCoveredBy(Y.encodeStateAsUpdate(doc), new Map([[doc.clientID, 2]]))).toBe(false);
  });
});
