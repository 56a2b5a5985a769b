import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identifyFile } from '../../src/crypto/file-id.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { readManifest, writeManifest } from '../../src/files/harmless.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { bulkChunk, writeBulkChunk } from '../../src/protocol/bulk.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/protocol/file-manifest.ts';
import { fileWord, type FileWordBody } from '../../src/protocol/file-word.ts';
import { bytesOf, messageIdOf, type FileId } from '../../src/protocol/ids.ts';
import { Filers, fileOf, TALK, type Filer, type SentFile } from '../support/filers.ts';

beforeAll(sodiumReady);

let filers: Filers;
let alice: Filer;
let bob: Filer;
let mallory: Filer;

beforeEach(async () => {
  filers = new Filers();
  [alice, bob, mallory] = [await filers.join('alice'), await filers.join('bob'), await filers.join('mallory')];
});

afterEach(() => filers.close());

const say = (file: FileId, word: FileWordBody) => encode(fileWord, { file: bytesOf(file), word });

/** What mallory sends becomes something else on its way. */
function malloryAlters(change: (chunk: { file: Bytes; index: number; sealed: Bytes }) => readonly Bytes[]): void {
  filers.wire.tamper = (parcel) => {
    if (parcel.kind !== 'file-chunk' || parcel.from !== mallory.account) return [parcel];
    const chunk = decode(bulkChunk, parcel.body);
    if (!chunk.ok) throw new Error('our own chunks can be read');
    return change(chunk.value).map((body) => ({ ...parcel, body }));
  };
}

/** Mallory has all of what alice sent. */
async function malloryHas(sent: SentFile): Promise<void> {
  alice.link(mallory);
  await mallory.hear(sent);
  await mallory.has(sent);
}

const chunksFrom = (person: Filer, to: Filer) =>
  filers.wire.sent.filter((parcel) => parcel.kind === 'file-chunk' && parcel.from === person.account && parcel.to === to.account).length;

describe('somebody who gives', () => {
  it.each([
    [
      'altered',
      ({ file, index, sealed }) => [
        writeBulkChunk(
          file,
          index,
          sealed.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
        ),
      ],
    ],
    ['another', ({ file, index, sealed }) => [writeBulkChunk(file, index ^ 1, sealed)]],
    ['too short', ({ file, index, sealed }) => [writeBulkChunk(file, index, sealed.slice(1))]],
  ] satisfies [string, (chunk: { file: Bytes; index: number; sealed: Bytes }) => readonly Bytes[]][])(
    'chunks that are %s is asked for nothing more of that file, nothing of it is written, and it comes from others (X4)',
    async (_, change) => {
      const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
      await malloryHas(sent);
      malloryAlters(change);
      mallory.link(bob);
      await bob.hear(sent);
      await filers.clock.advance(20_000);
      expect(bob.shelf.used).toBe(0);
      const asked = chunksFrom(mallory, bob);
      await filers.clock.advance(600_000);
      expect(chunksFrom(mallory, bob)).toBe(asked);
      alice.link(bob);
      await bob.has(sent);
    },
  );

  it('only what is not the file, when there is nobody else, is told of as damaged', async () => {
    const sent = await mallory.send(fileOf(100 * CHUNK_BYTES));
    malloryAlters(({ file, index, sealed }) => [writeBulkChunk(file, index, sealed.toReversed())]);
    for (const account of [alice, bob]) mallory.link(account);
    alice.link(bob);
    await bob.hear(sent);
    await filers.clock.advance(20_000);
    expect(bob.state(sent.file).phase).toEqual({ kind: 'stopped', why: 'damaged' });
  });

  it('another outline is asked for nothing more of that file', async () => {
    const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
    await malloryHas(sent);
    filers.wire.tamper = (parcel) => {
      if (parcel.kind !== 'file-word' || parcel.from !== mallory.account) return [parcel];
      const decoded = decode(fileWord, parcel.body);
      if (!decoded.ok || decoded.value.word.type !== 'outline') return [parcel];
      const { from, hashes } = decoded.value.word;
      return [{ ...parcel, body: say(sent.file, { type: 'outline', from, hashes: hashes.toReversed() }) }];
    };
    mallory.link(bob);
    await bob.hear(sent);
    await filers.clock.advance(20_000);
    expect(chunksFrom(mallory, bob)).toBe(0);
    alice.link(bob);
    await bob.has(sent);
  });

  it('every chunk twice, and in no order, changes nothing', async () => {
    const held: Bytes[] = [];
    const sent = await mallory.send(fileOf(60 * CHUNK_BYTES));
    malloryAlters(({ file, index, sealed }) => {
      held.push(writeBulkChunk(file, index, sealed));
      if (held.length % 4 !== 0) return [];
      return held
        .splice(0)
        .toReversed()
        .flatMap((body) => [body, body]);
    });
    mallory.link(bob);
    await bob.hear(sent);
    await bob.has(sent);
    expect(bob.end.closed).toEqual([]);
  });

  it('chunk after chunk that nobody asked for is cut off (X20)', async () => {
    const sent = await alice.send(fileOf(4 * CHUNK_BYTES));
    mallory.link(bob);
    const flood = (file: FileId) => {
      for (let index = 0; index < 70; index++) {
        const body = writeBulkChunk(bytesOf(file), index, new Uint8Array(SEALED_CHUNK_BYTES));
        filers.wire.deliver({ kind: 'file-chunk', from: mallory.account, to: bob.account, body });
      }
    };
    flood(sent.file);
    expect(bob.end.closed).toEqual([mallory.account]);
    expect(bob.shelf.calls.put).toBe(0);
    alice.link(bob);
    await bob.hear(sent);
    await bob.has(sent);
  });

  it('messages that are no chunks and no words is cut off', () => {
    mallory.link(bob);
    const body = writeBulkChunk(new Uint8Array(32), 0, new Uint8Array(SEALED_CHUNK_BYTES + 1));
    filers.wire.deliver({ kind: 'file-chunk', from: mallory.account, to: bob.account, body });
    expect(bob.end.closed).toEqual([mallory.account]);
    mallory.link(bob);
    filers.wire.deliver({ kind: 'file-word', from: mallory.account, to: bob.account, body: new Uint8Array([1, 2, 3]) });
    expect(bob.end.closed).toEqual([mallory.account, mallory.account]);
  });

  it('nothing of what they promised is given up for a while, and others are asked', async () => {
    const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
    await malloryHas(sent);
    malloryAlters(() => []);
    mallory.link(bob);
    await bob.hear(sent);
    await filers.clock.advance(3_000);
    expect(bob.phase(sent.file)).toBe('arriving');
    await filers.clock.advance(10_000);
    expect(bob.phase(sent.file)).toBe('waiting');
    alice.link(bob);
    await bob.has(sent);
  });

  it('slowly holds nobody up: what they owe is had from others', async () => {
    const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
    await malloryHas(sent);
    malloryAlters(() => []);
    mallory.link(bob);
    alice.link(bob);
    await bob.hear(sent);
    const begun = filers.clock.now();
    await bob.has(sent);
    expect(filers.clock.now() - begun).toBeLessThan(9_000);
  });

  it('claims to have what they have not, and is not asked for ever', async () => {
    const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
    mallory.link(bob);
    await bob.hear(sent);
    for (let time = 0; time < 20; time++) {
      const body = say(sent.file, {
        type: 'have',
        serves: true,
        runs: [
          { from: 0, to: 0xffff_ffff },
          { from: 5, to: 3 },
        ],
      });
      filers.wire.deliver({ kind: 'file-word', from: mallory.account, to: bob.account, body });
      await filers.clock.advance(1_000);
    }
    expect(filers.wire.sent.filter(({ from, to }) => from === bob.account && to === mallory.account).length).toBeLessThan(60);
    alice.link(bob);
    await bob.has(sent);
  });
});

it('a chunk is written as its codec does (X40)', () => {
  const chunk = { file: randomBytes(32), index: 0x01_02_03_04, sealed: randomBytes(1_000) };
  expect(writeBulkChunk(chunk.file, chunk.index, chunk.sealed)).toEqual(encode(bulkChunk, chunk));
});

describe('somebody who takes', () => {
  it('asks for chunks that are not there, for more than all, and for nothing: others are served on', async () => {
    const sent = await alice.send(fileOf(50 * CHUNK_BYTES));
    alice.link(mallory, bob);
    const runs = Array.from({ length: 1_000 }, () => ({ from: 0, to: 0xffff_ffff }));
    for (const word of [
      { type: 'want', runs },
      {
        type: 'want',
        runs: [
          { from: 60, to: 70 },
          { from: 9, to: 2 },
        ],
      },
      { type: 'wantOutline', from: 0xffff_ffff },
      { type: 'enough' },
    ] satisfies FileWordBody[]) {
      filers.wire.deliver({ kind: 'file-word', from: mallory.account, to: alice.account, body: say(sent.file, word) });
    }
    await bob.hear(sent);
    await bob.has(sent);
    expect(alice.troubles).toEqual([]);
  });

  it('gets no more at a time than the rule allows, whatever they ask for (X21)', async () => {
    filers.wire.delay = 1_000;
    // Nobody at mallory's counts what comes.
    filers.wire.tamper = (parcel) => (parcel.to === mallory.account ? [] : [parcel]);
    const sent = await alice.send(fileOf(2 * CHUNK_BYTES));
    alice.link(mallory);
    for (let time = 0; time < 100; time++) {
      const body = say(sent.file, { type: 'want', runs: Array.from({ length: 1_000 }, () => ({ from: 0, to: 2 })) });
      filers.wire.deliver({ kind: 'file-word', from: mallory.account, to: alice.account, body });
    }
    await filers.clock.advance(200_000);
    expect(chunksFrom(alice, mallory)).toBeLessThanOrEqual(1_100);
    expect(alice.shelf.calls.read).toBeLessThanOrEqual(1_100);
  });

  it('asks for a file nobody told them of and gets none', async () => {
    await alice.send(fileOf(50));
    alice.link(mallory);
    const file = identifyFile(randomBytes(32), randomBytes(32), 50);
    filers.wire.deliver({ kind: 'file-word', from: mallory.account, to: alice.account, body: say(file, { type: 'seek' }) });
    await filers.clock.advance(100);
    expect(filers.wire.sent.map(({ body }) => body)).toEqual([say(file, { type: 'gone' })]);
  });
});

describe('ten thousand files offered', () => {
  it('are sought a few at a time, and what somebody else sends comes meanwhile', async () => {
    mallory.link(bob);
    filers.wire.tamper = (parcel) => (parcel.from === mallory.account ? [] : [parcel]);
    const writes = [];
    for (let count = 0; count < 10_000; count++) {
      const [key, root] = [randomBytes(32), randomBytes(32)];
      const size = 50_000_000 + count;
      const file = identifyFile(key, root, size);
      const attachment = { file, name: 'offer', mime: 'a/b', size, view: { kind: 'plain' } } as const;
      const place = { conversation: TALK, message: messageIdOf(randomBytes(16)), author: mallory.account, wall: count };
      writes.push(...(await bob.files.keep(place, writeManifest({ file, key, root, size }, attachment))));
    }
    await bob.store.commit(writes);
    await filers.clock.advance(100);
    expect(bob.store.records.size).toBe(10_000);
    expect(filers.wire.sent.length).toBeLessThanOrEqual(8);
    expect(bob.shelf.calls.open).toBe(0);
    const sent = await alice.send(fileOf(3 * CHUNK_BYTES));
    alice.link(bob);
    await bob.hear(sent);
    await bob.has(sent);
    // Ten thousand records are written one by one here; a busy machine takes its time.
  }, 30_000);
});

describe('a disk that is full', () => {
  it('half way pauses with what is missing, loses nothing, and goes on when there is room', async () => {
    const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
    alice.link(bob);
    bob.shelf.open = ((open) => (slot, layout) => {
      const { capacity } = bob.shelf;
      bob.shelf.capacity = Infinity;
      const opened = open(slot, layout);
      bob.shelf.capacity = capacity;
      return opened;
    })(bob.shelf.open);
    bob.shelf.capacity = 40 * SEALED_CHUNK_BYTES;
    await bob.hear(sent);
    await filers.until(() => bob.phase(sent.file) === 'stopped', 'the disk is full');
    expect(bob.state(sent.file).phase).toMatchObject({ why: 'disk-full', needed: 60 * CHUNK_BYTES });
    const kept = bob.shelf.used;
    await filers.clock.advance(100_000);
    expect(bob.shelf.used).toBe(kept);
    bob.shelf.capacity = Infinity;
    await bob.has(sent);
  });

  it('from the beginning is told at once, and asked again when a person asks', async () => {
    const sent = await alice.send(fileOf(100 * CHUNK_BYTES));
    alice.link(bob);
    bob.shelf.capacity = 1_000;
    await bob.hear(sent);
    await filers.clock.advance(500);
    expect(bob.state(sent.file).phase).toEqual({ kind: 'stopped', why: 'disk-full', needed: 100 * CHUNK_BYTES });
    bob.shelf.capacity = Infinity;
    await bob.files.download(sent.file);
    await bob.has(sent);
  });

  it('has room again once something else is deleted', async () => {
    const [first, second] = [await alice.send(fileOf(50 * CHUNK_BYTES)), await alice.send(fileOf(60 * CHUNK_BYTES))];
    alice.link(bob);
    bob.shelf.capacity = 70 * SEALED_CHUNK_BYTES;
    await bob.hear(first);
    await bob.has(first);
    await bob.hear(second);
    await filers.until(() => bob.phase(second.file) === 'stopped', 'there is no room');
    await bob.files.free([first.file]);
    await filers.clock.advance(1_000);
    await bob.has(second);
  });
});

describe('fair share (X22)', () => {
  it('serves takers in turn, and the files of one taker in turn', async () => {
    filers.slowly();
    const files = [await alice.send(fileOf(120 * CHUNK_BYTES)), await alice.send(fileOf(120 * CHUNK_BYTES))];
    alice.link(bob, mallory);
    for (const sent of files) await bob.hear(sent);
    const [first] = files;
    if (first) await mallory.hear(first);
    await filers.until(() => chunksFrom(alice, bob) >= 100, 'a hundred went to bob');
    const received = files.map(({ file }) => bob.shelf.contents.get(bob.store.records.get(file)?.slot ?? '')?.chunks.size ?? 0);
    expect(Math.min(...received)).toBeGreaterThan(25);
    expect(chunksFrom(alice, mallory)).toBeGreaterThan(60);
    for (const sent of files) await bob.has(sent);
  });

  it('lets a small file pass large ones', async () => {
    filers.slowly();
    const large = [];
    for (let count = 0; count < 6; count++) large.push(await alice.send(fileOf(70 * CHUNK_BYTES + count)));
    const small = await alice.send(fileOf(2 * CHUNK_BYTES));
    alice.link(bob);
    for (const sent of large) await bob.hear(sent);
    await filers.clock.advance(500);
    await bob.hear(small);
    await bob.has(small);
    expect(large.some(({ file }) => bob.phase(file) === 'complete')).toBe(false);
  });
});

describe('a manifest', () => {
  it('that lies about its size or its hash names another file, and brings none', async () => {
    const sent = await mallory.send(fileOf(5 * CHUNK_BYTES));
    const read = readManifest(sent.manifest);
    if (!read) throw new Error('a manifest of ours can be read');
    const lies = [
      { ...read.seal, size: read.seal.size * 3 },
      { ...read.seal, root: randomBytes(32) },
    ].map((seal) => ({ ...seal, file: identifyFile(seal.key, seal.root, seal.size) }));
    mallory.link(bob);
    for (const lie of lies) {
      const place = { ...sent.place, message: messageIdOf(randomBytes(16)) };
      const manifest = writeManifest(lie, { ...read.attachment, size: lie.size });
      await bob.hear({ manifest, place });
      // The liar gives the real chunks under the false name.
      mallory.store.records.set(lie.file, { ...lie, attachment: read.attachment, wish: 'complete', slot: slotOf(sent), places: [place] });
    }
    mallory.crash();
    await mallory.reopen();
    mallory.link(bob);
    await filers.clock.advance(60_000);
    for (const lie of lies) expect(bob.phase(lie.file)).not.toBe('complete');
    expect(bob.shelf.used).toBe(0);
  });
});

function slotOf(sent: SentFile): string {
  return mallory.store.records.get(sent.file)?.slot ?? '';
}
