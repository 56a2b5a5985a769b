/** Alice, bob and carol with files: each with a shelf and a store that outlive their app. */
import { expect } from 'vitest';
import { Files } from '../../src/files/files.ts';
import type { FileState } from '../../src/files/file-state.ts';
import { Cell } from '../../src/lib/observable.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { messageIdOf, type AccountId, type ConversationId, type FileId } from '../../src/protocol/ids.ts';
import { accountIdOf } from '../../src/protocol/ids.ts';
import type { AttachmentPlace } from '../../src/session/attachment.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { FileWire } from './file-wire.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryFileStore } from './memory-file-store.ts';
import { MemoryShelf } from './memory-shelf.ts';

export const TALK = 'a talk' as ConversationId;
/** Of a clock moved by hand: no time passes. */
const STEP_MS = 50;
const MAX_STEPS = 4_000;

/** What was sent: what others hear of it, and what it was. */
export interface SentFile {
  readonly file: FileId;
  readonly manifest: Bytes;
  readonly place: AttachmentPlace;
  readonly bytes: Bytes;
}

export class Filers {
  readonly clock = new ManualClock();
  readonly wire = new FileWire(this.clock);
  readonly #people = new Map<string, Filer>();

  /** Somebody new in the talk. */
  async join(name: string): Promise<Filer> {
    const filer = new Filer(name, this);
    this.#people.set(name, filer);
    await filer.open();
    for (const { audience } of this.#people.values()) audience.set(audience.value + 1);
    return filer;
  }

  /** Fifty chunks a second over each link, so that there is a half way. */
  slowly(): void {
    this.wire.roomOf = () => 1;
    this.wire.delay = 20;
  }

  audienceOf(me: AccountId): readonly AccountId[] {
    return [...this.#people.values()].map(({ account }) => account).filter((account) => account !== me);
  }

  /** Lets time pass until it is so. */
  async until(condition: () => boolean, what: string): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step++) {
      if (condition()) return;
      await this.clock.advance(STEP_MS);
    }
    throw new Error(`Waited in vain until ${what}`);
  }

  /** Everybody's app is closed; nobody leaves a timer behind. */
  async close(): Promise<void> {
    for (const filer of this.#people.values()) filer.crash();
    await this.clock.advance(this.wire.delay);
    expect(this.clock.timers).toBe(0);
  }
}

export class Filer {
  readonly account: AccountId;
  readonly shelf = new MemoryShelf();
  readonly store = new MemoryFileStore();
  readonly audience = new Cell(0);
  readonly troubles: unknown[] = [];
  readonly #filers: Filers;
  #end: ReturnType<FileWire['end']>;
  #files: Files;

  constructor(name: string, filers: Filers) {
    this.account = accountIdOf(new TextEncoder().encode(name.padEnd(32)));
    this.#filers = filers;
    this.#end = filers.wire.end(this.account);
    this.#files = this.#make();
  }

  get files(): Files {
    return this.#files;
  }

  get end(): ReturnType<FileWire['end']> {
    return this.#end;
  }

  #make(): Files {
    const { clock } = this.#filers;
    return new Files({
      me: this.account,
      store: this.store,
      shelf: this.shelf,
      audience: { of: () => this.#filers.audienceOf(this.account), changes: this.audience },
      channel: this.#end,
      links: this.#end,
      clock,
      troubled: (reason) => this.troubles.push(reason),
    });
  }

  open(): Promise<void> {
    return this.#files.start();
  }

  /** The app is gone from one moment to the next; its links go with it. */
  crash(): void {
    for (const account of this.#filers.audienceOf(this.account)) this.#filers.wire.cut(this.account, account);
    this.#files.close();
  }

  /** A new app on the same shelf and store. */
  async reopen(): Promise<void> {
    this.#end = this.#filers.wire.end(this.account);
    this.#files = this.#make();
    await this.open();
  }

  link(...others: readonly Filer[]): void {
    for (const { account } of others) this.#filers.wire.link(this.account, account);
  }

  /** Takes a file in and keeps the message it goes out with. */
  async send(bytes: Bytes, name = 'holiday.bin'): Promise<SentFile> {
    const taken = await this.#files.takeIn(
      { kind: 'blob', blob: new Blob([bytes]) },
      { name, mime: 'application/octet-stream', view: { kind: 'plain' } },
      { progress: () => undefined, signal: new AbortController().signal },
    );
    if (!taken.ok) throw new Error(taken.failure.kind);
    const place: AttachmentPlace = { conversation: TALK, message: messageIdOf(randomBytes(16)), author: this.account, wall: 0 };
    const sent = { file: taken.value.attachment.file, manifest: taken.value.manifest, place, bytes };
    await this.hear(sent);
    return sent;
  }

  /** The message comes. */
  async hear({ manifest, place }: Pick<SentFile, 'manifest' | 'place'>): Promise<void> {
    expect(this.#files.read(manifest)).toBeDefined();
    await this.store.commit(await this.#files.keep(place, manifest));
    await this.#filers.clock.advance(1);
  }

  state(file: FileId): FileState {
    let state: FileState | undefined;
    this.#files
      .watch(file)
      .subscribe((next) => (state = next))
      .unsubscribe();
    if (!state) throw new Error('Watching tells at once');
    return state;
  }

  phase(file: FileId): FileState['phase']['kind'] {
    return this.state(file).phase.kind;
  }

  async has({ file, bytes }: SentFile): Promise<void> {
    await this.#filers.until(() => this.store.records.get(file)?.wish === 'complete', 'the file is complete');
    expect(this.phase(file)).toBe('complete');
    const read = await this.#files.bytes(file, 0, bytes.length);
    expect(Buffer.compare(read ?? new Uint8Array(), bytes)).toBe(0);
    expect(this.troubles).toEqual([]);
  }
}

/** Bytes that are nowhere the same for long. */
export function fileOf(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >>> 8) * 17 + (index >>> 16) * 7) & 0xff;
  return bytes;
}
