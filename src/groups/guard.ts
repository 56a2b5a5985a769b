/**
 * What stands before a mailbag (PROTOCOL.md, rules Y…). Yjs believes every writer: whoever may write may delete what others
 * wrote, may write two things in one place so that two replicas differ for ever, and may take the place that somebody else
 * is about to write in. So an envelope's place in the document is not its writer's choice: it follows from its id. Nobody can
 * take another's place, nothing is ever deleted, and the document is the same whoever made it and in whatever order.
 */
import { fail, succeed, type Result } from '../lib/result.ts';
import { fromBase64url, type Bytes } from '../lib/bytes.ts';
import type { OperationId } from '../protocol/ids.ts';
import { readUpdate, type Insertion } from './yjs-update.ts';

/** The one shared type of a mailbag, a map. */
export const MAILBAG_ROOT = 'c';
/** An operation has at most 16 KiB; there is room for what operations may become. */
export const MAX_ENTRY_BYTES = 64 * 1024;
/** What is larger is sent in parts by honest members (transport/split-update.ts). */
export const MAX_UPDATE_BYTES = 1024 * 1024;

/** An envelope in the place it claims. */
export interface PlacedEntry {
  readonly place: number;
  readonly envelope: Bytes;
}

export type UpdateRefusal =
  /** More than MAX_UPDATE_BYTES, or an entry of more than MAX_ENTRY_BYTES. */
  | { readonly kind: 'too-long'; readonly limit: number }
  /** No update, or holding anything but bytes. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'deletes' }
  /** In another shared type, under another key than its place has, or beside another entry. */
  | { readonly kind: 'misplaced' };

/** Below this are the client numbers that Yjs draws for documents: the two never meet. */
const FIRST_PLACE = 2 ** 52;
/** Nine bytes of an id; six and a half make a place. */
const PLACE_CHARACTERS = 12;

/**
 * Where an envelope stands in every mailbag: a client number of its own, made of the first 52 bits of its id. Two of 10,000
 * ids share one by chance once in 10^8 groups; a device that makes two of its own collide wins nothing, since members compare
 * and fetch operations by their ids as well.
 */
export function placeOf(id: OperationId): number {
  const start = fromBase64url(id.slice(0, PLACE_CHARACTERS));
  if (!start) throw new Error('Broken invariant: an id is base64url');
  const view = new DataView(start.buffer);
  return FIRST_PLACE + view.getUint32(0) * 2 ** 20 + (view.getUint32(4) >>> 12);
}

/** The map's key of a place. */
export function keyOf(place: number): string {
  return place.toString(36);
}

/** The envelopes an update would add, each in the place it claims; whether they are what they should be is not looked at here. */
export function readEntries(update: Uint8Array): Result<readonly PlacedEntry[], UpdateRefusal> {
  if (update.length > MAX_UPDATE_BYTES) return fail({ kind: 'too-long', limit: MAX_UPDATE_BYTES });
  const read = readUpdate(update);
  if (!read) return fail({ kind: 'malformed' });
  if (read.deletions.length > 0) return fail({ kind: 'deletes' });
  const entries: PlacedEntry[] = [];
  for (const insertion of read.insertions) {
    const { content } = insertion;
    if (content.kind !== 'bytes') return fail({ kind: content.kind === 'gone' ? 'deletes' : 'malformed' });
    if (content.bytes.length > MAX_ENTRY_BYTES) return fail({ kind: 'too-long', limit: MAX_ENTRY_BYTES });
    if (!standsAlone(insertion)) return fail({ kind: 'misplaced' });
    entries.push({ place: insertion.client, envelope: new Uint8Array(content.bytes) });
  }
  return succeed(entries);
}

/** As `Mailbag` writes them: first and only under its client number, no neighbours, the key that belongs to it. */
function standsAlone({ client, clock, after, before, root, key }: Insertion): boolean {
  return clock === 0 && !after && !before && root === MAILBAG_ROOT && client >= FIRST_PLACE && key === keyOf(client);
}
