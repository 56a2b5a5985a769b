/** Shelves in a page: files taken in, given on chunk by chunk as a link would, and workers that die. For tests and benchmarks. */
import { hashForOutline } from '../../src/crypto/file-chunks.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import type { FileShelf, FileSource, Layout } from '../../src/files/ports.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { FileId } from '../../src/protocol/ids.ts';
import { deleteFileShelf, openFileShelf, type OpenFileShelf } from '../../src/storage/file-shelf.ts';

/** Chunks on their way at once, as from a fast giver. */
const IN_FLIGHT = 64;
const MEBIBYTE = 2 ** 20;
const OUTLINE_PART = 1024;

let workers: Worker[] = [];

/** A shelf whose workers can be ended as the browser would. */
function openShelf(owner: string): OpenFileShelf {
  return openFileShelf(owner, () => {
    const worker = new Worker(new URL('../../src/storage/shelf-worker.ts', import.meta.url), { type: 'module', name: 'shelf' });
    workers.push(worker);
    return worker;
  });
}

/** Some 4 MiB of noise over and over: enough that nothing is cheaper than it should be. */
function blobOf(mebibytes: number): Blob {
  const noise = Array.from({ length: 64 }, () => randomBytes(65_536));
  const parts = Array.from({ length: Math.ceil((mebibytes * MEBIBYTE) / 65_536) }, (_, index) => noise[index % 64] ?? randomBytes(1));
  return new Blob(parts);
}

interface Taken {
  readonly layout: Layout;
  readonly key: Bytes;
}

async function takeIn(shelf: FileShelf, source: FileSource, slot: string): Promise<Taken> {
  const key = randomBytes(32);
  const taken = await shelf.takeIn(slot, source, key, { progress: () => undefined, signal: new AbortController().signal });
  if (!taken.ok) throw new Error(taken.failure.kind);
  return { key, layout: { file: 'file' as FileId, ...taken.value } };
}

/** What `from` has of the file, put onto `to`; `stop` is asked before each chunk. Gives how many were kept. */
async function give(
  from: FileShelf,
  slot: string,
  to: FileShelf,
  layout: Layout,
  stop: (kept: number) => boolean = () => false,
): Promise<number> {
  const count = Math.max(1, Math.ceil(layout.size / 65_536));
  await openIn(to, slot, layout);
  for (let first = 0; first < count; first += OUTLINE_PART) {
    const hashes = await from.readOutline(slot, first, Math.min(OUTLINE_PART, count - first));
    if (hashes) await to.putOutline(slot, first, hashes);
  }
  let [next, kept] = [0, 0];
  const carry = async (): Promise<void> => {
    while (next < count && !stop(kept)) {
      const index = next++;
      const sealed = await from.read(slot, index);
      const put = sealed && (await to.put(slot, index, sealed));
      if (put?.ok) kept++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, carry));
  return kept;
}

async function openIn(shelf: FileShelf, slot: string, layout: Layout) {
  const opened = await shelf.open(slot, layout);
  if (!opened.ok) throw new Error(opened.failure.kind);
  return opened.value;
}

async function digest(bytes: Bytes | undefined): Promise<string> {
  return bytes ? (await hashForOutline(bytes)).join() : 'nothing';
}

/** alice takes in, bob fetches from her; what each reads of it is told as a hash, beside what it was. */
async function carryFile(mebibytes: number) {
  const [alice, bob] = [openShelf('alice'), openShelf('bob')];
  const blob = blobOf(mebibytes);
  const { layout, key } = await takeIn(alice, { kind: 'blob', blob }, 'slot');
  const kept = await give(alice, 'slot', bob, layout);
  const original = await digest(new Uint8Array(await blob.arrayBuffer()));
  const atBobs = await digest(await bob.readPlain('slot', layout, key, 0, layout.size));
  await Promise.all([alice.close(), bob.close()]);
  const again = openShelf('bob');
  const afterwards = await openIn(again, 'slot', layout);
  await again.close();
  return { kept, same: original === atBobs, afterwards };
}

/** bob's worker ends in the middle; what he was told was kept, what is there afterwards, and how those who waited were answered. */
async function dieInTheMiddle() {
  const [alice, bob] = [openShelf('alice'), openShelf('bob')];
  const { layout, key } = await takeIn(alice, { kind: 'blob', blob: blobOf(32) }, 'fatal');
  let told = 0;
  workers = [];
  const giving = give(alice, 'fatal', bob, layout, (kept) => {
    told = kept;
    if (kept > 100) for (const worker of workers.splice(0)) worker.terminate();
    return kept > 400;
  });
  const refused = await giving.then(
    () => 'nothing',
    (reason: unknown) => (reason instanceof Error ? reason.message : 'something'),
  );
  const { runs } = await openIn(bob, 'fatal', layout);
  const here = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  await give(alice, 'fatal', bob, layout);
  const whole = (await bob.readPlain('fatal', layout, key, 0, layout.size))?.length;
  await Promise.all([alice.close(), bob.close()]);
  return { told, here, refused, whole, size: layout.size };
}

/** Takes in what the browser will not have, for a quota set from outside. */
async function overfill(mebibytes: number) {
  const shelf = openShelf('carol');
  const before = await takeIn(shelf, { kind: 'blob', blob: blobOf(1) }, 'small');
  const options = { progress: () => undefined, signal: new AbortController().signal };
  const refused = await shelf.takeIn('large', { kind: 'blob', blob: blobOf(mebibytes) }, randomBytes(32), options);
  const slots = await shelf.slots();
  const small = await shelf.readPlain('small', before.layout, before.key, 0, before.layout.size);
  await shelf.close();
  return { refused: refused.ok ? 'taken' : refused.failure.kind, slots, small: small?.length };
}

async function erase(owner: string): Promise<readonly string[]> {
  await deleteFileShelf(owner);
  const shelves = await (await navigator.storage.getDirectory()).getDirectoryHandle('shelves');
  const names: string[] = [];
  for await (const name of shelves.keys()) names.push(name);
  return names;
}

// ————— for the benchmark: bytes each second —————

async function speeds(mebibytes: number) {
  const [alice, bob] = [openShelf('alice'), openShelf('bob')];
  const blob = blobOf(mebibytes);
  await Promise.all([alice.room(), bob.room()]);
  const began = performance.now();
  const { layout, key } = await takeIn(alice, { kind: 'blob', blob }, 'speed');
  const taken = performance.now();

  await openIn(bob, 'speed', layout);
  const count = layout.size / 65_536;
  const outline = await alice.readOutline('speed', 0, count);
  if (outline) await bob.putOutline('speed', 0, outline);
  // Read before, so that putting alone is measured.
  const chunks = await Promise.all(Array.from({ length: count }, (_, index) => alice.read('speed', index)));
  const ready = performance.now();
  let next = 0;
  const put = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const sealed = chunks[index];
      if (sealed) await bob.put('speed', index, sealed);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, put));
  const done = performance.now();
  chunks.length = 0;
  for (let at = 0; at < layout.size; at += MEBIBYTE) await bob.readPlain('speed', layout, key, at, at + MEBIBYTE);
  const opened = performance.now();
  await Promise.all([alice.remove('speed'), bob.remove('speed')]);
  await Promise.all([alice.close(), bob.close()]);
  const rate = (milliseconds: number): number => (layout.size / milliseconds) * 1000;
  return { takeIn: rate(taken - began), put: rate(done - ready), readPlain: rate(opened - done) };
}

/** Nothing but a worker that writes chunks of noise into a file one after the other, and brings them to the disk as often as the shelf does. */
function rawWrites(mebibytes: number): Promise<number> {
  const program = `onmessage = async ({ data: chunks }) => {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle('raw', { create: true });
    const handle = await file.createSyncAccessHandle();
    const chunk = crypto.getRandomValues(new Uint8Array(65536));
    const began = performance.now();
    for (let index = 0; index < chunks; index++) {
      handle.write(chunk, { at: index * 65552 });
      if (index % 1024 === 1023) handle.flush();
    }
    handle.flush();
    const took = performance.now() - began;
    handle.close();
    await root.removeEntry('raw');
    postMessage(took);
  }`;
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => {
      worker.terminate();
      resolve(((mebibytes * MEBIBYTE) / data) * 1000);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(mebibytes * 16);
  });
}

const shelfPage = { carryFile, dieInTheMiddle, overfill, erase, speeds, rawWrites };

declare global {
  var shelfPage: typeof import('./shelf-page.ts').shelfPage;
}
globalThis.shelfPage = shelfPage;
export { shelfPage };
