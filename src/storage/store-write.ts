/**
 * What the `Write`s of our ports are inside: data, so that many of them become few database calls.
 *
 * Compute outside, write inside: an IndexedDB transaction ends as soon as it is left idle, so all encryption that can be
 * done before is done before it begins.
 */
import type { Dexie } from 'dexie';
import { assert } from '../lib/assert.ts';
import type { Write } from '../lib/write.ts';
import type { Later } from './after-this.ts';
import type { EarlyShowing } from './early-showing.ts';
import { refusing, StoreRefused } from './store-refused.ts';

/** One way of writing, done for many items at once. */
export interface Batch<Item> {
  readonly tables: readonly string[];
  /**
   * Does what needs no database, at once; the function returned does the rest, inside the transaction. If that resolves to a
   * function, it is called once the transaction is saved and whoever waited for that has gone on. What it gave to `showEarly` may
   * be shown while the transaction is being saved.
   */
  prepare(items: readonly Item[]): Step;
}

type Step = (showEarly: (showing: EarlyShowing) => void) => PromiseLike<unknown>;

interface StoreWrite extends Write {
  readonly batch: Batch<unknown>;
  readonly item: unknown;
}

export function writeOf<Item>(batch: Batch<Item>, item: Item): Write {
  const write: StoreWrite = { tables: batch.tables, batch, item };
  return write;
}

/** Carries out all writes in one transaction: all or none. Rejects with `StoreRefused` when the database does. */
export async function carryOut(database: Dexie, writes: readonly Write[], later: Later): Promise<void> {
  if (!database.isOpen()) throw new StoreRefused('storage-refused');
  const groups = groupWrites(writes);
  if (groups.length === 0) return;
  const steps = groups.map(({ batch, items }) => batch.prepare(items));
  const tables = [...new Set(groups.flatMap(({ batch }) => batch.tables))];
  const early: EarlyShowing[] = [];
  const write = areApart(groups)
    ? async () => {
        const results = await Promise.all(steps.map((step) => step((showing) => early.push(showing))));
        // Not before: drawing would keep us from taking the answers the database waits to have taken before it saves.
        if (early.length > 0) later(() => early.forEach((showing) => showing.show()));
        return results;
      }
    : async () => inTurn(steps);
  const results = await refusing(database.transaction('rw', tables, write)).catch((reason: unknown) => {
    for (const showing of early) showing.refuse();
    throw reason;
  });
  const tell = results.filter((result) => typeof result === 'function') as (() => void)[];
  if (tell.length > 0) later(() => tell.forEach((saved) => saved()));
}

/** What one of them adds another may remove: so none is shown before all are saved, and then they tell of it in turn. */
async function inTurn(steps: readonly Step[]): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const step of steps) results.push(await step(() => undefined));
  return results;
}

interface Group {
  readonly batch: Batch<unknown>;
  readonly items: unknown[];
}

/** Joins writes of one batch, past others in between as long as those touch none of its tables. */
function groupWrites(writes: readonly Write[]): readonly Group[] {
  const groups: Group[] = [];
  for (const write of writes) {
    assert(isStoreWrite(write), 'a write is made by the store that carries it out');
    const { batch, item } = write;
    const last = groups.findLast((group) => shareTables(group.batch, batch));
    if (last?.batch === batch) last.items.push(item);
    else groups.push({ batch, items: [item] });
  }
  return groups;
}

/** Whether no two of them touch a table in common: then they need not wait for each other. */
function areApart(groups: readonly Group[]): boolean {
  const tables = groups.flatMap(({ batch }) => batch.tables);
  return new Set(tables).size === tables.length;
}

function isStoreWrite(write: Write): write is StoreWrite {
  return 'batch' in write;
}

function shareTables(one: Batch<unknown>, other: Batch<unknown>): boolean {
  return one === other || one.tables.some((table) => other.tables.includes(table));
}
