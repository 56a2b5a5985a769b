/**
 * The log of a group: what each device wrote, by its own numbers, as it was carried. What comes together lies together: a row
 * holds neighbours of one device, and beside the rows stands which numbers there are.
 */
import type { LogEntry } from '../groups/ports.ts';
import { groupBy } from '../lib/group-by.ts';
import type { GroupId } from '../protocol/ids.ts';
import { hasNumber, joinRuns, runsOf, type Run } from './runs.ts';
import type { SealedRow, SealedTable, TableShape } from './sealed-table.ts';
import type { Batch } from './store-write.ts';

/** So much of one device is read or written in one piece, but for a single longer message. */
const PAGE_BYTES = 65_536;
const PAGE_ENTRIES = 128;
/** Pages asked for first; twice as many each time they do not hold enough. A page may be one message or a hundred. */
const FIRST_PAGES = 4;

/** Whose log: a device in a group. */
interface Author {
  readonly group: GroupId;
  readonly device: string;
}

/** Entries whose numbers follow each other without a gap. */
export interface LogPage extends Author {
  readonly entries: readonly Omit<LogEntry, keyof Author>[];
}

/** The numbers of the entries that are there. */
export interface LogExtent extends Author {
  readonly runs: readonly Run[];
}

/** How many messages each (unnamed) device wrote is plain, as lamport times are. */
export const logShape: TableShape<LogPage> = {
  name: 'groupLog',
  version: 1,
  columns: ['group', 'author', 'last'],
  idOf: (page, tag) => tag(`${nameOf(page)}/${firstOf(page)}`),
  columnsOf: (page, tag) => ({ group: tag(page.group), author: tag(nameOf(page)), last: page.entries.at(-1)?.seq ?? 0 }),
};

export const extentsShape: TableShape<LogExtent> = {
  name: 'groupExtents',
  version: 1,
  columns: ['group'],
  idOf: (extent, tag) => tag(nameOf(extent)),
  columnsOf: ({ group }, tag) => ({ group: tag(group) }),
};

export interface LogTables {
  readonly log: SealedTable<LogPage>;
  readonly extents: SealedTable<LogExtent>;
}

/** Entries of one device from `from` on, in order, at most `limit`. */
export async function readLog({ log }: LogTables, author: Author, from: number, limit: number): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  let next = from;
  for (let size = FIRST_PAGES; entries.length < limit; size *= 2) {
    let rows: readonly SealedRow[] = [];
    const pages = await log.list(async () => (rows = await rowsOf(log, author, next).limit(size).toArray()));
    for (const entry of pages.flatMap((page) => page.entries)) if (entry.seq >= next) entries.push({ ...author, ...entry });
    if (rows.length < size) break;
    next = Number(rows.at(-1)?.['last']) + 1;
  }
  return entries.slice(0, limit);
}

/** For each device: the highest number up to which nothing is missing behind `after`. */
export async function readVector(
  { extents }: LogTables,
  group: GroupId,
  after: (device: string) => number = () => 0,
): Promise<ReadonlyMap<string, number>> {
  const all = await extents.list(() => extents.rows.where({ group: extents.tag(group) }).toArray());
  const lastBehind = (runs: readonly Run[], start: number) =>
    runs.find(([first, last]) => first <= start + 1 && last > start)?.[1] ?? start;
  return new Map(all.map(({ device, runs }) => [device, lastBehind(runs, after(device))]));
}

/** However many entries there are: one question, one `bulkPut` of pages, and one of extents. */
export function appendingBatch({ log, extents }: LogTables): Batch<readonly LogEntry[]> {
  const runsIn = async (author: Author, row: SealedRow | undefined): Promise<readonly Run[]> => {
    if (!row) return [];
    const extent = extents.open(row);
    if (extent) return extent.runs;
    // Damaged: what the pages themselves say.
    const pages = (await rowsOf(log, author, 0).toArray()).map((page) => log.open(page));
    return runsOf(pages.flatMap((page) => page?.entries.map(({ seq }) => seq) ?? []));
  };
  return {
    tables: [logShape.name, extentsShape.name],
    prepare: (lists) => {
      const authors = Array.from(groupBy(lists.flat(), nameOf), ([name, entries]) => ({ tag: extents.tag(name), entries }));
      return async () => {
        const rows = await extents.rows.bulkGet(authors.map(({ tag }) => tag));
        const pages: SealedRow[] = [];
        const extended: SealedRow[] = [];
        for (const [index, { entries }] of authors.entries()) {
          const [author] = entries;
          if (!author) continue;
          const { group, device } = author;
          const runs = await runsIn(author, rows[index]);
          const fresh = inOrder(entries.filter(({ seq }) => !hasNumber(runs, seq)));
          if (fresh.length === 0) continue;
          pages.push(...pagesOf(author, fresh).map((page) => log.seal(page)));
          extended.push(extents.seal({ group, device, runs: joinRuns(runs, runsOf(fresh.map(({ seq }) => seq))) }));
        }
        await Promise.all([log.rows.bulkPut(pages), extents.rows.bulkPut(extended)]);
      };
    },
  };
}

function nameOf({ group, device }: Author): string {
  return `${group}/${device}`;
}

function firstOf({ entries: [first] }: LogPage): number {
  return first?.seq ?? 0;
}

/** Pages that reach to `from` or beyond. */
function rowsOf(log: SealedTable<LogPage>, author: Author, from: number) {
  const authorTag = log.tag(nameOf(author));
  return log.rows.where('[author+last]').between([authorTag, from], [authorTag, Infinity]);
}

/** By number; of several at one place the first. */
function inOrder(entries: readonly LogEntry[]): readonly LogEntry[] {
  const places = new Map<number, LogEntry>();
  for (const entry of entries) if (!places.has(entry.seq)) places.set(entry.seq, entry);
  return [...places.values()].sort((a, b) => a.seq - b.seq);
}

function pagesOf({ group, device }: Author, entries: readonly LogEntry[]): readonly LogPage[] {
  const pages: { readonly entries: LogPage['entries'][number][]; bytes: number }[] = [];
  for (const { seq, id, envelope } of entries) {
    const page = pages.at(-1);
    const fits = page?.entries.at(-1)?.seq === seq - 1 && page.entries.length < PAGE_ENTRIES && page.bytes + envelope.length <= PAGE_BYTES;
    if (page && fits) {
      page.entries.push({ seq, id, envelope });
      page.bytes += envelope.length;
    } else {
      pages.push({ entries: [{ seq, id, envelope }], bytes: envelope.length });
    }
  }
  return pages.map((page) => ({ group, device, entries: page.entries }));
}
