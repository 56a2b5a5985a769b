/**
 * The one way bytes become values and values become bytes: small codecs, put together like the types they carry.
 *
 * Integers are big-endian, variable parts carry their length in front. There is exactly one encoding of each value, and
 * `decode` is total and strict: anything but one whole well-formed value is a `DecodeFailure`, never an exception.
 */
import { textOf, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';

export type DecodeFailure =
  | { readonly kind: 'truncated' }
  | { readonly kind: 'trailing-bytes' }
  | { readonly kind: 'too-long'; readonly limit: number }
  | { readonly kind: 'malformed'; readonly what: string };

/** Reads and writes one kind of value. */
export interface Codec<Value> {
  readonly write: (value: Value, out: Writer) => void;
  readonly read: (from: Reader) => Value;
}

export type Decoded<C> = C extends Codec<infer Value> ? Value : never;

export function encode<Value>(codec: Codec<Value>, value: Value): Bytes {
  const out = new Writer(spare ?? new Uint8Array(SPARE_BYTES));
  spare = undefined;
  try {
    codec.write(value, out);
    return out.finish();
  } finally {
    spare = out.release();
  }
}

/** Where values are written before their length is known, over and over. What was there is overwritten: it may have been secret. */
let spare: Bytes | undefined;
const SPARE_BYTES = 4_096;

/** Reads exactly one value out of foreign bytes. Fields are copies and do not keep `bytes` alive, but for those that are `lent`. */
export function decode<Value>(codec: Codec<Value>, bytes: Uint8Array): Result<Value, DecodeFailure> {
  const from = new Reader(bytes);
  try {
    const value = codec.read(from);
    return from.left === 0 ? succeed(value) : fail({ kind: 'trailing-bytes' });
  } catch (reason) {
    if (reason instanceof Undecodable) return fail(reason.failure);
    throw reason;
  }
}

/** Thrown by codecs while reading, caught by `decode` alone. */
class Undecodable extends Error {
  readonly failure: DecodeFailure;

  constructor(failure: DecodeFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

class Writer {
  #bytes: Bytes;
  #length = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  put(bytes: Uint8Array): void {
    const start = this.#extend(bytes.length);
    this.#bytes.set(bytes, start);
  }

  integer(value: number, width: number): void {
    const start = this.#extend(width);
    let rest = value;
    for (let index = start + width - 1; index >= start; index--) {
      this.#bytes[index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  /** Room for `length` bytes more; gives where they begin. */
  #extend(length: number): number {
    const start = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes.fill(0, 0, start);
      this.#bytes = grown;
    }
    return start;
  }

  finish(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }

  /** The room it wrote in, empty again; nothing when that has grown too large to keep. */
  release(): Bytes | undefined {
    this.#bytes.fill(0, 0, this.#length);
    return this.#bytes.length <= SPARE_BYTES ? this.#bytes : undefined;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  take(length: number): Bytes {
    if (length > this.left) throw new Undecodable({ kind: 'truncated' });
    const part = this.#bytes.slice(this.#offset, this.#offset + length);
    this.#offset += length;
    return part;
  }

  /** In place. */
  lend(length: number): Bytes {
    if (length > this.left) throw new Undecodable({ kind: 'truncated' });
    const part = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    // Memory shared between threads never gets here.
    return part as Bytes;
  }

  integer(width: number): number {
    if (width > this.left) throw new Undecodable({ kind: 'truncated' });
    let value = 0;
    for (const end = this.#offset + width; this.#offset < end; this.#offset++) value = value * 256 + (this.#bytes[this.#offset] ?? 0);
    return value;
  }

  refuse(what: string): never {
    throw new Undecodable({ kind: 'malformed', what });
  }

  refuseLength(limit: number): never {
    throw new Undecodable({ kind: 'too-long', limit });
  }
}

function integer(width: number, maximum: number): Codec<number> {
  return {
    write: (value, out) => {
      if (!Number.isSafeInteger(value) || value < 0 || value > maximum) throw new RangeError('Integer does not fit its field');
      out.integer(value, width);
    },
    read: (from) => {
      const value = from.integer(width);
      return value <= maximum ? value : from.refuse('integer');
    },
  };
}

export const u8 = integer(1, 0xff);
export const u16 = integer(2, 0xffff);
export const u32 = integer(4, 0xffff_ffff);
/** Up to 2^53 − 1: counters and milliseconds since 1970. */
export const u53 = integer(7, Number.MAX_SAFE_INTEGER);

/** Exactly `length` bytes. */
export function fixed(length: number): Codec<Bytes> {
  return {
    write: (value, out) => {
      if (value.length !== length) throw new RangeError('Bytes do not fit their field');
      out.put(value);
    },
    read: (from) => from.take(length),
  };
}

/** At most `limit` bytes, length in front (u32). */
export function bytes(limit: number): Codec<Bytes> {
  return {
    write: (value, out) => {
      if (value.length > limit) throw new RangeError('Bytes exceed the limit of their field');
      out.integer(value.length, 4);
      out.put(value);
    },
    read: (from) => {
      const length = from.integer(4);
      return length <= limit ? from.take(length) : from.refuseLength(limit);
    },
  };
}

/** As `bytes`, but read in place: for what is large, and belongs to whoever reads it. */
export function lent(limit: number): Codec<Bytes> {
  return {
    write: bytes(limit).write,
    read: (from) => {
      const length = from.integer(4);
      return length <= limit ? from.lend(length) : from.refuseLength(limit);
    },
  };
}

/** Well-formed UTF-8 of at most `limit` bytes. */
export function text(limit: number): Codec<string> {
  const carried = bytes(limit);
  return {
    write: (value, out) => {
      carried.write(utf8(value), out);
    },
    read: (from) => textOf(carried.read(from)) ?? from.refuse('UTF-8'),
  };
}

export const flag: Codec<boolean> = {
  write: (value, out) => {
    out.integer(value ? 1 : 0, 1);
  },
  read: (from) => {
    const byte = from.integer(1);
    return byte <= 1 ? byte === 1 : from.refuse('flag');
  },
};

export const nothing: Codec<undefined> = { write: () => undefined, read: () => undefined };

export function optional<Value>(codec: Codec<Value>): Codec<Value | undefined> {
  return {
    write: (value, out) => {
      flag.write(value !== undefined, out);
      if (value !== undefined) codec.write(value, out);
    },
    read: (from) => (flag.read(from) ? codec.read(from) : undefined),
  };
}

/** At most `limit` items, count in front (u16). */
export function list<Value>(codec: Codec<Value>, limit: number): Codec<readonly Value[]> {
  return {
    write: (values, out) => {
      if (values.length > limit) throw new RangeError('List exceeds the limit of its field');
      out.integer(values.length, 2);
      for (const value of values) codec.write(value, out);
    },
    read: (from) => {
      const count = from.integer(2);
      if (count > limit) from.refuseLength(limit);
      return Array.from({ length: count }, () => codec.read(from));
    },
  };
}

/** One of the given words, written as its place among them (u8). Append only. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Codec<Word> {
  return {
    write: (value, out) => {
      const place = words.indexOf(value);
      if (place < 0) throw new RangeError('Unknown word');
      out.integer(place, 1);
    },
    read: (from) => words[from.integer(1)] ?? from.refuse('word'),
  };
}

/** A constant in front of what follows: a version, a magic. Anything else there is refused. */
export function marked<Value>(mark: Uint8Array, codec: Codec<Value>): Codec<Value> {
  return {
    write: (value, out) => {
      out.put(mark);
      codec.write(value, out);
    },
    read: (from) => {
      const found = from.take(mark.length);
      return found.every((byte, index) => byte === mark[index]) ? codec.read(from) : from.refuse('version');
    },
  };
}

type Struct<F> = { readonly [Name in keyof F]: F[Name] extends Codec<infer Value> ? Value : never };

/** Fields one after another, in the order written down. */
export function struct<F extends { readonly [Name in keyof F]: Codec<F[Name] extends Codec<infer Value> ? Value : never> }>(
  fields: F,
): Codec<Struct<F>> {
  const entries = Object.entries(fields as unknown as Readonly<Record<string, Codec<unknown>>>);
  // Every field is the record's own from the start, whatever it is called.
  const blank: Record<string, unknown> = Object.fromEntries(entries.map(([name]) => [name, undefined]));
  return {
    write: (value, out) => {
      const record = value as Record<string, unknown>;
      for (const [name, codec] of entries) codec.write(record[name], out);
    },
    read: (from) => {
      const record = { ...blank };
      for (const [name, codec] of entries) record[name] = codec.read(from);
      return record as Struct<F>;
    },
  };
}

type Union<V> = {
  [Name in keyof V]: V[Name] extends { readonly codec: Codec<infer Value> }
    ? { readonly type: Name } & (Value extends undefined ? unknown : Value)
    : never;
}[keyof V];

/** A discriminated union: a tag (u8), then the variant's fields; `type` in the value is the variant's name. */
export function union<
  V extends {
    readonly [Name in keyof V]: {
      readonly tag: number;
      readonly codec: Codec<V[Name]['codec'] extends Codec<infer Value> ? Value : never>;
    };
  },
>(variants: V): Codec<Union<V>> {
  const byName = new Map(Object.entries(variants as unknown as Readonly<Record<string, { tag: number; codec: Codec<unknown> }>>));
  const byTag = new Map([...byName].map(([type, { tag, codec }]) => [tag, { type, codec }]));
  return {
    write: (value, out) => {
      const variant = byName.get((value as { type: string }).type);
      if (!variant) throw new RangeError('Unknown variant');
      out.integer(variant.tag, 1);
      variant.codec.write(value, out);
    },
    read: (from) => {
      const variant = byTag.get(from.integer(1)) ?? from.refuse('variant');
      const fields = variant.codec.read(from) as object | undefined;
      return { type: variant.type, ...fields } as Union<V>;
    },
  };
}
