import { afterEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { keyOf, MAX_ENTRY_BYTES, MAX_UPDATE_BYTES, placeOf, readEntries } from '../../src/groups/guard.ts';
import { Mailbag, type Envelope } from '../../src/groups/mailbag.ts';
import { equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import type { OperationId } from '../../src/protocol/ids.ts';
import { Carrier, link, Wire } from '../support/carrying.ts';
import { envelopeOf, envelopes, identify, idsOf, Keeper } from '../support/mailbags.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** What a mailbag with these sends to somebody who has nothing. */
function honestUpdate(held: readonly Envelope[]): Uint8Array {
  const mailbag = new Mailbag({ identify, onEnvelopes: () => undefined });
  mailbag.add(held);
  return Y.encodeStateAsUpdate(mailbag.doc);
}

/** What a Yjs document says after `write`, under a client number of the writer's choice. */
function updateBy(client: number, write: (doc: Y.Doc) => void, before?: Uint8Array): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  if (before) Y.applyUpdate(doc, before);
  const vector = Y.encodeStateVector(doc);
  write(doc);
  return Y.encodeStateAsUpdate(doc, vector);
}

function verdict(update: Uint8Array): string {
  const entries = readEntries(update);
  return entries.ok ? `${entries.value.length} entries` : entries.failure.kind;
}

describe('an update for a mailbag', () => {
  const [one] = envelopes(1);
  if (!one) throw new Error('one envelope');
  const place = placeOf(one.id);
  const key = keyOf(place);

  it('is read as the envelopes it adds, each in its place', () => {
    const held = envelopes(50);
    const entries = readEntries(honestUpdate(held));
    expect(entries.ok && entries.value.map((entry) => entry.place).toSorted()).toEqual(held.map(({ id }) => placeOf(id)).toSorted());
    expect(entries.ok && entries.value.every(({ envelope, place: at }) => placeOf(identify(envelope) ?? one.id) === at)).toBe(true);
  });

  it('is read whatever bytes stand around it in memory', () => {
    const update = honestUpdate([one]);
    const memory = new Uint8Array(update.length + 2_000).fill(1);
    memory.set(update, 1_000);
    expect(verdict(memory.subarray(1_000, 1_000 + update.length))).toBe('1 entries');
    expect(verdict(memory.subarray(1_000, 1_000 + update.length - 100))).toBe('malformed');
  });

  it.each<[string, string, Uint8Array]>([
    ['what is no update', 'malformed', new Uint8Array([1, 2, 3])],
    ['nothing', 'malformed', new Uint8Array()],
    ['an update with bytes behind it', 'malformed', new Uint8Array([...honestUpdate([one]), 0])],
    ['a deletion', 'deletes', updateBy(7, (doc) => doc.getMap('c').delete(key), honestUpdate([one]))],
    [
      'an entry that was deleted before it came',
      'deletes',
      updateBy(place, (doc) => {
        doc.getMap('c').set(key, one.envelope);
        doc.getMap('c').delete(key);
      }),
    ],
    ['text', 'malformed', updateBy(place, (doc) => doc.getMap('c').set(key, 'text'))],
    ['a number', 'malformed', updateBy(place, (doc) => doc.getMap('c').set(key, 7))],
    ['a shared type', 'malformed', updateBy(place, (doc) => doc.getMap('c').set(key, new Y.Map()))],
    ['a document', 'malformed', updateBy(place, (doc) => doc.getMap('c').set(key, new Y.Doc()))],
    ['a rich text', 'malformed', updateBy(place, (doc) => doc.getText('c').insert(0, 'bold', { bold: true }))],
    ['plain text in the root', 'malformed', updateBy(place, (doc) => doc.getText('c').insert(0, 'text'))],
    ['another shared type', 'misplaced', updateBy(place, (doc) => doc.getMap('d').set(key, one.envelope))],
    ['another key', 'misplaced', updateBy(place, (doc) => doc.getMap('c').set('k', one.envelope))],
    ['no key', 'misplaced', updateBy(place, (doc) => doc.getArray('c').push([one.envelope]))],
    ['a place of a document’s own number', 'misplaced', updateBy(7, (doc) => doc.getMap('c').set(keyOf(7), one.envelope))],
    [
      'two entries under one number',
      'misplaced',
      updateBy(place, (doc) => (doc.getMap('c').set(key, one.envelope), doc.getMap('c').set('k', one.envelope))),
    ],
    [
      'an entry over another',
      'misplaced',
      updateBy(placeOf(envelopeOf(new Uint8Array(1)).id), (doc) => doc.getMap('c').set(key, one.envelope), honestUpdate([one])),
    ],
    ['an entry too long', 'too-long', updateBy(place, (doc) => doc.getMap('c').set(key, new Uint8Array(MAX_ENTRY_BYTES + 1)))],
    ['an update too long', 'too-long', new Uint8Array(MAX_UPDATE_BYTES + 1)],
  ])('with %s is refused: %s', (_, expected, update) => {
    const refused = verdict(update);
    // Setting a key again deletes what was there, and that is seen first.
    expect(expected === 'misplaced' ? ['misplaced', 'deletes'] : [expected]).toContain(refused);
  });

  it('that was tampered with is refused, or means to Yjs exactly what was read', () => {
    const random = seededRandom(44);
    const update = honestUpdate(envelopes(3));
    let accepted = 0;
    for (let trial = 0; trial < 5_000; trial++) {
      const [where = 0, more = 0, what = 0, how = 0] = random(4);
      const tampered = new Uint8Array(update);
      // Every other time near the beginning, where there is more structure than content.
      tampered[(where * 256 + more) % (how < 128 ? 60 : tampered.length)] = what;
      const entries = readEntries(tampered);
      if (!entries.ok) continue;
      accepted++;
      const doc = new Y.Doc();
      Y.applyUpdate(doc, tampered);
      const meant = doc.getMap<Uint8Array>('c');
      expect([...meant.keys()].toSorted()).toEqual(entries.value.map(({ place: at }) => keyOf(at)).toSorted());
      expect(entries.value.every(({ place: at, envelope }) => equalBytes(meant.get(keyOf(at)) ?? new Uint8Array(), envelope))).toBe(true);
      expect([...doc.share.keys()]).toEqual(['c']);
      expect([doc.store.pendingStructs, doc.store.pendingDs]).toEqual([null, null]);
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});

describe('mallory, a member with a changed client,', () => {
  const open: { close(): void }[] = [];

  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  /** alice, bob and carol with three operations each, all linked, and mallory linked to all of them. */
  async function group(seed: number, known?: (envelope: Bytes) => OperationId | undefined) {
    const wire = new Wire(seed);
    const honest = ['alice', 'bob', 'carol'].map((name) => new Keeper(wire, name, known));
    const mallory = new Carrier(wire, 'mallory');
    open.push(...honest, mallory);
    const [alice, bob, carol] = honest;
    if (!alice || !bob || !carol) throw new Error('three people');
    link(wire, alice.carrier, bob.carrier);
    link(wire, alice.carrier, carol.carrier);
    link(wire, bob.carrier, carol.carrier);
    for (const one of honest) link(wire, one.carrier, mallory);
    const said = honest.map((one, index) => {
      const own = known ? [] : envelopes(3, seed * 10 + index);
      one.say(...own);
      return own;
    });
    await wire.settle();
    return { wire, alice, bob, carol, honest, mallory, said: said.flat() };
  }

  it('deletes what others said (41): nobody loses anything, and whoever comes later gets it all', async () => {
    const { wire, honest, mallory, said, alice } = await group(41);
    const entries = mallory.doc.getMap('c');
    for (const key of entries.keys()) entries.delete(key);
    await wire.settle();
    for (const one of honest) {
      expect(one.ids).toEqual(idsOf(said));
      expect(one.mailbag.size).toBe(said.length);
      expect(one.carrier.refused).toEqual(['mallory']);
    }
    const dave = new Keeper(wire, 'dave');
    open.push(dave);
    // mallory first: what mallory took out, dave is not told by mallory.
    link(wire, mallory, dave.carrier);
    await wire.settle();
    link(wire, alice.carrier, dave.carrier);
    await wire.settle();
    expect(dave.ids).toEqual(idsOf(said));
  });

  it('says two things in one place, one to alice and the other to bob (42): both are refused', async () => {
    const { wire, honest, mallory, said, alice, bob } = await group(42);
    const [one, other] = envelopes(2, 666);
    if (!one || !other) throw new Error('two envelopes');
    const place = placeOf(one.id);
    const forge = (content: Bytes) => updateBy(place, (doc) => doc.getMap('c').set(keyOf(place), content));
    sendTo(mallory, alice.carrier, wire, forge(one.envelope));
    sendTo(mallory, bob.carrier, wire, forge(other.envelope));
    await wire.settle();
    alice.say(...envelopes(1, 7));
    bob.say(...envelopes(1, 8));
    await wire.settle();
    for (const keeper of honest) expect(keeper.ids).toEqual(idsOf(said, [one], envelopes(1, 7), envelopes(1, 8)));
    // What is really in that place is as good as if anybody else had brought it.
    expect(alice.carrier.refused).toEqual([]);
    expect(bob.carrier.refused).toEqual(['mallory']);
  });

  it('makes two operations whose ids share a place (42): every store ends with both', async () => {
    // Half of each id is the same, as nobody could make them: 52 bits are enough to share a place.
    const twin = (envelope: Bytes): OperationId => `AAAAAAAAAAAAAAAA${envelope[0] === 1 ? 'B' : 'C'}${'A'.repeat(26)}` as OperationId;
    const { wire, honest, mallory, alice, bob } = await group(43, twin);
    const place = placeOf(twin(new Uint8Array([1])));
    const forge = (content: number) => updateBy(place, (doc) => doc.getMap('c').set(keyOf(place), new Uint8Array([content])));
    sendTo(mallory, alice.carrier, wire, forge(1));
    sendTo(mallory, bob.carrier, wire, forge(2));
    await wire.settle();
    for (const keeper of [alice, bob]) expect(keeper.ids).toHaveLength(2);
    for (const keeper of honest) expect(keeper.mailbag.size).toBe(1);
  });

  it('takes the next clock of alice’s document, and the places of what she says next (43): she is heard all the same', async () => {
    const { wire, honest, mallory, said, alice, bob, carol } = await group(44);
    const next = envelopes(1, 99);
    const noise = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const hijack = updateBy(alice.mailbag.doc.clientID, (doc) => doc.getMap('c').set('mine now', new Uint8Array(8)));
    const squat = updateBy(placeOf(next[0]?.id ?? ('' as OperationId)), (doc) => doc.getMap('c').set('mine now', new Uint8Array(8)));
    sendTo(mallory, bob.carrier, wire, hijack);
    sendTo(mallory, carol.carrier, wire, squat);
    sendTo(mallory, alice.carrier, wire, hijack);
    await wire.settle();
    alice.say(...next);
    await wire.settle();
    for (const keeper of honest) {
      expect(keeper.ids).toEqual(idsOf(said, next));
      expect(keeper.carrier.refused).toEqual(['mallory']);
    }
    expect(noise).not.toHaveBeenCalled();
  });

  it('sends what is too long, of a foreign type or nobody’s operation (44): it is refused whole, with the good in it', async () => {
    const bad: ((good: Envelope) => Uint8Array)[] = [
      () => updateBy(9, (doc) => doc.getText('c').insert(0, 'x'.repeat(2_000_000))),
      () => updateBy(9, (doc) => doc.getMap('elsewhere').set('k', new Uint8Array(10))),
      () => updateBy(9, (doc) => doc.getMap('c').set('k', new Y.Text('nested'))),
      (good) => {
        const forged = good.envelope.slice();
        forged[40] = (forged[40] ?? 0) ^ 1;
        const place = placeOf(good.id);
        return updateBy(place, (doc) => doc.getMap('c').set(keyOf(place), forged));
      },
    ];
    for (const [index, make] of bad.entries()) {
      const { wire, honest, mallory, said } = await group(50 + index);
      const [good] = envelopes(1, 1_000 + index);
      if (!good) throw new Error('an envelope');
      const fine = honestUpdate(envelopes(1, 2_000 + index));
      const both = Y.mergeUpdates([fine, make(good)]);
      for (const keeper of honest) sendTo(mallory, keeper.carrier, wire, both);
      await wire.settle();
      for (const keeper of honest) {
        expect(keeper.ids).toEqual(idsOf(said));
        expect(keeper.carrier.refused).toEqual(['mallory']);
        expect(equalBytes(Y.encodeStateVector(keeper.mailbag.doc), Y.encodeStateVector(honest[0]?.mailbag.doc ?? new Y.Doc()))).toBe(true);
      }
    }
  });
});

/** Sends an update as y-webrtc would, whatever the sender's own document holds. */
function sendTo(from: Carrier, to: Carrier, wire: Wire, update: Uint8Array): void {
  const length: number[] = [];
  for (let rest = update.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  const message = new Uint8Array([0, 2, ...length, ...update]);
  for (let at = 0; at < message.length; at += 16_384) {
    const part = message.subarray(at, at + 16_384);
    const body = new Uint8Array(6 + part.length);
    body.set([4, at + 16_384 < message.length ? 1 : 0]);
    new DataView(body.buffer).setUint32(2, part.length);
    body.set(part, 6);
    wire.put(from.id, to.id, body);
  }
}
