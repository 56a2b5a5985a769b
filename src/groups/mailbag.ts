/**
 * The shared document in which a group's operations travel: a set of signed envelopes, carried by Yjs. It is never the truth and
 * never stored: it is made of the operations in the store, comes out the same on every device that holds the same ones, and
 * whatever it lacks of the store is put in again.
 */
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { OperationId } from '../protocol/ids.ts';
import type { Admission } from './ports.ts';
import { keyOf, MAILBAG_ROOT, placeOf, readEntries } from './guard.ts';

/** A group has at most 10,000 operations; as many again that never became part of it. Beyond, operations are fetched by id. */
export const MAX_MAILBAG_ENTRIES = 20_000;
const MAX_MAILBAG_BYTES = 32 * 1024 * 1024;

/** Info byte of an item of bytes with a key of its own and no neighbours (Yjs, structs/Item.js). */
const KEYED_BYTES = 0b0010_0011;
const IN_ROOT = 1;

export interface Envelope {
  readonly id: OperationId;
  readonly envelope: Bytes;
}

export interface MailbagOptions {
  /** The id of what is one well-signed operation of this group; undefined: it is not, and no honest member carries such a thing. */
  readonly identify: (envelope: Bytes) => OperationId | undefined;
  /**
   * Envelopes that an update brought and the document did not have, all identified; told before they are in the document. An
   * id may be known already, and what it names may wait for operations before it.
   */
  readonly onEnvelopes: (envelopes: readonly Envelope[]) => void;
}

export class Mailbag {
  /** To be carried, with `admit` before it. */
  readonly doc = new Y.Doc({ gc: false });
  readonly #options: MailbagOptions;
  readonly #entries = this.doc.getMap<Uint8Array>(MAILBAG_ROOT);
  #size = 0;
  #bytes = 0;

  constructor(options: MailbagOptions) {
    this.#options = options;
    this.#entries.observe(({ keysChanged }) => {
      this.#size += keysChanged.size;
      for (const key of keysChanged as ReadonlySet<string>) this.#bytes += this.#entries.get(key)?.length ?? 0;
    });
  }

  /** How many envelopes it holds. */
  get size(): number {
    return this.#size;
  }

  has(id: OperationId): boolean {
    return this.#holds(placeOf(id));
  }

  /** Puts in those that it lacks, and sends them to whoever is connected: at the start all of the store, later each new operation. */
  add(envelopes: readonly Envelope[]): void {
    const lacking = new Map<number, Bytes>();
    for (const { id, envelope } of envelopes) {
      const place = placeOf(id);
      if (!this.#holds(place)) lacking.set(place, envelope);
    }
    if (lacking.size > 0) Y.applyUpdate(this.doc, updateOf(lacking), this);
  }

  /** Looks at an update from a member before it is applied. */
  readonly admit = (update: Uint8Array): Admission => {
    const entries = readEntries(update);
    if (!entries.ok) return 'refuse';
    const fresh: Envelope[] = [];
    let bytes = 0;
    for (const { place, envelope } of entries.value) {
      const held = this.#entries.get(keyOf(place));
      if (held && equalBytes(held, envelope)) continue;
      const id = this.#options.identify(envelope);
      if (id === undefined || placeOf(id) !== place) return 'refuse';
      fresh.push({ id, envelope });
      bytes += envelope.length;
    }
    if (fresh.length > 0) this.#options.onEnvelopes(fresh);
    return this.#size + fresh.length > MAX_MAILBAG_ENTRIES || this.#bytes + bytes > MAX_MAILBAG_BYTES ? 'skip' : 'take';
  };

  close(): void {
    this.doc.destroy();
  }

  #holds(place: number): boolean {
    return this.#entries.has(keyOf(place));
  }
}

/** Written by hand, because a Yjs document writes under its own client number only. */
function updateOf(entries: ReadonlyMap<number, Bytes>): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, entries.size);
  // Descending, as Yjs writes them: what was received is then recognised when it is sent on.
  for (const [place, envelope] of [...entries].sort(([a], [b]) => b - a)) {
    encoding.writeVarUint(out, 1);
    encoding.writeVarUint(out, place);
    encoding.writeVarUint(out, 0);
    encoding.writeUint8(out, KEYED_BYTES);
    encoding.writeVarUint(out, IN_ROOT);
    encoding.writeVarString(out, MAILBAG_ROOT);
    encoding.writeVarString(out, keyOf(place));
    encoding.writeVarUint8Array(out, envelope);
  }
  const deletions = 0;
  encoding.writeVarUint(out, deletions);
  return encoding.toUint8Array(out);
}
