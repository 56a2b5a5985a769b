import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { OutboxEntry, PeerState } from '../../src/session/ports.ts';
import { openShelf, plant, rowsOnDisk, type Shelf } from './shelf.ts';

const bob = 'bobs-account-id' as AccountId;
const carol = 'carols-account-id' as AccountId;

function peer(contact: AccountId, lastSeq: number): PeerState {
  const stream = new Uint8Array(8).fill(lastSeq);
  return { contact, outgoing: { stream, lastSeq }, incoming: undefined, cipher: new Uint8Array([1, 2, 3]) };
}

function entry(contact: AccountId, reference: string) {
  return { contact, reference, type: 'text' as const, content: new Uint8Array([7, 7]) };
}

const referencesOf = (entries: readonly OutboxEntry[]): string[] => entries.map(({ reference }) => reference);

describe('alice’s session store', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(() => alice.close());

  const enqueue = (contact: AccountId, ...references: string[]): Promise<void> =>
    alice.commit(references.map((reference) => alice.session.enqueue(entry(contact, reference))));

  it('gives the state of a talk back as it was saved last', async () => {
    await alice.commit([alice.session.putPeer(peer(bob, 1)), alice.session.putPeer(peer(carol, 5)), alice.session.putPeer(peer(bob, 2))]);
    expect(await alice.session.peer(bob)).toEqual(peer(bob, 2));
    expect(await alice.session.peer(carol)).toEqual(peer(carol, 5));
    expect(await alice.session.peer('nobody' as AccountId)).toBeUndefined();
  });

  it('keeps an outbox per contact, in order, page by page', async () => {
    await enqueue(bob, 'one', 'two');
    await enqueue(carol, 'elsewhere');
    await enqueue(bob, 'three');
    const [first, second] = [await alice.session.outbox(bob, 0, 2), await alice.session.outbox(carol, 0, 9)];
    expect(referencesOf(first)).toEqual(['one', 'two']);
    expect(referencesOf(second)).toEqual(['elsewhere']);
    expect(first[0]).toMatchObject({ ...entry(bob, 'one'), sealed: undefined });
    expect(referencesOf(await alice.session.outbox(bob, first.at(-1)?.position ?? 0, 9))).toEqual(['three']);
  });

  it('numbers on after it was closed and opened', async () => {
    await enqueue(bob, 'one');
    const [before] = await alice.session.outbox(bob, 0, 1);
    await alice.close();
    alice = await openShelf('alice', alice.engine);
    await enqueue(bob, 'two');
    const [after] = await alice.session.outbox(bob, before?.position ?? 0, 9);
    expect(after?.reference).toBe('two');
  });

  it('keeps what was sealed, so that resending sends the same bytes', async () => {
    await enqueue(bob, 'one');
    const [waiting] = await alice.session.outbox(bob, 0, 1);
    const sealed = { seq: 4, envelope: new Uint8Array([9, 9, 9]) };
    if (waiting) await alice.commit([alice.session.putSealed({ ...waiting, sealed })]);
    expect((await alice.session.outbox(bob, 0, 9)).map((each) => each.sealed)).toEqual([sealed]);
  });

  it('keeps what many were sealed to, in one row, until all of them are delivered', async () => {
    await enqueue(bob, 'one', 'two', 'three');
    await enqueue(carol, 'elsewhere');
    const sealed = (seq: number) => ({ seq, envelope: new Uint8Array([9, seq]) });
    const entries = (await alice.session.outbox(bob, 0, 9)).map((each, index) => ({ ...each, sealed: sealed(index + 1) }));
    await alice.commit([alice.session.putEnvelopes(entries)]);
    expect(await alice.session.outbox(bob, 0, 9)).toEqual(entries);
    expect(await alice.session.outbox(bob, entries[0]?.position ?? 0, 1)).toEqual(entries.slice(1, 2));
    expect((await alice.session.outbox(carol, 0, 9)).map((each) => each.sealed)).toEqual([undefined]);
    expect(await rowsOnDisk(alice, 'envelopes')).toHaveLength(1);

    await alice.commit([alice.session.dequeue(entries.slice(0, 2))]);
    expect(await alice.session.outbox(bob, 0, 9)).toEqual(entries.slice(2));
    await alice.commit([alice.session.dequeue(entries.slice(2))]);
    expect(await rowsOnDisk(alice, 'envelopes')).toEqual([]);
    expect(referencesOf(await alice.session.outbox(carol, 0, 9))).toEqual(['elsewhere']);
  });

  it('forgets for one contact what was sealed, and for no other', async () => {
    for (const contact of [bob, carol]) {
      await enqueue(contact, 'one');
      const waiting = await alice.session.outbox(contact, 0, 9);
      const sealed = { seq: 1, envelope: new Uint8Array([1]) };
      await alice.commit([alice.session.putEnvelopes(waiting.map((each) => ({ ...each, sealed })))]);
    }
    await alice.commit([alice.session.dropEnvelopes(bob)]);
    expect((await alice.session.outbox(bob, 0, 9)).map(({ sealed }) => sealed?.seq)).toEqual([undefined]);
    expect((await alice.session.outbox(carol, 0, 9)).map(({ sealed }) => sealed?.seq)).toEqual([1]);
  });

  it('never gives a new entry the number of one whose envelope is still kept', async () => {
    await enqueue(bob, 'one', 'two');
    const [one, two] = await alice.session.outbox(bob, 0, 9);
    if (!one || !two) throw new Error('nothing waits');
    const seal = (each: OutboxEntry, seq: number) => ({ ...each, sealed: { seq, envelope: new Uint8Array([seq]) } });
    await alice.commit([alice.session.putEnvelopes([seal(one, 1), seal(two, 2)])]);
    // As a damaged disk would leave it: the entry is gone, the envelope is not.
    await alice.commit([alice.session.dequeue([one])]);
    await alice.close();
    alice = await openShelf('alice', alice.engine);
    await enqueue(bob, 'three');
    expect((await alice.session.outbox(bob, two.position, 9)).map(({ sealed }) => sealed)).toEqual([undefined]);
  });

  it('removes what was delivered', async () => {
    await enqueue(bob, 'one', 'two', 'three');
    const delivered = await alice.session.outbox(bob, 0, 2);
    await alice.commit([alice.session.dequeue(delivered)]);
    expect(referencesOf(await alice.session.outbox(bob, 0, 9))).toEqual(['three']);
  });

  it('knows for whom something waits', async () => {
    expect(await alice.session.contactsWithOutbox()).toEqual([]);
    await enqueue(bob, 'one', 'two');
    await enqueue(carol, 'three');
    expect(new Set(await alice.session.contactsWithOutbox())).toEqual(new Set([bob, carol]));
  });

  it('still knows for whom something waits when the first row is damaged', async () => {
    await enqueue(bob, 'one', 'two');
    const [first] = await rowsOnDisk(alice, 'outbox');
    await plant(alice, 'outbox', { ...first, box: new Uint8Array(80) });
    expect(await alice.session.contactsWithOutbox()).toEqual([bob]);
    expect(referencesOf(await alice.session.outbox(bob, 0, 9))).toEqual(['two']);
    expect(alice.damaged.length).toBeGreaterThan(0);
  });

  it('does not send carol what waits for bob, however the disk was changed', async () => {
    await enqueue(bob, 'for bob');
    await enqueue(carol, 'for carol');
    const [forBob, forCarol] = await rowsOnDisk(alice, 'outbox');
    await plant(alice, 'outbox', { ...forBob, contact: forCarol?.['contact'] });
    expect(referencesOf(await alice.session.outbox(carol, 0, 9))).toEqual(['for carol']);
  });

  it('forgets a contact with all that waited, and nobody else', async () => {
    await enqueue(bob, 'one', 'two');
    await enqueue(carol, 'three');
    await alice.commit([alice.session.putPeer(peer(bob, 1)), alice.session.putPeer(peer(carol, 1))]);
    await alice.commit([alice.session.deletePeer(bob)]);
    expect(await alice.session.peer(bob)).toBeUndefined();
    expect(await alice.session.outbox(bob, 0, 9)).toEqual([]);
    expect(await alice.session.peer(carol)).toEqual(peer(carol, 1));
    expect(referencesOf(await alice.session.outbox(carol, 0, 9))).toEqual(['three']);
  });

  it('shows whoever reads on every entry, in whatever order commits were started', async () => {
    const commits = Array.from({ length: 20 }, (_, index) => enqueue(bob, `message ${index}`));
    const read: OutboxEntry[] = [];
    while (read.length < 20) read.push(...(await alice.session.outbox(bob, read.at(-1)?.position ?? 0, 3)));
    await Promise.all(commits);
    expect(referencesOf(read)).toEqual(Array.from({ length: 20 }, (_, index) => `message ${index}`));
  });
});
