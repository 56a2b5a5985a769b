/**
 * Saves a file to a place of the person's choosing, or with the browser's downloads, piece by piece: it is never whole in
 * memory, unless the browser has neither a way to write to disk nor a service worker, and the file is small.
 */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { FileAddresses } from './file-addresses.ts';

/** What is read and written at a time. */
const PIECE_BYTES = 1_048_576;
/** More than this is not collected in memory. */
const MAX_COLLECTED_BYTES = 256 * 2 ** 20;
/** A download that the browser wants asks for its first bytes at once. */
const BEGIN_WITHIN_MS = 20_000;
/** A link to bytes in memory is followed in its own time, and nobody tells when. */
const KEEP_COLLECTED_MS = 60_000;

/** The bytes `from` up to, not including, `to`; undefined when they cannot be had. */
export type ReadPart = (from: number, to: number, signal: AbortSignal) => Promise<Bytes | undefined>;

export interface SavableFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly read: ReadPart;
}

export type SaveFailure =
  /** The person closed the dialog, stopped the download, or `signal` was aborted. */
  | { readonly kind: 'cancelled' }
  /** The bytes cannot be read. */
  | { readonly kind: 'not-here' }
  | { readonly kind: 'disk-full' }
  /** The browser does not let us, or the file is too large for what it can do. */
  | { readonly kind: 'refused' };

export type Saved = Result<undefined, SaveFailure>;

export interface SaveSurroundings {
  /** The File System Access API; undefined in most browsers but Chromium. */
  readonly pickPlace: ((suggestedName: string) => Promise<PickedPlace>) | undefined;
  readonly addresses: Pick<FileAddresses, 'publish'>;
  readonly page: Document;
  readonly clock: Pick<Clock, 'after'>;
}

/** As much of `FileSystemFileHandle` as is used. */
export interface PickedPlace {
  createWritable(): Promise<Pick<FileSystemWritableFileStream, 'write' | 'close' | 'abort'>>;
}

/**
 * Must be called from a click: the browser's own dialog opens for nothing else. `progress`: 0 to 1, of what was handed to
 * the browser. Resolves when it has all of it.
 */
export async function saveFile(
  file: SavableFile,
  progress: (part: number) => void,
  signal: AbortSignal,
  surroundings: SaveSurroundings,
): Promise<Saved> {
  if (surroundings.pickPlace) return saveToPlace(file, progress, signal, surroundings.pickPlace);
  return (await saveByDownload(file, progress, signal, surroundings)) ?? (await saveCollected(file, progress, signal, surroundings));
}

/** The browser's own dialog, where it has one. */
export function browserPlaces(): SaveSurroundings['pickPlace'] {
  const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: (options: { suggestedName: string }) => Promise<PickedPlace> };
  return showSaveFilePicker && ((suggestedName) => showSaveFilePicker.call(globalThis, { suggestedName }));
}

async function saveToPlace(
  file: SavableFile,
  progress: (part: number) => void,
  signal: AbortSignal,
  pickPlace: NonNullable<SaveSurroundings['pickPlace']>,
): Promise<Saved> {
  try {
    const place = await pickPlace(file.name);
    const writable = await place.createWritable();
    const written = await copy(file, (piece) => writable.write(piece), progress, signal).catch(async (reason: unknown) => {
      await writable.abort();
      throw reason;
    });
    // What is not closed leaves nothing behind: the browser writes beside the place first.
    await (written.ok ? writable.close() : writable.abort());
    return written;
  } catch (reason) {
    return fail(saveFailure(reason));
  }
}

function saveFailure(reason: unknown): SaveFailure {
  if (!(reason instanceof DOMException)) throw reason;
  // File System Standard §2.5, WICG File System Access §3.2.
  if (reason.name === 'AbortError') return { kind: 'cancelled' };
  return { kind: reason.name === 'QuotaExceededError' ? 'disk-full' : 'refused' };
}

async function copy(
  { size, read }: SavableFile,
  write: (piece: Bytes) => Promise<void>,
  progress: (part: number) => void,
  signal: AbortSignal,
): Promise<Saved> {
  for (let from = 0; from < size; from += PIECE_BYTES) {
    const to = Math.min(size, from + PIECE_BYTES);
    const piece = signal.aborted ? undefined : await read(from, to, signal);
    if (signal.aborted) return fail({ kind: 'cancelled' });
    if (!piece) return fail({ kind: 'not-here' });
    await write(piece);
    progress(to / size);
  }
  return succeed(undefined);
}

/** Undefined when there is no worker to stream it. */
async function saveByDownload(
  file: SavableFile,
  progress: (part: number) => void,
  signal: AbortSignal,
  { addresses, page, clock }: SaveSurroundings,
): Promise<Saved | undefined> {
  const frame = page.createElement('iframe');
  const outcome = new Promise<Saved | undefined>((resolve) => {
    let given = 0;
    let isLost = false;
    const cancelWait = clock.after(BEGIN_WITHIN_MS, () => resolve(fail({ kind: 'refused' })));
    const address = addresses.publish({
      name: file.name,
      size: file.size,
      disposition: 'attachment',
      signal,
      read: async (from, to, gone) => {
        cancelWait();
        const piece = await file.read(from, to, gone);
        if (piece) given = Math.max(given, to);
        else isLost = !gone.aborted;
        if (piece) progress(to / file.size);
        return piece;
      },
      left: () => {
        cancelWait();
        if (given === file.size) resolve(succeed(undefined));
        else resolve(fail({ kind: isLost ? 'not-here' : 'cancelled' }));
      },
    });
    if (!address) {
      cancelWait();
      resolve(undefined);
      return;
    }
    signal.addEventListener('abort', () => resolve(fail({ kind: 'cancelled' })), { once: true });
    // A frame, not the page itself: to leave it, even for a download, asks whether it may be left.
    frame.hidden = true;
    frame.src = address.url;
    page.body.append(frame);
  });
  const saved = await outcome;
  frame.remove();
  return saved;
}

async function saveCollected(
  file: SavableFile,
  progress: (part: number) => void,
  signal: AbortSignal,
  { page, clock }: SaveSurroundings,
): Promise<Saved> {
  if (file.size > MAX_COLLECTED_BYTES) return fail({ kind: 'refused' });
  const pieces: Bytes[] = [];
  const collected = await copy(file, (piece) => Promise.resolve(void pieces.push(piece)), progress, signal);
  if (!collected.ok) return collected;
  const url = URL.createObjectURL(new Blob(pieces, { type: 'application/octet-stream' }));
  const link = page.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  clock.after(KEEP_COLLECTED_MS, () => URL.revokeObjectURL(url));
  return collected;
}
