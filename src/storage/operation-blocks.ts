/**
 * Operations of groups: small, never changed, thousands of them, and read all at once. A row each would cost more than
 * everything that is done with them; so many lie in one row, and the last row of a group is filled up before another is begun.
 */
import type { StoredEnvelope } from '../groups/ports.ts';
import type { Bytes } from '../lib/bytes.ts';
import { groupBy } from '../lib/group-by.ts';
import type { GroupId, OperationId } from '../protocol/ids.ts';
import type { SealedRow, SealedTable, TableShape } from './sealed-table.ts';
import type { Batch } from './store-write.ts';

/** A block takes operations until it has so many bytes. It is sealed again for each: more would make a single one slow. */
const FULL_BYTES = 32_768;

export interface OperationBlock {
  readonly group: GroupId;
  /** Counts the blocks of a group from 0. */
  readonly place: number;
  readonly ids: readonly OperationId[];
  readonly envelopes: readonly Bytes[];
}

export const operationsShape: TableShape<OperationBlock> = {
  name: 'groupOperations',
  version: 1,
  columns: ['group', 'place'],
  idOf: ({ group, place }, tag) => tag(`${group}/${place}`),
  columnsOf: ({ group, place }, tag) => ({ group: tag(group), place }),
};

/** What a group's blocks hold, as far as it is known: once `whole`, no block has to be read to know what is new. */
interface Known {
  readonly ids: Set<OperationId>;
  whole: boolean;
}

interface Added {
  readonly known: Known;
  readonly ids: readonly OperationId[];
}

export class OperationBlocks {
  readonly #table: SealedTable<OperationBlock>;
  /**
   * Ids are entered when they are saved for sure. Saved and not entered yet, one may be written twice, and is read once; the
   * other way round it would be lost.
   */
  readonly #known = new Map<GroupId, Known>();

  constructor(table: SealedTable<OperationBlock>) {
    this.#table = table;
  }

  /** In the order in which they were added. */
  async all(group: GroupId): Promise<readonly StoredEnvelope[]> {
    const known = this.#knownOf(group);
    const found = new Map<OperationId, StoredEnvelope>();
    for (const { ids, envelopes } of await this.#table.list(() => this.rowsOf(group).toArray()))
      for (const [index, envelope] of envelopes.entries()) {
        const id = ids[index];
        if (id !== undefined && !found.has(id)) found.set(id, { id, group, envelope });
      }
    for (const id of found.keys()) known.ids.add(id);
    known.whole = true;
    return [...found.values()];
  }

  readonly adding: Batch<readonly StoredEnvelope[]> = {
    tables: [operationsShape.name],
    prepare: (lists) => {
      const byGroup = groupBy(lists.flat(), ({ group }) => group);
      return async () => {
        const added: Added[] = [];
        for (const [group, operations] of byGroup) added.push(await this.#append(group, operations));
        return () => {
          for (const { known, ids } of added) for (const id of ids) known.ids.add(id);
        };
      };
    },
  };

  /** A group's blocks in order, to be read or deleted. */
  rowsOf(group: GroupId) {
    const groupTag = this.#table.tag(group);
    return this.#table.rows.where('[group+place]').between([groupTag, 0], [groupTag, Infinity]);
  }

  /** To be called inside the transaction that deletes a group's blocks. */
  forget(group: GroupId): void {
    this.#known.delete(group);
  }

  async #append(group: GroupId, operations: readonly StoredEnvelope[]): Promise<Added> {
    const known = this.#knownOf(group);
    const rows = known.whole ? await this.rowsOf(group).reverse().limit(1).toArray() : await this.#learn(group, known);
    const fresh = new Map(operations.filter(({ id }) => !known.ids.has(id)).map((operation) => [operation.id, operation]));
    if (fresh.size > 0) {
      const blocks = filled(this.#openBlock(group, rows.at(-1)), [...fresh.values()]);
      await this.#table.rows.bulkPut(blocks.map((block) => this.#table.seal(block)));
    }
    return { known, ids: [...fresh.keys()] };
  }

  async #learn(group: GroupId, known: Known): Promise<readonly SealedRow[]> {
    const rows = await this.rowsOf(group).toArray();
    for (const row of rows) for (const id of this.#table.open(row)?.ids ?? []) known.ids.add(id);
    known.whole = true;
    return rows;
  }

  /** The block to be filled up. One that does not open is left alone: what it held is asked of the others again. */
  #openBlock(group: GroupId, last: SealedRow | undefined): OperationBlock {
    const place = Number(last?.['place'] ?? -1);
    return (last && this.#table.open(last)) ?? { group, place: place + 1, ids: [], envelopes: [] };
  }

  #knownOf(group: GroupId): Known {
    const known = this.#known.get(group) ?? { ids: new Set(), whole: false };
    this.#known.set(group, known);
    return known;
  }
}

/** The block with the operations behind what it has, and as many blocks after it as they need. */
function filled(first: OperationBlock, operations: readonly StoredEnvelope[]): readonly OperationBlock[] {
  const { group } = first;
  let block = { ...first, ids: [...first.ids], envelopes: [...first.envelopes] };
  let bytes = block.envelopes.reduce((sum, { length }) => sum + length, 0);
  const blocks = [block];
  for (const { id, envelope } of operations) {
    if (bytes >= FULL_BYTES) {
      block = { group, place: block.place + 1, ids: [], envelopes: [] };
      blocks.push(block);
      bytes = 0;
    }
    block.ids.push(id);
    block.envelopes.push(envelope);
    bytes += envelope.length;
  }
  return blocks;
}
