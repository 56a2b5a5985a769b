/**
 * Reads what a Yjs update (format V1, the one y-protocols carries) would do to a document, without a document and without
 * Yjs: foreign bytes never become Yjs's own objects before somebody has looked at them. Total: what cannot be read, or
 * holds anything but bytes, text and what is left of deleted text, is undefined.
 */
import * as decoding from 'lib0/decoding';

/** A place in a document: the `clock`-th unit ever written under a client number. */
export interface Place {
  readonly client: number;
  readonly clock: number;
}

/** A run of units that one client number has written one after another. */
export interface Insertion extends Place {
  readonly length: number;
  /** What it was written after and before; a place's parent is that of its neighbours. */
  readonly after: Place | undefined;
  readonly before: Place | undefined;
  /** Without neighbours: the name of the shared type it is in, and its key there. Undefined: inside a nested type. */
  readonly root: string | undefined;
  readonly key: string | undefined;
  /** `gone`: deleted before it got here. */
  readonly content: { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'text' } | { readonly kind: 'gone' };
}

export interface Deletion extends Place {
  readonly length: number;
}

export interface ReadUpdate {
  /** By client, each in order and without gaps. */
  readonly insertions: readonly Insertion[];
  readonly deletions: readonly Deletion[];
}

// What the lower five bits of an info byte mean, and the upper three (Yjs, structs/Item.js).
const GC = 0;
const DELETED = 1;
const BYTES = 3;
const TEXT = 4;
const KIND_BITS = 0b0001_1111;
const HAS_KEY = 0b0010_0000;
const HAS_BEFORE = 0b0100_0000;
const HAS_AFTER = 0b1000_0000;

/** Undefined: not an update, or one with content of another kind, or one that is not whole. */
export function readUpdate(update: Uint8Array): ReadUpdate | undefined {
  const from = decoding.createDecoder(update);
  try {
    const insertions = readInsertions(from);
    const deletions = readDeletions(from);
    return insertions && from.pos === update.length ? { insertions, deletions } : undefined;
  } catch {
    // lib0 throws plain errors at the end of the bytes, at numbers that are too large and at malformed text.
    return undefined;
  }
}

function readInsertions(from: decoding.Decoder): Insertion[] | undefined {
  const insertions: Insertion[] = [];
  const clients = new Set<number>();
  for (let left = decoding.readVarUint(from); left > 0; left--) {
    let runs = decoding.readVarUint(from);
    const client = decoding.readVarUint(from);
    let clock = decoding.readVarUint(from);
    // Yjs would forget the first of two parts by one client; and it writes no empty ones.
    if (clients.has(client) || runs === 0) return undefined;
    clients.add(client);
    for (; runs > 0; runs--) {
      const insertion = readInsertion(from, { client, clock });
      // Lengths of nothing never move on, and those of what is gone are only claimed.
      if (!insertion || insertion.length < 1 || !Number.isSafeInteger(clock + insertion.length)) return undefined;
      insertions.push(insertion);
      clock += insertion.length;
    }
  }
  return insertions;
}

function readInsertion(from: decoding.Decoder, place: Place): Insertion | undefined {
  const info = decoding.readUint8(from);
  const kind = info & KIND_BITS;
  const nowhere = { after: undefined, before: undefined, root: undefined, key: undefined };
  if (kind === GC) return { ...place, ...nowhere, length: decoding.readVarUint(from), content: { kind: 'gone' } };
  const after = (info & HAS_AFTER) === 0 ? undefined : readPlace(from);
  const before = (info & HAS_BEFORE) === 0 ? undefined : readPlace(from);
  const parent = after || before ? nowhere : readParent(from, (info & HAS_KEY) !== 0);
  const content = readContent(from, kind);
  return content && { ...place, ...parent, after, before, ...content };
}

function readPlace(from: decoding.Decoder): Place {
  return { client: decoding.readVarUint(from), clock: decoding.readVarUint(from) };
}

function readParent(from: decoding.Decoder, hasKey: boolean): { root: string | undefined; key: string | undefined } {
  const isRoot = decoding.readVarUint(from) === 1;
  const root = isRoot ? decoding.readVarString(from) : undefined;
  if (!isRoot) readPlace(from);
  return { root, key: hasKey ? decoding.readVarString(from) : undefined };
}

function readContent(from: decoding.Decoder, kind: number): Pick<Insertion, 'length' | 'content'> | undefined {
  switch (kind) {
    case DELETED:
      return { length: decoding.readVarUint(from), content: { kind: 'gone' } };
    case BYTES:
      // Bytes that would go on beyond the update leave nothing for what has to follow.
      return { length: 1, content: { kind: 'bytes', bytes: decoding.readVarUint8Array(from) } };
    case TEXT:
      return { length: decoding.readVarString(from).length, content: { kind: 'text' } };
    default:
      return undefined;
  }
}

function readDeletions(from: decoding.Decoder): Deletion[] {
  const deletions: Deletion[] = [];
  for (let clients = decoding.readVarUint(from); clients > 0; clients--) {
    const client = decoding.readVarUint(from);
    for (let runs = decoding.readVarUint(from); runs > 0; runs--) {
      deletions.push({ client, clock: decoding.readVarUint(from), length: decoding.readVarUint(from) });
    }
  }
  return deletions;
}
