/**
 * Cuts a large Yjs update into updates that can be applied one after another: what a part builds upon is in it or before it.
 * So a first sync of any size passes limits on single updates, is applied in steps between which a page can breathe, and
 * shares its link.
 */
import * as encoding from 'lib0/encoding';
import { decodeUpdate, parseUpdateMeta, UpdateEncoderV1, type GC, type ID, type Item, type Skip } from 'yjs';

type Struct = Item | GC | Skip;

interface Run {
  readonly structs: readonly Struct[];
  /** How many of them are in their place. */
  placed: number;
}

/** An update of at most `limit` bytes as it is; a larger one in parts of about that size, more where a single item is larger. */
export function splitUpdate(update: Uint8Array, limit: number): readonly Uint8Array[] {
  if (update.length <= limit) return [update];
  const { structs, ds } = decodeUpdate(update);
  const parts = sliced(inOrder(structs), limit).map((part) => encodePart(part));
  const deletions = encodeDeletions(ds.clients);
  // Deletions last: they are of what is there by then.
  return deletions ? [...parts, deletions] : parts;
}

/** Whether somebody who is as far as `vector` has all that an update would add. Never, if it deletes anything. */
export function isCoveredBy(update: Uint8Array, vector: ReadonlyMap<number, number>): boolean {
  // An update ends with its deletions: no others end with a zero, their count.
  if (update.at(-1) !== 0) return false;
  for (const [client, end] of parseUpdateMeta(update).to) if ((vector.get(client) ?? 0) < end) return false;
  return true;
}

/** Every item after those it names, and after those its client number wrote before it. */
function inOrder(structs: readonly Struct[]): Struct[] {
  const runs = new Map<number, Run>();
  for (const [client, own] of byClient(structs)) runs.set(client, { structs: own, placed: 0 });
  const ordered: Struct[] = [];
  for (const run of runs.values()) {
    const path = [run];
    for (let current = path.at(-1); current; current = path.at(-1)) {
      const next = current.structs[current.placed];
      const missing = next && missingRun(next, runs, path);
      if (missing) path.push(missing);
      else if (next) {
        ordered.push(next);
        current.placed++;
        // Only as far as the one that waits for it needs.
        if (path.length > 1) path.pop();
      } else path.pop();
    }
  }
  return ordered;
}

/** The run that has to go on before this item can be placed. */
function missingRun(struct: Struct, runs: ReadonlyMap<number, Run>, path: readonly Run[]): Run | undefined {
  for (const { client, clock } of neighbours(struct)) {
    const run = runs.get(client);
    const next = run?.structs[run.placed];
    if (run && next && next.id.clock <= clock && !path.includes(run)) return run;
  }
  return undefined;
}

function neighbours(struct: Struct): ID[] {
  if (!('content' in struct)) return [];
  const { origin, rightOrigin, parent } = struct;
  // In an item that was only decoded, a parent is the id of a type or the name of a root.
  return [origin, rightOrigin, parent].filter((id): id is ID => id !== null && typeof id === 'object' && 'clock' in id);
}

function byClient(structs: readonly Struct[]): Map<number, Struct[]> {
  const own = new Map<number, Struct[]>();
  for (const struct of structs) {
    const { client } = struct.id;
    const known = own.get(client);
    if (known) known.push(struct);
    else own.set(client, [struct]);
  }
  return own;
}

function sliced(structs: readonly Struct[], limit: number): Struct[][] {
  const scratch = new UpdateEncoderV1();
  const parts: Struct[][] = [];
  let part: Struct[] = [];
  let bytes = 0;
  for (const struct of structs) {
    const before = encoding.length(scratch.restEncoder);
    struct.write(scratch, 0);
    const size = encoding.length(scratch.restEncoder) - before;
    if (part.length > 0 && bytes + size > limit) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(struct);
    bytes += size;
  }
  return [...parts, part];
}

function encodePart(structs: readonly Struct[]): Uint8Array {
  const out = new UpdateEncoderV1();
  const clients = [...byClient(structs)].sort(([a], [b]) => b - a);
  encoding.writeVarUint(out.restEncoder, clients.length);
  for (const [client, own] of clients) {
    encoding.writeVarUint(out.restEncoder, own.length);
    out.writeClient(client);
    encoding.writeVarUint(out.restEncoder, own[0]?.id.clock ?? 0);
    for (const struct of own) struct.write(out, 0);
  }
  encoding.writeVarUint(out.restEncoder, 0);
  return out.toUint8Array();
}

/** An update of nothing but these deletions. */
function encodeDeletions(
  clients: ReadonlyMap<number, readonly { readonly clock: number; readonly len: number }[]>,
): Uint8Array | undefined {
  if (clients.size === 0) return undefined;
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, 0);
  encoding.writeVarUint(out, clients.size);
  for (const [client, deletions] of clients) {
    encoding.writeVarUint(out, client);
    encoding.writeVarUint(out, deletions.length);
    for (const { clock, len } of deletions) {
      encoding.writeVarUint(out, clock);
      encoding.writeVarUint(out, len);
    }
  }
  return encoding.toUint8Array(out);
}
