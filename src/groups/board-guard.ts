/**
 * What stands before a group's board (PROTOCOL.md, rules Y…). A board is a plain shared text: every member may write and delete,
 * so it is bounded, and kept to what writing a plain text brings about.
 */
import { getState, type Doc } from 'yjs';
import { MAX_UPDATE_BYTES } from './guard.ts';
import { readUpdate, type Insertion, type Place, type ReadUpdate } from './yjs-update.ts';

/** The one shared type of a board, a text. */
export const BOARD_ROOT = 't';
/** A document of some 40 pages with what it remembers of the deleted; nobody's own edit goes beyond. */
export const MAX_BOARD_BYTES = 256 * 1024;
/** Members who write without seeing each other may go beyond together; this far they do not without meaning to. */
export const MAX_BOARD_BYTES_TAKEN = 4 * MAX_BOARD_BYTES;
/** Runs of text that one's own edits bring it to. The time it takes to place one grows with them: all together, some seconds at worst. */
export const MAX_BOARD_RUNS = 15_000;
export const MAX_BOARD_RUNS_TAKEN = 20_000;

/** Whether an update does to a board what an honest member's would do. */
export function isBoardUpdate(update: Uint8Array, doc: Doc): boolean {
  const read = update.length <= MAX_UPDATE_BYTES ? readUpdate(update) : undefined;
  return read !== undefined && read.insertions.every((run) => isPlainText(run)) && isConnected(read, doc);
}

/** How many runs a board consists of, deleted ones included. */
export function runsIn(doc: Doc): number {
  let runs = 0;
  for (const own of doc.store.clients.values()) runs += own.length;
  return runs;
}

function isPlainText({ after, before, root, key, content }: Insertion): boolean {
  // Beside a neighbour is where the neighbour is; what was deleted altogether is nowhere.
  const isPlaced = (after ?? before) !== undefined || (content.kind === 'gone' && root === undefined) || root === BOARD_ROOT;
  return content.kind !== 'bytes' && isPlaced && key === undefined;
}

/**
 * Whether an update builds only on what is there. Members send in the order in which they came to know, so a gap is no accident;
 * Yjs would keep what follows one, without any bound. And nobody but this document writes under its number.
 */
function isConnected({ insertions, deletions }: ReadUpdate, doc: Doc): boolean {
  const own = doc.clientID;
  const ends = new Map<number, number>();
  for (const { client, clock, length } of insertions) {
    const end = clock + length;
    if (clock > endOf(client) || (client === own && end > getState(doc.store, own))) return false;
    ends.set(client, Math.max(end, endOf(client)));
  }
  const isKnown = (place: Place | undefined): boolean => !place || place.clock < endOf(place.client);
  return (
    insertions.every(({ after, before }) => isKnown(after) && isKnown(before)) &&
    deletions.every(({ client, clock, length }) => clock + length <= endOf(client))
  );

  function endOf(client: number): number {
    return ends.get(client) ?? getState(doc.store, client);
  }
}
