/**
 * Addresses of this origin under which files can be shown, played and saved while they are still arriving, without ever
 * being whole in memory: the page's part. The service worker (file-service.ts) asks for what a player or a download wants
 * next, and waits.
 *
 * An address is 256 random bits, good for this page alone, and dead when it is disposed of or the page is gone.
 */
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { contentDisposition } from './content-disposition.ts';
import { ENOUGH, FILE_PATH, isFileAsked, STAY_AWAKE, type Claim, type FileFacts, type PieceAsked, type PieceGiven } from './file-wire.ts';
import { isSafePicture } from './picture-limits.ts';
import { shownType, SNIFFED_BYTES } from './shown-type.ts';

const TOKEN_BYTES = 32;

/** Browsers stop a worker that nothing has happened to for half a minute. */
const WAKE_EVERY_MS = 10_000;
/** A player that was paused asks for nothing. After so long its worker may sleep: the player will ask anew. */
const FORGET_AFTER_MS = 60_000;

/** Where a picture says its size, behind whatever else was put before it. Asked for in turn, the next when the one before was too short. */
const PICTURE_STARTS = [65_536, 1_048_576];

const SAVED_TYPE = 'application/octet-stream';

export interface PublishedFile {
  /** Bytes. */
  readonly size: number;
  readonly name: string;
  /** `inline` is believed only of what its first bytes show to be a picture, sound, film or PDF; anything else is for saving. */
  readonly disposition: 'inline' | 'attachment';
  /**
   * The bytes `from` up to, not including, `to`: never more than PIECE_BYTES, but for the start of a picture. Waits for what is
   * still to come; undefined when it never will. Aborted when nobody waits any more.
   */
  read(from: number, to: number, signal: AbortSignal): Promise<Bytes | undefined>;
  /** Told when nobody reads it any more: the player or the download has all it wanted, or was stopped. */
  left?(): void;
  /** Disposes of the address, too. */
  readonly signal?: AbortSignal;
}

export interface FileAddress {
  readonly url: string;
  dispose(): void;
}

export interface FileAddresses {
  /** Undefined where no worker serves this page: no browser support, development, or the very first seconds of the first visit. */
  publish(file: PublishedFile): FileAddress | undefined;
  /** Ends all addresses. */
  close(): void;
}

export interface AddressSurroundings {
  /** Undefined where there are no service workers. */
  readonly container: Pick<ServiceWorkerContainer, 'controller' | 'addEventListener' | 'removeEventListener' | 'startMessages'> | undefined;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** `crypto/random.ts`. */
  readonly randomBytes: (length: number) => Bytes;
}

export function createFileAddresses({ container, clock, randomBytes }: AddressSurroundings): FileAddresses {
  const published = new Map<string, Published>();
  const waker = new Waker(clock, () => container?.controller?.postMessage(STAY_AWAKE));

  const hear = ({ data, ports: [port] }: MessageEvent<unknown>): void => {
    if (port === undefined || !isFileAsked(data)) return;
    const file = published.get(data.fileAsked);
    const claim: Claim = file ? 'mine' : 'unknown';
    port.postMessage(claim);
    if (file) file.serve(port, waker);
    else port.close();
  };
  container?.addEventListener('message', hear);
  container?.startMessages();

  return {
    publish: (file) => {
      if (!container?.controller || file.signal?.aborted) return undefined;
      const token = toBase64url(randomBytes(TOKEN_BYTES));
      const made = new Published(file);
      published.set(token, made);
      const dispose = (): void => {
        file.signal?.removeEventListener('abort', dispose);
        published.delete(token);
        made.close();
      };
      file.signal?.addEventListener('abort', dispose);
      return { url: FILE_PATH + token, dispose };
    },
    close: () => {
      container?.removeEventListener('message', hear);
      for (const file of published.values()) file.close();
      published.clear();
      waker.close();
    },
  };
}

/** One address, and the requests that read from it. */
class Published {
  readonly #file: PublishedFile;
  readonly #closed = new AbortController();
  readonly #readers = new Set<Reader>();
  #facts: Promise<FileFacts> | undefined;

  constructor(file: PublishedFile) {
    this.#file = file;
  }

  serve(port: MessagePort, waker: Waker): void {
    // Looked at once for all requests, and for none in particular: a player soon drops its first.
    this.#facts ??= judge(this.#file, this.#closed.signal);
    const reader = new Reader(port, this.#file, waker, () => {
      if (this.#readers.delete(reader) && this.#readers.size === 0) this.#file.left?.();
    });
    this.#readers.add(reader);
    void reader.introduce(this.#facts);
  }

  close(): void {
    this.#closed.abort();
    for (const reader of [...this.#readers]) reader.close();
  }
}

/** Answers one request of a player or a download, over the port that came with it. */
class Reader {
  readonly #port: MessagePort;
  readonly #file: PublishedFile;
  readonly #waker: Waker;
  readonly #left: () => void;
  readonly #gone = new AbortController();

  constructor(port: MessagePort, file: PublishedFile, waker: Waker, left: () => void) {
    this.#port = port;
    this.#file = file;
    this.#waker = waker;
    this.#left = left;
    port.onmessage = ({ data }: MessageEvent<PieceAsked | typeof ENOUGH>) => {
      if (data === ENOUGH) this.close();
      else void this.#give(data);
    };
  }

  async introduce(facts: Promise<FileFacts>): Promise<void> {
    const done = this.#waker.hold();
    try {
      this.#port.postMessage(await facts);
    } catch {
      // Disposed of before it was known what it is; the worker learns it like the loss of any other piece.
      this.#port.postMessage(null);
    } finally {
      done();
    }
  }

  close(): void {
    this.#gone.abort();
    const nothing: PieceGiven = null;
    this.#port.postMessage(nothing);
    this.#port.close();
    this.#left();
  }

  async #give({ from, to }: PieceAsked): Promise<void> {
    const done = this.#waker.hold();
    const piece = await readSafely(this.#file, from, to, this.#gone.signal);
    done();
    if (this.#gone.signal.aborted) return;
    const given: PieceGiven = piece ?? null;
    this.#port.postMessage(given, piece ? [piece.buffer] : []);
  }
}

/** What to say of a file, by its first bytes. */
async function judge(file: PublishedFile, signal: AbortSignal): Promise<FileFacts> {
  const type = file.disposition === 'inline' ? await judgeType(file, signal) : undefined;
  signal.throwIfAborted();
  return {
    size: file.size,
    type: type ?? SAVED_TYPE,
    disposition: contentDisposition(type === undefined ? 'attachment' : 'inline', file.name),
  };
}

async function judgeType(file: PublishedFile, signal: AbortSignal): Promise<string | undefined> {
  const start = await readSafely(file, 0, Math.min(SNIFFED_BYTES, file.size), signal);
  const type = start && shownType(start);
  if (!type?.startsWith('image/')) return type;
  for (const length of PICTURE_STARTS) {
    const more = await readSafely(file, 0, Math.min(length, file.size), signal);
    if (more && isSafePicture(more)) return type;
  }
  return undefined;
}

async function readSafely(file: PublishedFile, from: number, to: number, signal: AbortSignal): Promise<Bytes | undefined> {
  try {
    // Copied when it is a part of something larger: what is given away is gone for whoever has it.
    const bytes = await file.read(from, to, signal);
    return bytes && bytes.length < bytes.buffer.byteLength ? bytes.slice() : bytes;
  } catch (reason) {
    if (signal.aborted) return undefined;
    throw reason;
  }
}

/** Keeps the worker awake while somebody reads, and for a while after. */
class Waker {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #wake: () => void;
  #holds = 0;
  #until = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'now' | 'after'>, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  hold(): () => void {
    this.#holds++;
    this.#cancel ??= this.#clock.after(WAKE_EVERY_MS, this.#beat);
    return () => {
      this.#holds--;
      this.#until = this.#clock.now() + FORGET_AFTER_MS;
    };
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  readonly #beat = (): void => {
    const isUsed = this.#holds > 0 || this.#clock.now() < this.#until;
    if (isUsed) this.#wake();
    this.#cancel = isUsed ? this.#clock.after(WAKE_EVERY_MS, this.#beat) : undefined;
  };
}
