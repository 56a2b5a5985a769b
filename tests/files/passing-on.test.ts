import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import type { FileState } from '../../src/files/file-state.ts';
import { CHUNK_BYTES } from '../../src/protocol/file-manifest.ts';
import { Filers, fileOf, type Filer, type SentFile } from '../support/filers.ts';

beforeAll(sodiumReady);

let filers: Filers;
let alice: Filer;
let bob: Filer;

beforeEach(async () => {
  filers = new Filers();
  [alice, bob] = [await filers.join('alice'), await filers.join('bob')];
});

afterEach(() => filers.close());

const chunksAt = (person: Filer, sent: SentFile) => person.shelf.contents.get(slotAt(person, sent))?.chunks.size ?? 0;
const slotAt = (person: Filer, sent: SentFile) => person.store.records.get(sent.file)?.slot ?? '';
const half = (sent: SentFile) => Math.ceil(sent.bytes.length / CHUNK_BYTES / 2);

/** Bob has got half of what alice sent. */
async function halfWay(sent: SentFile): Promise<void> {
  alice.link(bob);
  await bob.hear(sent);
  await filers.until(() => chunksAt(bob, sent) >= half(sent), 'half of it is there');
  expect(chunksAt(bob, sent)).toBeLessThan(2 * half(sent));
}

/** How many chunks went over links. */
const chunksSent = () => filers.wire.sent.filter(({ kind }) => kind === 'file-chunk').length;

describe('a file', () => {
  it.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 77, 300 * CHUNK_BYTES])(
    'of %d bytes comes from alice to bob as it was',
    async (length) => {
      const sent = await alice.send(fileOf(length));
      alice.link(bob);
      await bob.hear(sent);
      await bob.has(sent);
      expect(bob.end.wanted.size).toBe(0);
    },
  );

  it('goes on where it was when the link is lost, and no chunk comes twice but what was on its way', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    await halfWay(sent);
    filers.wire.cut(alice.account, bob.account);
    await filers.clock.advance(5_000);
    expect(bob.phase(sent.file)).toBe('waiting');
    expect(bob.end.wanted).toEqual(new Set([alice.account]));
    alice.link(bob);
    await bob.has(sent);
    expect(chunksSent()).toBeLessThanOrEqual(202);
  });

  it.each(['alice', 'bob'])('goes on where it was when the app of %s is killed and opened again', async (name) => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    await halfWay(sent);
    const killed = name === 'alice' ? alice : bob;
    killed.crash();
    const before = chunksAt(bob, sent);
    await killed.reopen();
    expect(chunksAt(bob, sent)).toBe(before);
    expect(bob.state(sent.file).here).toBe(before * CHUNK_BYTES);
    alice.link(bob);
    await bob.has(sent);
    expect(chunksSent()).toBeLessThanOrEqual(202);
  });

  it('is complete after a crash between its last chunk and the note of it', async () => {
    const sent = await alice.send(fileOf(3 * CHUNK_BYTES));
    alice.link(bob);
    await bob.hear(sent);
    await bob.has(sent);
    bob.crash();
    await bob.store.commit([bob.store.update(sent.file, (before) => before && { ...before, wish: 'wanted' })]);
    await bob.reopen();
    await bob.has(sent);
  });

  it('comes from carol as well, and each gets from the other what alice gave only one of them', async () => {
    filers.slowly();
    const carol = await filers.join('carol');
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    alice.link(bob, carol);
    bob.link(carol);
    await bob.hear(sent);
    await carol.hear(sent);
    const together = () => {
      const slots = [bob, carol].map((person) => person.shelf.contents.get(slotAt(person, sent))?.chunks.keys() ?? []);
      return new Set(slots.flatMap((keys) => [...keys])).size;
    };
    await filers.until(() => together() >= 200, 'bob and carol have all of it between them');
    expect(Math.max(chunksAt(bob, sent), chunksAt(carol, sent))).toBeLessThan(200);
    const fromAlice = filers.wire.sent.filter(({ kind, from }) => kind === 'file-chunk' && from === alice.account).length;
    expect(fromAlice).toBeLessThan(300);
    alice.crash();
    await bob.has(sent);
    await carol.has(sent);
    await alice.reopen();
  });

  it('is not fetched again to be sent on: carol gets from bob what alice gave him', async () => {
    const carol = await filers.join('carol');
    const sent = await alice.send(fileOf(10 * CHUNK_BYTES));
    alice.link(bob);
    await bob.hear(sent);
    await bob.has(sent);
    const manifest = await bob.files.manifestOf(sent.file);
    expect(manifest).toEqual(sent.manifest);
    bob.link(carol);
    await carol.hear({ manifest: sent.manifest, place: { ...sent.place, author: bob.account } });
    await carol.has(sent);
  });

  it('above the limit waits for a word, and one that came before the limit does not', async () => {
    await bob.files.change({ askAbove: CHUNK_BYTES });
    const [small, large] = [await alice.send(fileOf(CHUNK_BYTES)), await alice.send(fileOf(CHUNK_BYTES + 1))];
    alice.link(bob);
    await bob.hear(small);
    await bob.hear(large);
    await bob.has(small);
    expect(bob.phase(large.file)).toBe('offered');
    await bob.files.download(large.file);
    await bob.has(large);
  });

  it('is paused by bob, goes on when he says so, and tells alice how far he is', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    await halfWay(sent);
    await filers.clock.advance(600);
    const [taker] = alice.state(sent.file).takers;
    expect(taker?.account).toBe(bob.account);
    expect(taker?.there).toBeGreaterThan(0);
    await bob.files.pause(sent.file);
    await filers.clock.advance(1_000);
    const before = chunksAt(bob, sent);
    await filers.clock.advance(60_000);
    expect(chunksAt(bob, sent)).toBe(before);
    expect(bob.state(sent.file)).toMatchObject({ phase: { kind: 'paused' }, here: before * CHUNK_BYTES });
    expect(bob.end.wanted.size).toBe(0);
    await bob.files.download(sent.file);
    await bob.has(sent);
    await filers.clock.advance(1_000);
    const whole = { account: bob.account, there: sent.bytes.length, speed: undefined };
    expect(alice.state(sent.file).takers).toEqual([whole]);
    filers.wire.cut(alice.account, bob.account);
    await filers.clock.advance(1_000);
    expect(alice.state(sent.file).takers).toEqual([whole]);
  });

  it('is with those alice gave it to: who is done stays listed, who has not asked is not', async () => {
    const carol = await filers.join('carol');
    const sent = await alice.send(fileOf(10 * CHUNK_BYTES));
    alice.link(bob, carol);
    await bob.hear(sent);
    await bob.has(sent);
    await filers.clock.advance(1_000);
    expect(alice.state(sent.file).takers).toEqual([{ account: bob.account, there: sent.bytes.length, speed: undefined }]);
    await carol.hear(sent);
    await carol.has(sent);
    await filers.clock.advance(1_000);
    expect(alice.state(sent.file).takers.map(({ account }) => account)).toEqual([bob.account, carol.account]);
  });

  it('is paused by alice, who gives it again when she says so', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    await halfWay(sent);
    await alice.files.pause(sent.file);
    await filers.clock.advance(5_000);
    const before = chunksAt(bob, sent);
    await filers.clock.advance(60_000);
    expect(chunksAt(bob, sent)).toBe(before);
    expect(bob.phase(sent.file)).toBe('waiting');
    await alice.files.download(sent.file);
    await alice.has(sent);
    await bob.has(sent);
  });

  it('goes on as soon as alice gives it again, though what bob had asked for was dropped', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    await halfWay(sent);
    await alice.files.pause(sent.file);
    await filers.clock.advance(2_000);
    const before = chunksAt(bob, sent);
    await alice.files.download(sent.file);
    await filers.clock.advance(2_000);
    expect(chunksAt(bob, sent)).toBeGreaterThan(before);
    await bob.has(sent);
  });

  it('is cancelled, leaves nothing behind, and can be fetched again', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    await halfWay(sent);
    await bob.files.cancel(sent.file);
    await filers.clock.advance(1_000);
    expect(bob.shelf.contents.size).toBe(0);
    expect(bob.state(sent.file)).toMatchObject({ phase: { kind: 'removed' }, here: 0 });
    await bob.files.download(sent.file);
    await bob.has(sent);
  });

  it('that alice has deleted is told to be gone, and comes when somebody has it again', async () => {
    const sent = await alice.send(fileOf(10 * CHUNK_BYTES));
    await alice.files.free([sent.file]);
    expect(alice.shelf.contents.size).toBe(0);
    alice.link(bob);
    await bob.hear(sent);
    await filers.clock.advance(1_000);
    expect(bob.state(sent.file).phase).toEqual({ kind: 'stopped', why: 'gone' });
    expect(bob.end.wanted.size).toBe(0);
    const carol = await filers.join('carol');
    const [record] = [...alice.store.records.values()];
    expect(record?.wish).toBe('removed');
    carol.link(bob);
    expect(bob.phase(sent.file)).not.toBe('complete');
  });

  it('goes with the last message that has it', async () => {
    const sent = await alice.send(fileOf(2 * CHUNK_BYTES));
    alice.link(bob);
    await bob.hear(sent);
    await bob.hear({ manifest: sent.manifest, place: { ...sent.place, message: 'AAAAAAAAAAAAAAAAAAAAAA' as typeof sent.place.message } });
    await bob.has(sent);
    await bob.store.commit(await bob.files.drop(sent.place.conversation, [sent.place.message]));
    await filers.clock.advance(10);
    expect(bob.shelf.contents.size).toBe(1);
    await bob.store.commit(await bob.files.drop(sent.place.conversation, 'all'));
    await filers.clock.advance(10);
    expect(bob.shelf.contents.size).toBe(0);
    expect(bob.store.records.size).toBe(0);
  });

  it('that was taken in and never sent is gone at the next start', async () => {
    const kept = await alice.send(fileOf(10));
    const options = { progress: () => undefined, signal: new AbortController().signal };
    const view = { kind: 'plain' } as const;
    await alice.files.takeIn({ kind: 'blob', blob: new Blob(['left over']) }, { name: 'a', mime: 'a/b', view }, options);
    expect(alice.shelf.contents.size).toBe(2);
    alice.crash();
    await alice.reopen();
    expect(alice.shelf.contents.size).toBe(1);
    await alice.has(kept);
  });

  it('that its browser threw away is fetched again from whoever has it', async () => {
    const sent = await alice.send(fileOf(10 * CHUNK_BYTES));
    alice.link(bob);
    await bob.hear(sent);
    await bob.has(sent);
    alice.shelf.contents.clear();
    const carol = await filers.join('carol');
    alice.link(carol);
    await carol.hear(sent);
    await filers.until(() => alice.shelf.used > 0, 'alice fetches it from bob');
    await alice.has(sent);
    await carol.has(sent);
  });

  it('gives what somebody looks at before the rest', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(400 * CHUNK_BYTES));
    alice.link(bob);
    await bob.hear(sent);
    await filers.until(() => chunksAt(bob, sent) >= 40, 'it has begun');
    const end = sent.bytes.length;
    let isHere = false;
    const waiting = bob.files.whenHere(sent.file, end - 100, end, new AbortController().signal).then((here) => (isHere = here));
    await filers.until(() => isHere, 'its end is here');
    await waiting;
    expect(chunksAt(bob, sent)).toBeLessThan(60);
    const tail = await bob.files.bytes(sent.file, end - 100, end);
    expect(tail).toEqual(sent.bytes.slice(-100));
    await bob.has(sent);
  });

  it('says that it is not coming when it is paused while somebody waits for it', async () => {
    const sent = await alice.send(fileOf(10 * CHUNK_BYTES));
    await bob.hear(sent);
    const waiting = bob.files.whenHere(sent.file, 0, 10, new AbortController().signal);
    await filers.clock.advance(10);
    await bob.files.pause(sent.file);
    expect(await waiting).toBe(false);
  });

  it('is shown at most five times a second, and at last as it is', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES));
    const seen: { at: number; state: FileState }[] = [];
    await bob.hear(sent);
    const watching = bob.files.watch(sent.file).subscribe((state) => seen.push({ at: filers.clock.now(), state }));
    alice.link(bob);
    await bob.has(sent);
    await filers.clock.advance(1_000);
    watching.unsubscribe();
    for (const [index, { at }] of seen.entries()) expect(at - (seen[index - 2]?.at ?? -Infinity)).toBeGreaterThanOrEqual(200);
    expect(seen.at(-1)?.state).toEqual({ size: sent.bytes.length, here: sent.bytes.length, phase: { kind: 'complete' }, takers: [] });
    expect(seen.some(({ state }) => state.phase.kind === 'arriving' && state.phase.speed.bytesPerSecond > 0)).toBe(true);
  });

  it('stands in the list of its talk, in what flows, and in what it takes up', async () => {
    filers.slowly();
    const sent = await alice.send(fileOf(200 * CHUNK_BYTES), 'report.pdf');
    await halfWay(sent);
    await filers.clock.advance(500);
    const transfers: unknown[] = [];
    bob.files.transfers.subscribe((now) => transfers.push(...now)).unsubscribe();
    expect(transfers).toEqual([expect.objectContaining({ file: sent.file, direction: 'in', conversation: sent.place.conversation })]);
    await bob.has(sent);
    const items: unknown[] = [];
    const usages: unknown[] = [];
    const lists = [
      bob.files.inConversation(sent.place.conversation).subscribe((list) => items.push(...list)),
      bob.files.usage.subscribe((usage) => usages.push(usage)),
    ];
    await filers.clock.advance(1_000);
    for (const list of lists) list.unsubscribe();
    expect(items).toEqual([expect.objectContaining({ isHere: true, place: sent.place })]);
    expect(usages.at(-1)).toMatchObject({ conversations: [{ conversation: sent.place.conversation, bytes: sent.bytes.length }] });
  });
});
