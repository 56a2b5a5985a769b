/** Somebody linked as the one who gives: how much we ask of them at a time, in all files together (PROTOCOL.md X21). */
import type { Clock } from '../lib/clock.ts';
import { SEALED_CHUNK_BYTES } from '../protocol/file-manifest.ts';
import type { AccountId, FileId } from '../protocol/ids.ts';
import { SpeedMeter } from './speed-meter.ts';

/** Chunks: 2 MiB, what a link over 100 ms carries at 20 MB/s. */
const FIRST_WINDOW = 32;
/** Chunks: 32 MiB. As much may lie in memory when the disk stands still. */
const MAX_WINDOW = 512;
/** Seconds of what the link carries that are asked for at a time: it never runs dry, and a change of mind takes effect within them. */
const WINDOW_SECONDS = 1;
/** A window shrinks by no more at a time: one bad moment is not a slow link. */
const SHRINK = 0.75;
const WINDOW_CALM_MS = 1_000;
/** Chunks that nobody asked for, on one link (X20): a mistake is forgiven, a flood is not. */
const MAX_UNASKED = 64;

/** Small files have places of their own: a voice message does not wait behind a film. */
export type FileKind = 'small' | 'large';

export class Supplier {
  readonly account: AccountId;
  readonly #meter: SpeedMeter;
  /** Files being had from them now. */
  readonly active = new Set<FileId>();
  /** Files they may have, in the order in which they will be sought: small ones apart from large ones. */
  readonly #waiting = { small: new Set<FileId>(), large: new Set<FileId>() };
  /** Chunks that were asked for, and have neither come nor been given up. */
  owed = 0;
  /** Chunks that came and are being written. */
  putting = 0;
  #window = FIRST_WINDOW;
  #unasked = 0;
  #forgiven = 0;

  constructor(account: AccountId, clock: Clock) {
    this.account = account;
    this.#meter = new SpeedMeter(clock, WINDOW_CALM_MS);
  }

  /** Chunks that may be asked for now. Few at a time are not worth a word. */
  get free(): number {
    const free = this.#window - this.owed - this.putting;
    return free * 4 >= this.#window || this.owed === 0 ? Math.max(0, free) : 0;
  }

  waitingOf(kind: FileKind): ReadonlySet<FileId> {
    return this.#waiting[kind];
  }

  /** `first`: before all others. */
  wait(file: FileId, kind: FileKind, first: boolean): void {
    if (first) this.#waiting[kind] = new Set([file, ...this.#waiting[kind]]);
    else this.#waiting[kind].add(file);
  }

  /** It is had from them now, or not wanted any more. */
  unwait(file: FileId): void {
    this.#waiting.small.delete(file);
    this.#waiting.large.delete(file);
  }

  arrived(bytes: number): void {
    this.#meter.add(bytes);
  }

  /** Asks for more of a link that carries more. Regularly. */
  adapt(): void {
    const target = Math.ceil((this.#meter.rate() / SEALED_CHUNK_BYTES) * WINDOW_SECONDS);
    const next = Math.max(target, Math.floor(this.#window * SHRINK), FIRST_WINDOW);
    this.#window = Math.min(next, MAX_WINDOW);
  }

  /** So many chunks may still come of what we have no more use for. */
  forgive(chunks: number): void {
    this.#forgiven += chunks;
  }

  /** Something came that nobody asked for; whether that was once too often. */
  faulted(): boolean {
    if (this.#forgiven > 0) this.#forgiven--;
    else this.#unasked++;
    return this.#unasked > MAX_UNASKED;
  }
}
