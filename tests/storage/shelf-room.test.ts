import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { chunkKeyOf, chunkLength, chunkPlace, chunksOf, hashForOutline, sealChunk, type ChunkKey } from '../../src/crypto/file-chunks.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import type { FileSource, Layout } from '../../src/files/ports.ts';
import { concat, equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import { CHUNK_BYTES, MAX_FILE_BYTES, SEALED_CHUNK_BYTES } from '../../src/protocol/file-manifest.ts';
import type { FileId } from '../../src/protocol/ids.ts';
import { ShelfRoom } from '../../src/storage/shelf-room.ts';
import { FakeOpfs } from './fake-opfs.ts';

interface Sealed {
  readonly plaintext: Bytes;
  readonly key: ChunkKey;
  readonly chunks: readonly Bytes[];
  readonly outline: Bytes;
  readonly layout: Layout;
}

/** A file as somebody who has it would give it. */
async function seal(size: number): Promise<Sealed> {
  const plaintext = new Uint8Array(size);
  for (let at = 0; at < size; at += CHUNK_BYTES) plaintext.set(randomBytes(Math.min(CHUNK_BYTES, size - at)), at);
  const key = await chunkKeyOf(randomBytes(32));
  const chunks = await Promise.all(
    Array.from({ length: chunksOf(size) }, (_, index) => {
      const at = index * CHUNK_BYTES;
      return sealChunk(key, chunkPlace(index, size), plaintext.slice(at, at + chunkLength(index, size)));
    }),
  );
  const outline = concat(...(await Promise.all(chunks.map(hashForOutline))));
  return { plaintext, key, chunks, outline, layout: { file: 'file' as FileId, root: await hashForOutline(outline), size } };
}

function chunk({ chunks }: Sealed, index: number): Bytes {
  const found = chunks[index];
  if (!found) throw new Error('There is no such chunk.');
  return found.slice();
}

/** Faster than a matcher that could show the difference. */
function isChunk(found: Bytes | undefined, file: Sealed, index: number): boolean {
  return found !== undefined && equalBytes(found, chunk(file, index));
}

function blobOf(plaintext: Bytes): FileSource {
  return { kind: 'blob', blob: new Blob([plaintext]) };
}

const quietly = { progress: () => undefined, signal: new AbortController().signal };
const SIZE = 3 * CHUNK_BYTES + 100;

describe('a shelf', () => {
  let disk: FakeOpfs;
  let shelf: ShelfRoom;
  beforeEach(() => {
    disk = new FakeOpfs();
    shelf = new ShelfRoom(disk);
  });

  const begin = async (file: Sealed, slot = 'slot') => {
    await shelf.open(slot, file.layout);
    return shelf.putOutline(slot, 0, file.outline);
  };

  for (const size of [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 40 * CHUNK_BYTES + 7]) {
    it(`takes in a file of ${size} bytes, which then lies there as whoever fetches it would get it, and opens again`, async () => {
      const { plaintext } = await seal(size);
      const key = await chunkKeyOf(randomBytes(32));
      const taken = await shelf.takeIn('slot', blobOf(plaintext), key, quietly);
      if (!taken.ok) throw new Error(taken.failure.kind);
      const layout: Layout = { file: 'file' as FileId, ...taken.value };
      expect(layout.size).toBe(size);
      const count = chunksOf(size);
      expect(await shelf.open('slot', layout)).toEqual({ ok: true, value: { hashes: count, runs: [{ from: 0, to: count }] } });
      const outline = await shelf.readOutline('slot', 0, count);
      expect(outline && equalBytes(await hashForOutline(outline), layout.root)).toBe(true);
      expect(equalBytes((await shelf.readPlain('slot', layout, key, 0, size)) ?? randomBytes(1), plaintext)).toBe(true);
      for (let index = 0; index < count; index++) {
        const sealed = await shelf.read('slot', index);
        const expected = await sealChunk(key, chunkPlace(index, size), plaintext.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
        expect(sealed && equalBytes(sealed, expected)).toBe(true);
      }
    });
  }

  it('never lets plaintext touch the disk', async () => {
    const plaintext = new Uint8Array(SIZE);
    const canary = new TextEncoder().encode('CANARY');
    for (let at = 0; at + canary.length < SIZE; at += canary.length) plaintext.set(canary, at);
    await shelf.takeIn('slot', blobOf(plaintext), await chunkKeyOf(randomBytes(32)), quietly);
    expect(Buffer.from(disk.dump()).includes('CANARY')).toBe(false);
  });

  it('makes one archive of a folder, dates and paths in it', async () => {
    const key = await chunkKeyOf(randomBytes(32));
    const entries = [
      { path: 'notes/one.txt', blob: new Blob(['first']), modified: 1_700_000_000_000 },
      { path: 'notes/über/two.bin', blob: new Blob([new Uint8Array(2 * CHUNK_BYTES)]), modified: 0 },
    ];
    const taken = await shelf.takeIn('slot', { kind: 'folder', entries }, key, quietly);
    if (!taken.ok) throw new Error(taken.failure.kind);
    const layout: Layout = { file: 'file' as FileId, ...taken.value };
    const archive = Buffer.from((await shelf.readPlain('slot', layout, key, 0, layout.size)) ?? []);
    expect(archive.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    for (const text of ['notes/one.txt', 'notes/über/two.bin', 'first']) expect(archive.includes(text)).toBe(true);
  });

  it('tells how far it is', async () => {
    const told: number[] = [];
    const { plaintext } = await seal(SIZE);
    await shelf.takeIn('slot', blobOf(plaintext), await chunkKeyOf(randomBytes(32)), { ...quietly, progress: (bytes) => told.push(bytes) });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(SIZE);
  });

  it('leaves nothing behind of what it was told to stop taking in', async () => {
    const stopping = new AbortController();
    const { plaintext } = await seal(40 * CHUNK_BYTES);
    const progress = () => stopping.abort();
    const taken = await shelf.takeIn('slot', blobOf(plaintext), await chunkKeyOf(randomBytes(32)), { progress, signal: stopping.signal });
    expect(taken).toEqual({ ok: false, failure: { kind: 'cancelled' } });
    expect(await shelf.slots()).toEqual([]);
    expect(disk.stillOpen).toBe(0);
  });

  it('leaves nothing behind of a source that cannot be read, gives less than it said, or is too large', async () => {
    const key = await chunkKeyOf(randomBytes(32));
    const blob = (size: number, read: () => Promise<Bytes>) => {
      const pull = async (stream: ReadableStreamDefaultController<Bytes>) => {
        stream.enqueue(await read());
        stream.close();
      };
      return { size, stream: () => new ReadableStream({ pull }) } as unknown as Blob;
    };
    const gone = blob(100, () => Promise.reject(new DOMException('gone', 'NotReadableError')));
    const shorter = blob(100, () => Promise.resolve(new Uint8Array(50)));
    for (const each of [gone, shorter]) {
      expect(await shelf.takeIn('slot', { kind: 'blob', blob: each }, key, quietly)).toEqual({
        ok: false,
        failure: { kind: 'unreadable' },
      });
    }
    const huge = blob(MAX_FILE_BYTES + 1, () => Promise.resolve(new Uint8Array(1)));
    const refused = await shelf.takeIn('slot', { kind: 'blob', blob: huge }, key, quietly);
    expect(refused).toEqual({ ok: false, failure: { kind: 'too-large', limit: MAX_FILE_BYTES } });
    expect(await shelf.slots()).toEqual([]);
  });

  it('keeps chunks in any order, and says which are here', async () => {
    const file = await seal(SIZE);
    expect(await shelf.open('slot', file.layout)).toEqual({ ok: true, value: { hashes: 0, runs: [] } });
    expect(await shelf.putOutline('slot', 0, file.outline.slice(0, 64))).toEqual({ ok: true, value: 'more' });
    expect(await shelf.open('slot', file.layout)).toMatchObject({ value: { hashes: 2 } });
    expect(await shelf.putOutline('slot', 2, file.outline.slice(64))).toEqual({ ok: true, value: 'complete' });
    for (const index of [3, 0, 1]) expect(await shelf.put('slot', index, chunk(file, index))).toEqual({ ok: true, value: 'kept' });
    expect(await shelf.put('slot', 0, chunk(file, 0))).toEqual({ ok: true, value: 'had' });
    expect(await shelf.open('slot', file.layout)).toEqual({
      ok: true,
      value: {
        hashes: 4,
        runs: [
          { from: 0, to: 2 },
          { from: 3, to: 4 },
        ],
      },
    });
    expect(await shelf.read('slot', 2)).toBeUndefined();
    expect(isChunk(await shelf.read('slot', 3), file, 3)).toBe(true);
    expect(await shelf.readPlain('slot', file.layout, file.key, 0, 2 * CHUNK_BYTES)).toHaveLength(2 * CHUNK_BYTES);
    expect(await shelf.readPlain('slot', file.layout, file.key, 0, SIZE)).toBeUndefined();
  });

  it('forgets an outline that is not the file’s', async () => {
    const [file, other] = [await seal(SIZE), await seal(SIZE)];
    await shelf.open('slot', file.layout);
    expect(await shelf.putOutline('slot', 0, other.outline)).toEqual({ ok: false, failure: { kind: 'wrong' } });
    expect(await shelf.open('slot', file.layout)).toMatchObject({ value: { hashes: 0 } });
    expect(await shelf.putOutline('slot', 0, file.outline)).toEqual({ ok: true, value: 'complete' });
  });

  it('keeps no chunk that is not the file’s: changed, cut, for another place, or for none', async () => {
    const file = await seal(SIZE);
    await begin(file);
    const changed = chunk(file, 1).fill(0, 0, 1);
    const [cut, misplaced] = [chunk(file, 1).slice(1), chunk(file, 0)];
    for (const wrong of [changed, cut, misplaced]) {
      expect(await shelf.put('slot', 1, wrong)).toEqual({ ok: false, failure: { kind: 'wrong' } });
    }
    expect(await shelf.put('slot', 99, chunk(file, 1))).toEqual({ ok: false, failure: { kind: 'wrong' } });
    expect(await shelf.open('slot', file.layout)).toMatchObject({ value: { runs: [] } });
  });

  it('opens only what is asked for of the plaintext', async () => {
    const file = await seal(20 * CHUNK_BYTES + 5);
    await begin(file);
    for (const index of [4, 5]) await shelf.put('slot', index, chunk(file, index));
    const ranges = [
      [4 * CHUNK_BYTES, 6 * CHUNK_BYTES],
      [4 * CHUNK_BYTES + 9, 4 * CHUNK_BYTES + 10],
      [5 * CHUNK_BYTES - 1, 5 * CHUNK_BYTES + 1],
      [5 * CHUNK_BYTES, 5 * CHUNK_BYTES],
    ] as const;
    for (const [from, to] of ranges) {
      const plaintext = await shelf.readPlain('slot', file.layout, file.key, from, to);
      expect(plaintext && equalBytes(plaintext, file.plaintext.subarray(from, to))).toBe(true);
    }
    const otherKey = await chunkKeyOf(randomBytes(32));
    expect(await shelf.readPlain('slot', file.layout, otherKey, 4 * CHUNK_BYTES, 5 * CHUNK_BYTES)).toBeUndefined();
    expect(await shelf.readPlain('slot', file.layout, file.key, 0, file.layout.size + 1)).toBeUndefined();
  });

  it('says beforehand what cannot fit', async () => {
    disk.told = { used: 900, quota: 1000 };
    const file = await seal(SIZE);
    expect(await shelf.open('slot', file.layout)).toMatchObject({ failure: { kind: 'disk-full', free: 100 } });
    const taken = await shelf.takeIn('slot', blobOf(file.plaintext), file.key, quietly);
    expect(taken).toMatchObject({ failure: { kind: 'disk-full', free: 100 } });
    expect(await shelf.slots()).toEqual([]);
  });

  it('loses nothing when the disk is full in the middle, and goes on when there is room', async () => {
    const file = await seal(SIZE);
    await begin(file);
    await shelf.put('slot', 0, chunk(file, 0));
    disk.quota = disk.dump().length + 100;
    expect(await shelf.put('slot', 1, chunk(file, 1))).toMatchObject({ failure: { kind: 'disk-full' } });
    expect(isChunk(await shelf.read('slot', 0), file, 0)).toBe(true);
    expect(await shelf.open('slot', file.layout)).toMatchObject({ value: { runs: [{ from: 0, to: 1 }] } });
    disk.quota = Infinity;
    expect(await shelf.put('slot', 1, chunk(file, 1))).toEqual({ ok: true, value: 'kept' });
  });

  it('leaves nothing behind of what it could not take in for want of room', async () => {
    disk.quota = 5 * SEALED_CHUNK_BYTES;
    const { plaintext } = await seal(40 * CHUNK_BYTES);
    const taken = await shelf.takeIn('slot', blobOf(plaintext), await chunkKeyOf(randomBytes(32)), quietly);
    expect(taken).toMatchObject({ failure: { kind: 'disk-full' } });
    expect(await shelf.slots()).toEqual([]);
  });

  it('keeps few files open, and opens the others again when they are asked for', async () => {
    const file = await seal(SIZE);
    const slots = Array.from({ length: 50 }, (_, index) => `slot-${index}`);
    for (const slot of slots) {
      await begin(file, slot);
      await shelf.put(slot, 2, chunk(file, 2));
    }
    expect(disk.stillOpen).toBeLessThanOrEqual(33);
    for (const slot of slots) expect(isChunk(await shelf.read(slot, 2), file, 2)).toBe(true);
    await shelf.close();
    expect(disk.stillOpen).toBe(0);
  });

  it('answers those who ask for what is not there, or was removed', async () => {
    const file = await seal(SIZE);
    expect(await shelf.read('slot', 0)).toBeUndefined();
    expect(await shelf.put('slot', 0, chunk(file, 0))).toEqual({ ok: false, failure: { kind: 'no-shelf' } });
    await begin(file);
    await shelf.put('slot', 0, chunk(file, 0));
    await shelf.remove('slot');
    expect(await shelf.read('slot', 0)).toBeUndefined();
    expect(await shelf.slots()).toEqual([]);
    await expect(shelf.remove('slot')).resolves.toBeUndefined();
  });

  it('begins anew with a slot that holds another file, or half of one', async () => {
    const [file, other] = [await seal(SIZE), await seal(2 * SIZE)];
    await begin(other);
    await shelf.put('slot', 0, chunk(other, 0));
    expect(await shelf.open('slot', file.layout)).toEqual({ ok: true, value: { hashes: 0, runs: [] } });
    disk.damage('slot', 0);
    await shelf.release('slot');
    expect(await shelf.open('slot', file.layout)).toEqual({ ok: true, value: { hashes: 0, runs: [] } });
  });

  it('finds out when what it had not settled is damaged', async () => {
    const file = await seal(SIZE);
    await begin(file);
    await shelf.put('slot', 0, chunk(file, 0));
    await shelf.put('slot', 1, chunk(file, 1));
    disk.kill();
    disk.damage('slot', disk.dump().length - 1);
    shelf = new ShelfRoom(disk);
    expect(await shelf.open('slot', file.layout)).toMatchObject({ value: { runs: [{ from: 0, to: 1 }] } });
    expect(await shelf.put('slot', 1, chunk(file, 1))).toEqual({ ok: true, value: 'kept' });
  });

  it('never says a chunk is here that is not, and forgets none that it kept before the page was killed', async () => {
    const file = await seal(9 * CHUNK_BYTES + 1);
    const count = chunksOf(file.layout.size);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), index: fc.nat(count - 1) }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constantFrom('kill' as const, 'cut' as const), index: fc.nat(count - 1), after: fc.nat(12) }),
      },
      fc.constantFrom({ kind: 'release' as const }, { kind: 'full' as const }),
    );
    const life = fc.record({ steps: fc.array(step, { maxLength: 40 }), luck: fc.infiniteStream(fc.boolean()) });
    await fc.assert(
      fc.asyncProperty(life, async ({ steps, luck }) => {
        const weather = new FakeOpfs();
        let room = new ShelfRoom(weather);
        /** Those that must be here; after a power cut, those that turned out to be. */
        let kept = new Set<number>();
        const look = async (): Promise<Set<number>> => {
          const opened = await room.open('slot', file.layout);
          if (!opened.ok) throw new Error(opened.failure.kind);
          if (opened.value.hashes < count) await room.putOutline('slot', opened.value.hashes, file.outline.slice(opened.value.hashes * 32));
          const here = opened.value.runs.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, offset) => from + offset));
          for (const index of here) {
            expect(isChunk(await room.read('slot', index), file, index)).toBe(true);
          }
          return new Set(here);
        };
        await look();
        for (const each of steps) {
          if (each.kind === 'put') {
            const put = await room.put('slot', each.index, chunk(file, each.index));
            if (put.ok) kept.add(each.index);
          } else if (each.kind === 'release') await room.release('slot');
          else if (each.kind === 'full') weather.quota = weather.quota === Infinity ? weather.dump().length : Infinity;
          else {
            // In the middle of writing a chunk, or of closing the file, or after that.
            weather.doomedIn = each.after;
            if ((await room.put('slot', each.index, chunk(file, each.index))).ok) kept.add(each.index);
            await room.release('slot').catch(() => undefined);
            if (each.kind === 'kill') weather.kill();
            else weather.cutPower(() => luck.next().value === true);
            weather.quota = Infinity;
            room = new ShelfRoom(weather);
            const here = await look();
            if (each.kind === 'kill') expect([...kept].filter((index) => !here.has(index))).toEqual([]);
            kept = here;
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('has all or nothing of a file that was being taken in when the power went', async () => {
    const file = await seal(3 * CHUNK_BYTES);
    const outcomes = new Set<number>();
    for (let after = 0; after < 14; after++) {
      for (const survives of [true, false]) {
        const weather = new FakeOpfs();
        weather.doomedIn = after;
        await new ShelfRoom(weather).takeIn('slot', blobOf(file.plaintext), file.key, quietly).catch(() => undefined);
        weather.cutPower(() => survives);
        const opened = await new ShelfRoom(weather).open('slot', file.layout);
        outcomes.add(opened.ok ? opened.value.hashes : -1);
      }
    }
    expect([...outcomes].sort()).toEqual([0, 3]);
  });
});
