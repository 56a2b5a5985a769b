/**
 * A table whose rows say nothing: an id and indexed columns that are keyed hashes or plain numbers, and a sealed box.
 *
 * The box is bound to its table, version, id and columns: a row moved, renamed or pointed elsewhere does not open. What does
 * not open is reported and left out.
 */
import { decode, encode } from 'cborg';
import type { Dexie, Table } from 'dexie';
import { AEAD_NONCE_BYTES, open, sealWithNonce } from '../crypto/aead.ts';
import { keyedHash } from '../crypto/hash.ts';
import { Secret } from '../crypto/secret.ts';
import { concat, equalBytes, toBase64url, utf8, type Bytes } from '../lib/bytes.ts';
import type { Observable } from '../lib/observable.ts';
import type { Write } from '../lib/write.ts';
import { watchQuery } from './live-query.ts';
import { Nonces } from './nonces.ts';
import { refusing, StoreRefused } from './store-refused.ts';
import { writeOf, type Batch } from './store-write.ts';
import type { DamagedRow } from './store-options.ts';

export type Column = string | number;

export interface SealedRow {
  readonly id: Column;
  readonly box: Bytes;
  readonly [column: string]: Column | Bytes;
}

export interface TableShape<Value> {
  readonly name: string;
  /** Of what is in the boxes. A migration that changes it seals the table's rows again. */
  readonly version: number;
  /** Indexed columns, in the order they are bound to the box. */
  readonly columns: readonly string[];
  readonly idOf: (value: Value, tag: Tag) => Column;
  readonly columnsOf?: (value: Value, tag: Tag) => Readonly<Record<string, Column>>;
}

/** Keyed hash of a name, for an id or a column: the same name gives the same tag in one table of one account, and nowhere else. */
export type Tag = (name: string) => string;

/** The ids of rows, made when they are needed: the keys may be gone before. */
type IdsOf = (tag: Tag) => readonly Column[];

export interface TableKeys {
  /** 32 bytes; taken over. */
  readonly seal: Bytes;
  /** 32 bytes; taken over. */
  readonly tag: Bytes;
}

/** 128 bits: nobody chooses these names so that they meet, and at random they never do. */
const TAG_BYTES = 16;

export class SealedTable<Value> {
  /** The table itself, for queries by id and column; inside a transaction it is part of it. */
  readonly rows: Table<SealedRow, Column>;
  readonly #database: Dexie;
  readonly #shape: TableShape<Value>;
  readonly #key: Secret<'table'>;
  readonly #tagKey: Secret<'tag'>;
  readonly #nonces = new Nonces();
  readonly #onDamaged: (row: DamagedRow) => void;
  readonly #puts: Batch<Value>;
  readonly #deletes: Batch<IdsOf>;

  constructor(database: Dexie, shape: TableShape<Value>, keys: TableKeys, onDamaged: (row: DamagedRow) => void) {
    this.rows = database.table(shape.name);
    this.#database = database;
    this.#shape = shape;
    this.#key = new Secret('table', keys.seal);
    this.#tagKey = new Secret('tag', keys.tag);
    this.#onDamaged = onDamaged;
    const tables = [shape.name];
    this.#puts = { tables, prepare: (values) => this.#preparePuts(values) };
    this.#deletes = { tables, prepare: (idsOf) => this.#prepareDeletes(idsOf) };
  }

  readonly tag: Tag = (name) => toBase64url(keyedHash(this.#tagKey.expose(), utf8(name)).subarray(0, TAG_BYTES));

  put(value: Value): Write {
    return writeOf(this.#puts, value);
  }

  delete(idsOf: IdsOf): Write {
    return writeOf(this.#deletes, idsOf);
  }

  async get(idOf: (tag: Tag) => Column): Promise<Value | undefined> {
    this.#requireOpen();
    return this.#read(this.rows.get(idOf(this.tag)), (row) => row && this.open(row));
  }

  async list(query: () => PromiseLike<readonly SealedRow[]> = () => this.rows.toArray()): Promise<readonly Value[]> {
    this.#requireOpen();
    return this.#read(query(), (rows) => this.#openAll(rows));
  }

  /** As `list`, for those who watch: undefined once the store is closed, when there is nothing more to tell. */
  async listWhileOpen(query?: () => PromiseLike<readonly SealedRow[]>): Promise<readonly Value[] | undefined> {
    try {
      return await this.list(query);
    } catch (reason) {
      if (this.#database.isOpen()) throw reason;
      return undefined;
    }
  }

  /** What the query finds, now and after every change to it; rows that did not change are opened once. */
  watch(query: () => PromiseLike<readonly SealedRow[]>, arrange: (values: Value[]) => readonly Value[]): Observable<readonly Value[]> {
    return {
      subscribe: (next, error) => {
        let opened: OpenedRows<Value> = new Map();
        const ask = () => (this.#database.isOpen() ? query() : Promise.resolve([]));
        return watchQuery(ask).subscribe((rows) => {
          if (!this.#database.isOpen()) return;
          opened = this.#openAgain(rows, opened);
          next(arrange(Array.from(opened.values(), ({ value }) => value)));
        }, error);
      },
    };
  }

  seal(value: Value): SealedRow {
    const { idOf, columnsOf } = this.#shape;
    const row = { id: idOf(value, this.tag), ...columnsOf?.(value, this.tag) };
    const nonce = this.#nonces.next();
    return { ...row, box: concat(nonce, sealWithNonce(this.#key.expose(), nonce, encode(value), this.#associationOf(row))) };
  }

  /** The value in a row, or undefined after `onDamaged` was told. */
  open(row: SealedRow): Value | undefined {
    const plaintext = row.box instanceof Uint8Array ? open(this.#key.expose(), row.box, this.#associationOf(row)) : undefined;
    // What opens was encoded here: it needs no second look at its shape.
    if (plaintext) return decode(plaintext) as Value;
    this.#onDamaged({ table: this.#shape.name, id: row.id });
    return undefined;
  }

  /** After this, nothing opens any more. */
  wipe(): void {
    this.#key.wipe();
    this.#tagKey.wipe();
  }

  #preparePuts(values: readonly Value[]): () => PromiseLike<unknown> {
    const newest = new Map(values.map((value) => [this.#shape.idOf(value, this.tag), value]));
    const rows = Array.from(newest.values(), (value) => this.seal(value));
    return () => this.rows.bulkPut(rows);
  }

  #prepareDeletes(idsOf: readonly IdsOf[]): () => PromiseLike<unknown> {
    const ids = idsOf.flatMap((each) => each(this.tag));
    return () => this.rows.bulkDelete(ids);
  }

  async #read<Found, Answer>(found: PromiseLike<Found>, answer: (found: Found) => Answer): Promise<Answer> {
    const rows = await refusing(found);
    this.#requireOpen();
    return answer(rows);
  }

  #requireOpen(): void {
    if (!this.#database.isOpen()) throw new StoreRefused('storage-refused');
  }

  #openAll(rows: readonly SealedRow[]): readonly Value[] {
    return rows.map((row) => this.open(row)).filter((value) => value !== undefined);
  }

  #openAgain(rows: readonly SealedRow[], before: OpenedRows<Value>): OpenedRows<Value> {
    const opened: OpenedRows<Value> = new Map();
    for (const row of rows) {
      const known = before.get(row.id);
      const value = known && isSameBox(known.row.box, row.box) ? known.value : this.open(row);
      if (value !== undefined) opened.set(row.id, { row, value });
    }
    return opened;
  }

  #associationOf(row: Readonly<Record<string, unknown>>): Bytes {
    const { name, version, columns } = this.#shape;
    return utf8(JSON.stringify([name, version, row['id'], ...columns.map((column) => row[column])]));
  }
}

type OpenedRows<Value> = Map<Column, { readonly row: SealedRow; readonly value: Value }>;

/** Every sealing has a nonce of its own, so equal nonces mean the same box. */
function isSameBox(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && equalBytes(one.subarray(0, AEAD_NONCE_BYTES), other.subarray(0, AEAD_NONCE_BYTES));
}
