import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { placeOf } from '../../src/groups/guard.ts';
import { Mailbag, MAX_MAILBAG_ENTRIES, type Envelope } from '../../src/groups/mailbag.ts';
import { equalBytes } from '../../src/lib/bytes.ts';
import { link, Wire } from '../support/carrying.ts';
import { envelopeOf, envelopes, identify, idsOf, Keeper } from '../support/mailbags.ts';

const open: Keeper[] = [];

afterEach(() => {
  for (const keeper of open.splice(0)) keeper.close();
});

function keeper(wire: Wire, name: string): Keeper {
  const made = new Keeper(wire, name);
  open.push(made);
  return made;
}

describe('a mailbag', () => {
  it('is the same, byte for byte, in whatever order and by whoever it was filled', () => {
    const all = envelopes(200);
    const bags = [all, all.toReversed(), [...all.slice(100), ...all.slice(0, 150)]].map((order) => {
      const bag = new Mailbag({ identify, onEnvelopes: () => undefined });
      for (let at = 0; at < order.length; at += 17) bag.add(order.slice(at, at + 17));
      return Y.encodeStateAsUpdate(bag.doc);
    });
    expect(bags.every((bytes) => equalBytes(bytes, bags[0] ?? new Uint8Array()))).toBe(true);
  });

  it('brings alice and bob what the other has, and carol, who comes later, all of it from either', async () => {
    const wire = new Wire(1);
    const [alice, bob, carol] = [keeper(wire, 'alice'), keeper(wire, 'bob'), keeper(wire, 'carol')];
    const [old, mine, theirs, late] = [envelopes(20, 1), envelopes(5, 2), envelopes(5, 3), envelopes(1, 4)];
    alice.say(...old, ...mine);
    bob.say(...old, ...theirs);
    link(wire, alice.carrier, bob.carrier);
    await wire.settle();
    bob.say(...late);
    await wire.settle();
    link(wire, alice.carrier, carol.carrier);
    await wire.settle();
    for (const one of [alice, bob, carol]) {
      expect(one.ids).toEqual(idsOf(old, mine, theirs, late));
      expect(one.mailbag.size).toBe(31);
    }
  });

  it('tells of each envelope once, before it is in the document, and of none that it was given', async () => {
    const wire = new Wire(2);
    const [alice, bob] = [keeper(wire, 'alice'), keeper(wire, 'bob')];
    const told: Envelope[] = [];
    const [shared, fresh] = [envelopes(3, 1), envelopes(3, 2)];
    const bag = new Mailbag({
      identify,
      onEnvelopes: (news) => {
        told.push(...news);
        expect(news.some(({ id }) => bag.has(id))).toBe(false);
      },
    });
    bag.add(shared);
    alice.say(...shared, ...fresh);
    link(wire, alice.carrier, bob.carrier);
    await wire.settle();
    expect(bag.admit(Y.encodeStateAsUpdate(bob.mailbag.doc))).toBe('take');
    expect(idsOf(told)).toEqual(idsOf(fresh));
    bag.close();
  });

  it('takes again what a hostile document lacks: adding what is there costs nothing and sends nothing', () => {
    const bag = new Mailbag({ identify, onEnvelopes: () => undefined });
    const all = envelopes(10);
    bag.add(all.slice(0, 9));
    const updates: Uint8Array[] = [];
    bag.doc.on('update', (update: Uint8Array) => updates.push(update));
    bag.add(all);
    bag.add(all);
    expect(updates).toHaveLength(1);
    expect(bag.size).toBe(10);
    expect(all.every(({ id }) => bag.has(id))).toBe(true);
  });

  it('that is full leaves out what comes, and still tells of it', () => {
    const told: string[] = [];
    const bag = new Mailbag({ identify, onEnvelopes: (fresh) => told.push(...fresh.map(({ id }) => id)) });
    const small = Array.from({ length: MAX_MAILBAG_ENTRIES }, (_, index) => envelopeOf(new Uint8Array(new Uint32Array([index]).buffer)));
    bag.add(small);
    const more = new Mailbag({ identify, onEnvelopes: () => undefined });
    more.add(envelopes(1));
    expect(bag.admit(Y.encodeStateAsUpdate(more.doc))).toBe('skip');
    expect(told).toEqual(idsOf(envelopes(1)));
  });

  it('of 10,000 operations is filled in a moment', () => {
    const all = envelopes(10_000);
    const begun = performance.now();
    const bag = new Mailbag({ identify, onEnvelopes: () => undefined });
    bag.add(all);
    const took = performance.now() - begun;
    expect(bag.size).toBe(10_000);
    // About 60 ms on a machine that does nothing else.
    expect(took).toBeLessThan(1_000);
  });

  it('gives each id a place of its own, far from the numbers that Yjs draws', () => {
    const places = envelopes(2_000).map(({ id }) => placeOf(id));
    expect(new Set(places).size).toBe(2_000);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(2 ** 52);
    expect(Math.max(...places)).toBeLessThan(2 ** 53);
  });
});
