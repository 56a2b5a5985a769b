/** Files and whole folders as browsers hand them over: dropped, pasted, or chosen in their own dialog. */

/** In one folder, at any depth. More is somebody's whole disk. */
const MAX_FOLDER_FILES = 10_000;
/** Folders within folders. */
const MAX_FOLDER_DEPTH = 32;

export type Chosen = { readonly kind: 'file'; readonly file: File } | ChosenFolder;

export interface ChosenFolder {
  readonly kind: 'folder';
  readonly name: string;
  /** `path`: below the folder, `/` between its parts. Empty folders leave nothing. */
  readonly entries: readonly { readonly path: string; readonly file: File }[];
}

export interface Gathered {
  readonly chosen: readonly Chosen[];
  /** Names of what could not be read, of folders with too much in them, and of empty ones. */
  readonly leftOut: readonly string[];
}

/** As much of a `DataTransfer` as is used. */
export interface DroppedItems {
  readonly items: ArrayLike<Pick<DataTransferItem, 'kind' | 'getAsFile' | 'webkitGetAsEntry'>>;
}

/** Must be called within the event: the browser closes what it gave when that is over. */
export async function readDropped({ items }: DroppedItems): Promise<Gathered> {
  const taken = Array.from(items, (item) => ({ entry: item.webkitGetAsEntry(), file: item.kind === 'file' ? item.getAsFile() : null }));
  const chosen: Chosen[] = [];
  const leftOut: string[] = [];
  for (const { entry, file } of taken) {
    if (entry && isDirectory(entry)) {
      const folder = await readDirectory(entry);
      if (folder) chosen.push(folder);
      else leftOut.push(entry.name);
    } else if (file) chosen.push({ kind: 'file', file });
    else if (entry) leftOut.push(entry.name);
  }
  return { chosen, leftOut };
}

/** What `<input webkitdirectory>` gave, as the folder it was. Of an empty one browsers tell nothing, not even its name. */
export function readFolder(files: readonly File[]): Gathered {
  const [first] = files;
  if (!first) return { chosen: [], leftOut: [] };
  const name = first.webkitRelativePath.split('/')[0] ?? '';
  const entries = files.map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file }));
  const isTooMuch = entries.length > MAX_FOLDER_FILES || entries.some(({ path }) => path.split('/').length > MAX_FOLDER_DEPTH);
  return isTooMuch ? { chosen: [], leftOut: [name] } : { chosen: [{ kind: 'folder', name, entries }], leftOut: [] };
}

async function readDirectory(directory: FileSystemDirectoryEntry): Promise<ChosenFolder | undefined> {
  const entries: ChosenFolder['entries'][number][] = [];
  const folders = [{ folder: directory, path: '', depth: 1 }];
  try {
    for (let next = folders.pop(); next; next = folders.pop()) {
      if (next.depth > MAX_FOLDER_DEPTH) return undefined;
      for await (const entry of entriesOf(next.folder)) {
        const path = next.path + entry.name;
        if (isDirectory(entry)) folders.push({ folder: entry, path: `${path}/`, depth: next.depth + 1 });
        else if (isFile(entry)) entries.push({ path, file: await fileOf(entry) });
        // Folders count as well: a tree of nothing but folders ends, too.
        if (entries.length + folders.length > MAX_FOLDER_FILES) return undefined;
      }
    }
  } catch (reason) {
    // A part that cannot be read: better no folder than one that lacks something and does not say so.
    if (reason instanceof DOMException) return undefined;
    throw reason;
  }
  return entries.length > 0 ? { kind: 'folder', name: directory.name, entries } : undefined;
}

/** A directory is read in batches; an empty one is the end (WICG Entries API §7.3). */
async function* entriesOf(folder: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    yield* batch;
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
