/** The shelf as the page has it: everything is done in a worker of the account's own (shelf-worker.ts). */
import { chunkKeyOf } from '../crypto/file-chunks.ts';
import type { FileShelf } from '../files/ports.ts';
import { fail } from '../lib/result.ts';
import { deleteOpfsDisk } from './opfs-disk.ts';
import {
  Batches,
  type PlainVerb,
  type PlainVerbs,
  type ShelfBeginning,
  type ShelfReport,
  type ShelfRequest,
  type TakenIn,
} from './shelf-wire.ts';
import { asRefusal, StoreRefused } from './store-refused.ts';

export interface OpenFileShelf extends FileShelf {
  /** Refuses whoever still asks, lets what is being written be written, and ends the worker and the keys in it. */
  close(): Promise<void>;
}

/**
 * Opens an account's shelf; `database`: of its vault. Nothing is loaded before something is asked. Where the browser has no such
 * place, files fail with 'no-shelf'. Everything rejects with `StoreRefused` once it is closed, or when the worker
 * ends on its own: whatever is asked next gets a new one, which finds what the old one kept.
 */
export function openFileShelf(database: string, spawn: () => Worker = spawnWorker): OpenFileShelf {
  return new WorkerShelf(database, spawn);
}

/** Deletes all bytes of an account's files; whoever has its shelf open is to close it before. Rejects with `StoreRefused`. */
export async function deleteFileShelf(database: string): Promise<void> {
  try {
    await deleteOpfsDisk(database);
  } catch (reason) {
    throw reason instanceof DOMException ? new StoreRefused('storage-refused', reason) : asRefusal(reason);
  }
}

function spawnWorker(): Worker {
  return new Worker(new URL('./shelf-worker.ts', import.meta.url), { type: 'module', name: 'shelf' });
}

class WorkerShelf implements OpenFileShelf {
  readonly #database: string;
  readonly #spawn: () => Worker;
  #line: ShelfLine | undefined;
  #isClosed = false;

  constructor(database: string, spawn: () => Worker) {
    this.#database = database;
    this.#spawn = spawn;
  }

  takeIn: FileShelf['takeIn'] = async (slot, source, key, { progress, signal }) => {
    const chunkKey = await chunkKeyOf(key);
    const line = this.#lineNow();
    if (signal.aborted) return fail({ kind: 'cancelled' });
    const { id, answer } = line.ask((call) => ({ kind: 'take-in', id: call, slot, source, key: chunkKey }), progress);
    const cancel = (): void => line.tell({ kind: 'cancel', id });
    signal.addEventListener('abort', cancel);
    try {
      return (await answer) as TakenIn;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };

  open: FileShelf['open'] = (slot, layout) => this.#call('open', [slot, layout]);

  putOutline: FileShelf['putOutline'] = (slot, from, hashes) => this.#call('putOutline', [slot, from, hashes]);

  put: FileShelf['put'] = (slot, index, sealed) => this.#call('put', [slot, index, sealed], [sealed.buffer]);

  read: FileShelf['read'] = (slot, index) => this.#call('read', [slot, index]);

  readOutline: FileShelf['readOutline'] = (slot, from, count) => this.#call('readOutline', [slot, from, count]);

  readPlain: FileShelf['readPlain'] = async (slot, layout, key, from, to) =>
    this.#call('readPlain', [slot, layout, await chunkKeyOf(key), from, to]);

  release: FileShelf['release'] = (slot) => this.#call('release', [slot]);

  remove: FileShelf['remove'] = (slot) => this.#call('remove', [slot]);

  slots: FileShelf['slots'] = () => this.#call('slots', []);

  room: FileShelf['room'] = () => this.#call('room', []);

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const line = this.#line;
    if (!line || line.isLost) return;
    await (line.ask((id) => ({ kind: 'call', id, verb: 'close', args: [] })).answer as Promise<void>).catch(() => undefined);
    line.end();
  }

  #call<Verb extends PlainVerb>(
    verb: Verb,
    args: Parameters<PlainVerbs[Verb]>,
    moved: readonly ArrayBuffer[] = [],
  ): ReturnType<PlainVerbs[Verb]> {
    const asked = async (): Promise<unknown> => this.#lineNow().ask((id) => ({ kind: 'call', id, verb, args }), undefined, moved).answer;
    return asked() as ReturnType<PlainVerbs[Verb]>;
  }

  #lineNow(): ShelfLine {
    if (this.#isClosed) throw new StoreRefused('storage-refused');
    if (!this.#line || this.#line.isLost) this.#line = new ShelfLine(this.#database, this.#spawn());
    return this.#line;
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly progress: ((bytes: number) => void) | undefined;
}

/** One worker, and who waits for its answers. */
class ShelfLine {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #requests: Batches<ShelfRequest>;
  #lastId = 0;
  #isLost = false;

  constructor(database: string, worker: Worker) {
    this.#worker = worker;
    this.#requests = new Batches((messages, moved) => worker.postMessage(messages, moved));
    const lock = `parley-shelf-${globalThis.crypto.randomUUID()}`;
    worker.onmessage = ({ data }: MessageEvent<readonly ShelfReport[]>) => {
      for (const report of data) this.#hear(report, lock);
    };
    worker.onerror = ({ message }) => this.#lose(message);
    worker.postMessage({ database, lock } satisfies ShelfBeginning);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  ask(
    request: (id: number) => ShelfRequest,
    progress?: (bytes: number) => void,
    moved?: readonly ArrayBuffer[],
  ): { readonly id: number; readonly answer: Promise<unknown> } {
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject, progress }));
    this.#requests.send(request(id), moved);
    return { id, answer };
  }

  tell(request: ShelfRequest): void {
    if (!this.#isLost) this.#requests.send(request);
  }

  /** The worker is no more, and whoever still waits hears so. */
  end(): void {
    this.#lose('It was closed');
  }

  #hear(report: ShelfReport, lock: string): void {
    if (report.kind === 'alive') {
      this.#noticeEnd(lock);
      return;
    }
    const pending = this.#pending.get(report.id);
    if (!pending) return;
    if (report.kind === 'progress') {
      pending.progress?.(report.bytes);
      return;
    }
    this.#pending.delete(report.id);
    if (report.kind === 'answer') pending.resolve(report.value);
    else pending.reject(new StoreRefused('storage-refused', new Error(report.detail)));
  }

  /** A worker that runs out of memory ends without a word, but not without its lock. */
  #noticeEnd(lock: string): void {
    const gone = (): void => this.#lose('It ended on its own');
    globalThis.navigator.locks.request(lock, gone).catch(gone);
  }

  #lose(detail: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values())
      reject(new StoreRefused('storage-refused', new Error(`The shelf’s worker: ${detail}`)));
    this.#pending.clear();
  }
}
