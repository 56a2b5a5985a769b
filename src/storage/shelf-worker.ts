/** The entry of the worker of an account's shelf: the one place where a file on disk may be written without a copy of it being made. */
import type { ShelfDisk } from './shelf-disk.ts';
import { openOpfsDisk } from './opfs-disk.ts';
import { ShelfRoom } from './shelf-room.ts';
import { Batches, type ShelfBeginning, type ShelfReport, type ShelfRequest } from './shelf-wire.ts';

/** Nobody sees more than ten steps in a second. */
const PROGRESS_EVERY_MS = 100;

const reports = new Batches<ShelfReport>((messages, moved) => self.postMessage(messages, { transfer: moved }));
const cancels = new Map<number, AbortController>();

self.onmessage = ({ data }: MessageEvent<ShelfBeginning>) => {
  const room = openOpfsDisk(data.database).then(
    (disk) => new ShelfRoom(disk),
    () => new ShelfRoom(noDisk),
  );
  self.onmessage = ({ data: requests }: MessageEvent<readonly ShelfRequest[]>) => {
    for (const request of requests) answer(room, request);
  };
  holdLock(data.lock);
};

/** For good; whoever asks for it next gets it when this worker is no more. */
function holdLock(name: string): void {
  const { locks } = navigator as Partial<Navigator>;
  const hold = (): Promise<never> => {
    reports.send({ kind: 'alive' });
    return new Promise(() => undefined);
  };
  // Without locks a worker that dies in silence is not noticed; all the rest works.
  locks?.request(name, hold).catch(() => undefined);
}

function answer(room: Promise<ShelfRoom>, request: ShelfRequest): void {
  const { id, kind } = request;
  if (kind === 'cancel') {
    cancels.get(id)?.abort();
    return;
  }
  const begun = kind === 'call' ? call(room, request) : takeIn(room, request);
  begun.then(
    (value) => reports.send({ kind: 'answer', id, value }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []),
    (reason: unknown) =>
      reports.send({ kind: 'refused', id, detail: reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason) }),
  );
}

async function call(room: Promise<ShelfRoom>, { verb, args }: Extract<ShelfRequest, { kind: 'call' }>): Promise<unknown> {
  const opened = await room;
  // The page's side gives each verb what it takes (file-shelf.ts).
  return (opened[verb] as (...given: readonly unknown[]) => Promise<unknown>).apply(opened, [...args]);
}

async function takeIn(room: Promise<ShelfRoom>, { id, slot, source, key }: Extract<ShelfRequest, { kind: 'take-in' }>): Promise<unknown> {
  const cancel = new AbortController();
  cancels.set(id, cancel);
  let told = 0;
  const progress = (bytes: number): void => {
    const now = performance.now();
    if (now - told < PROGRESS_EVERY_MS) return;
    told = now;
    reports.send({ kind: 'progress', id, bytes });
  };
  try {
    const opened = await room;
    return await opened.takeIn(slot, source, key, { progress, signal: cancel.signal });
  } finally {
    cancels.delete(id);
  }
}

/** Where the browser has no such file system, or refuses it (Firefox, in private windows). */
const noDisk: ShelfDisk = {
  open: () => Promise.reject(new DOMException('There is no file system for this origin', 'NotSupportedError')),
  remove: () => Promise.resolve(),
  names: () => Promise.resolve([]),
  room: () => Promise.resolve(undefined),
};
