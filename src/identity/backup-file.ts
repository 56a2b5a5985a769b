/**
 * A backup as a file (PROTOCOL.md B1–B3): who may open it, then everything in sealed chunks. Written and read in one pass,
 * never whole in memory. It does not say whose it is.
 */
import { HASH_BYTES, hash } from '../crypto/hash.ts';
import { CHUNK_OVERHEAD_BYTES, STREAM_HEADER_BYTES, StreamOpener, StreamSealer } from '../crypto/secret-stream.ts';
import { assert } from '../lib/assert.ts';
import { concat, equalBytes, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode, list, struct, u32, u53 } from '../protocol/codec.ts';
import { backupRecord, MAX_RECORD_BYTES, type BackupAccount, type BackupRecord, type BackupRow } from './backup-record.ts';
import { openBackupSlot, type BackupSecret } from './backup-slots.ts';
import { keySlot, type KeySlot, type VaultKey } from './key-slot.ts';
import type { PasswordHasher } from './ports.ts';

const MAGIC = utf8('PARLEYBK');
const VERSION = 1;
/** Magic, version, and how long the header is: what every version begins with. */
const PREAMBLE_BYTES = MAGIC.length + 1 + 4;
/** Two slots take a third of a kilobyte. */
const MAX_HEADER_BYTES = 65_536;
const MAX_SLOTS = 16;
/** Plaintext bytes of every chunk but the last, which may be shorter. */
export const CHUNK_BYTES = 65_536;
const SEALED_CHUNK_BYTES = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES;
/** Read and opened in one go: some milliseconds. */
const CHUNKS_AT_ONCE = 16;
const LENGTH_BYTES = 4;

/** `created`: milliseconds since 1970. */
const header = struct({ created: u53, slots: list(keySlot, MAX_SLOTS) });

export interface BackupHeader {
  readonly created: number;
  readonly slots: readonly KeySlot[];
}

/** Writes a backup: the account first, then rows, then `finish`. `emit` gets the file's bytes in order, in parts. */
export class BackupWriter {
  readonly #emit: (part: Bytes) => void;
  readonly #sealer: StreamSealer;
  readonly #chunk: Bytes = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  #rows = 0;

  constructor(head: BackupHeader, key: VaultKey, account: BackupAccount, emit: (part: Bytes) => void) {
    const lead = encodeLead(head);
    this.#sealer = new StreamSealer(key.expose(), hash(lead));
    this.#emit = emit;
    emit(lead);
    emit(this.#sealer.header);
    this.#write({ type: 'account', ...account });
  }

  add(row: BackupRow): void {
    this.#write({ type: 'row', ...row });
    this.#rows++;
  }

  finish(): void {
    this.#write({ type: 'end', rows: this.#rows });
    this.#emit(this.#sealer.seal(this.#chunk.subarray(0, this.#filled), true));
    this.#chunk.fill(0);
  }

  #write(record: BackupRecord): void {
    const body = encode(backupRecord, record);
    assert(body.length <= MAX_RECORD_BYTES, 'a row fits into a record');
    this.#append(encode(u32, body.length));
    this.#append(body);
    body.fill(0);
  }

  #append(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0;) {
      if (this.#filled === CHUNK_BYTES) this.#flush();
      const part = rest.subarray(0, CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
    }
  }

  #flush(): void {
    this.#emit(this.#sealer.seal(this.#chunk, false));
    this.#filled = 0;
  }
}

/** A file as it can be read in parts; a `Blob` is one. */
export interface BackupSource {
  readonly size: number;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

export type BackupFailure =
  /** Not a backup of Parley's at all. */
  | { readonly kind: 'backup-foreign' }
  /** Made by a newer Parley. */
  | { readonly kind: 'backup-newer' }
  /** Cut off, changed, or put together of several. */
  | { readonly kind: 'backup-damaged' }
  | { readonly kind: 'backup-wrong-key' };

const damaged = { kind: 'backup-damaged' } as const;

export interface OpenBackup {
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The caller wipes the entropy. */
  readonly account: BackupAccount;
  /**
   * Reads the rest, once, and hands the rows over as they come; what `take` rejects with, this rejects with. Only after it has
   * succeeded is it known that nothing is missing. `progress`: 0 to 1.
   */
  readRows(
    take: (rows: readonly BackupRow[]) => Promise<void>,
    progress: (part: number) => void,
  ): Promise<Result<undefined, typeof damaged>>;
}

/** Opens a backup as far as its account (up to a second, for a password). Rejects when the file itself cannot be read. */
export async function openBackup(
  source: BackupSource,
  secret: BackupSecret,
  hasher: PasswordHasher,
): Promise<Result<OpenBackup, BackupFailure>> {
  const lead = await readLead(source);
  if (!lead.ok) return lead;
  const key = await openBackupSlot(lead.value.slots, secret, hasher);
  if (!key.ok) return fail(key.failure.kind === 'wrong-key' ? { kind: 'backup-wrong-key' } : damaged);

  const records = new RecordReader(source, lead.value.bytes, key.value, await part(source, lead.value.bytes.length, STREAM_HEADER_BYTES));
  key.value.wipe();
  let batch = await records.next();
  const first = batch?.shift();
  if (first?.type !== 'account') return fail(damaged);
  const { entropy, userName, listVersion } = first;

  const readRows: OpenBackup['readRows'] = async (take, progress) => {
    let count = 0;
    for (; batch; batch = await records.next()) {
      const last = batch.at(-1);
      const rows = batch.filter((record) => record.type === 'row');
      count += rows.length;
      const isWhole = records.hasEnded() && last?.type === 'end' && last.rows === count && batch.length === rows.length + 1;
      if (!isWhole && (records.hasEnded() || batch.length !== rows.length)) return fail(damaged);
      await take(rows);
      progress(records.read / source.size);
      if (isWhole) return succeed(undefined);
    }
    return fail(damaged);
  };
  return succeed({ created: lead.value.created, account: { entropy, userName, listVersion }, readRows });
}

function encodeLead(head: BackupHeader): Bytes {
  const body = encode(header, head);
  const lead = concat(MAGIC, new Uint8Array([VERSION]), encode(u32, body.length), body);
  return concat(lead, hash(lead));
}

interface Lead extends BackupHeader {
  /** All that stands before the stream, as it stands there. */
  readonly bytes: Bytes;
}

/** A plain checksum ends it: it stops nobody, but a damaged file is not taken for a wrong password. */
async function readLead(source: BackupSource): Promise<Result<Lead, BackupFailure>> {
  const preamble = await part(source, 0, PREAMBLE_BYTES);
  if (!equalBytes(preamble.subarray(0, MAGIC.length), MAGIC)) return fail({ kind: 'backup-foreign' });
  const [version = 0] = preamble.subarray(MAGIC.length);
  if (version > VERSION) return fail({ kind: 'backup-newer' });
  const length = decode(u32, preamble.subarray(MAGIC.length + 1));
  if (version !== VERSION || !length.ok || length.value > MAX_HEADER_BYTES) return fail(damaged);

  const bytes = await part(source, 0, PREAMBLE_BYTES + length.value + HASH_BYTES);
  const checked = bytes.subarray(0, -HASH_BYTES);
  if (!equalBytes(hash(checked), bytes.subarray(-HASH_BYTES))) return fail(damaged);
  const head = decode(header, checked.subarray(PREAMBLE_BYTES));
  return head.ok ? succeed({ ...head.value, bytes }) : fail(damaged);
}

/** The file's records, as many at a time as lie in the chunks that are read in one go. */
class RecordReader {
  readonly #source: BackupSource;
  readonly #opener: StreamOpener | undefined;
  #offset: number;
  /** The beginning of a record whose end is not read yet. */
  #rest: Bytes = new Uint8Array(0);
  #broken = false;

  constructor(source: BackupSource, lead: Bytes, key: VaultKey, streamHeader: Bytes) {
    this.#source = source;
    this.#offset = lead.length + streamHeader.length;
    if (streamHeader.length === STREAM_HEADER_BYTES) this.#opener = new StreamOpener(key.expose(), streamHeader, hash(lead));
  }

  hasEnded(): boolean {
    return this.#offset >= this.#source.size;
  }

  /** Bytes of the file done with. */
  get read(): number {
    return this.#offset;
  }

  /** Undefined when there is no more, or what is there is not what was written. */
  async next(): Promise<BackupRecord[] | undefined> {
    if (this.#broken || this.hasEnded()) return undefined;
    const sealed = await part(this.#source, this.#offset, CHUNKS_AT_ONCE * SEALED_CHUNK_BYTES);
    const opened = this.#open(sealed);
    const records = opened && this.#split(concat(this.#rest, opened));
    this.#broken = records === undefined || (this.hasEnded() && this.#rest.length > 0);
    return this.#broken ? undefined : records;
  }

  #open(sealed: Bytes): Bytes | undefined {
    const chunks: Bytes[] = [];
    for (let from = 0; from < sealed.length; from += SEALED_CHUNK_BYTES) {
      const chunk = sealed.subarray(from, from + SEALED_CHUNK_BYTES);
      this.#offset += chunk.length;
      const opened = this.#opener?.open(chunk, this.hasEnded());
      if (!opened) return undefined;
      chunks.push(opened);
    }
    return concat(...chunks);
  }

  #split(bytes: Bytes): BackupRecord[] | undefined {
    const records: BackupRecord[] = [];
    let from = 0;
    while (bytes.length - from >= LENGTH_BYTES) {
      const length = decode(u32, bytes.subarray(from, from + LENGTH_BYTES));
      if (!length.ok || length.value > MAX_RECORD_BYTES) return undefined;
      const end = from + LENGTH_BYTES + length.value;
      if (end > bytes.length) break;
      const record = decode(backupRecord, bytes.subarray(from + LENGTH_BYTES, end));
      if (!record.ok) return undefined;
      records.push(record.value);
      from = end;
    }
    this.#rest = bytes.slice(from);
    return records;
  }
}

async function part(source: BackupSource, from: number, length: number): Promise<Bytes> {
  return new Uint8Array(await source.slice(from, Math.min(from + length, source.size)).arrayBuffer());
}
