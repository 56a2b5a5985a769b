/** The browser's own file system for this origin (File System Standard, WHATWG), in a worker. */
import type { DiskRoom, ShelfDisk, SlotFile } from './shelf-disk.ts';

/** All accounts' files lie here, one directory each. */
const SHELVES = 'shelves';
/** A page that was reloaded may come before the worker it had is gone, and the files it had open with it. */
const PATIENCE_MS = 3000;
/** Nothing tells when a file is let go: it is tried again, sooner than an eye would see. */
const LOOK_MS = 50;

/** `database`: whose files; the name of the account's database, which says nothing. Rejects where there is no such file system. */
export async function openOpfsDisk(database: string): Promise<ShelfDisk> {
  if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) throw new DOMException('No sync access handles', 'NotSupportedError');
  const root = await navigator.storage.getDirectory();
  const shelves = await root.getDirectoryHandle(SHELVES, { create: true });
  const directory = await shelves.getDirectoryHandle(database, { create: true });
  return {
    open: (name, options) => openFile(directory, name, options),
    remove: (name) => orNothing(() => whenFree(() => directory.removeEntry(name))),
    names: async () => {
      const names: string[] = [];
      for await (const name of directory.keys()) names.push(name);
      return names;
    },
    room: estimateRoom,
  };
}

/** Deletes all files of an account, whether there are any or not. Rejects when somebody keeps one of them open. */
export async function deleteOpfsDisk(database: string): Promise<void> {
  if (!hasOpfs()) return;
  await orNothing(async () => {
    const root = await navigator.storage.getDirectory();
    const shelves = await root.getDirectoryHandle(SHELVES);
    await whenFree(() => shelves.removeEntry(database, { recursive: true }));
  });
}

function hasOpfs(): boolean {
  // Typed as always there; not so in older browsers, and outside of secure contexts.
  const { storage } = globalThis.navigator as Partial<Navigator>;
  return storage !== undefined && 'getDirectory' in storage;
}

async function openFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  options: { readonly create: boolean },
): Promise<SlotFile | undefined> {
  const file = await orNothing(() => directory.getFileHandle(name, options));
  return file && whenFree(() => file.createSyncAccessHandle());
}

async function estimateRoom(): Promise<DiskRoom | undefined> {
  const { usage, quota } = await navigator.storage.estimate();
  return usage === undefined || quota === undefined ? undefined : { used: usage, quota };
}

async function orNothing<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work();
  } catch (reason) {
    if (isNamed(reason, 'NotFoundError')) return undefined;
    throw reason;
  }
}

async function whenFree<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let waited = 0; ; waited += LOOK_MS) {
    try {
      return await work();
    } catch (reason) {
      if (!isNamed(reason, 'NoModificationAllowedError') || waited >= PATIENCE_MS) throw reason;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

function isNamed(reason: unknown, name: string): boolean {
  return reason instanceof DOMException && reason.name === name;
}
