/** What groups keep: themselves, their operations, their log, and small things by name. */
import type { GroupStore } from '../groups/ports.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Committer } from '../lib/write.ts';
import type { GroupId } from '../protocol/ids.ts';
import { appendingBatch, readLog, readVector, type LogExtent, type LogPage } from './group-log.ts';
import { OperationBlocks, type OperationBlock } from './operation-blocks.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';
import { writeOf, type Batch } from './store-write.ts';

/** A group's own word about itself, encoded by it. */
export interface GroupRow {
  readonly group: GroupId;
  readonly state: Bytes;
}

export interface Parcel {
  readonly group: GroupId;
  readonly kind: string;
  readonly name: string;
  readonly body: Bytes;
}

export const groupsShape: TableShape<GroupRow> = {
  name: 'groups',
  version: 1,
  columns: [],
  idOf: ({ group }, tag) => tag(group),
};

export const parcelsShape: TableShape<Parcel> = {
  name: 'groupParcels',
  version: 1,
  columns: ['group', 'shelf'],
  idOf: ({ group, kind, name }, tag) => tag(`${group}/${kind}/${name}`),
  columnsOf: ({ group, kind }, tag) => ({ group: tag(group), shelf: tag(`${group}/${kind}`) }),
};

export interface GroupTables {
  readonly groups: SealedTable<GroupRow>;
  readonly groupOperations: SealedTable<OperationBlock>;
  readonly groupLog: SealedTable<LogPage>;
  readonly groupExtents: SealedTable<LogExtent>;
  readonly groupParcels: SealedTable<Parcel>;
}

export function createGroupStore(tables: GroupTables, commit: Committer['commit']): GroupStore {
  const { groups, groupParcels: parcels } = tables;
  const operations = new OperationBlocks(tables.groupOperations);
  const logTables = { log: tables.groupLog, extents: tables.groupExtents };
  const appending = appendingBatch(logTables);
  const deleting = deletingBatch(tables, operations);
  return {
    commit,
    groups: () => groups.list(),
    putGroup: (group, state) => groups.put({ group, state }),
    operations: (group) => operations.all(group),
    addOperations: (added) => writeOf(operations.adding, added),
    log: (group, device, from, limit) => readLog(logTables, { group, device }, from, limit),
    logVector: (group, after) => readVector(logTables, group, after),
    addLog: (entries) => writeOf(appending, entries),
    parcels: async (group, kind) => {
      const found = await parcels.list(() => parcels.rows.where({ shelf: parcels.tag(`${group}/${kind}`) }).toArray());
      return found.map(({ name, body }) => ({ name, body }));
    },
    putParcel: (group, kind, name, body) => parcels.put({ group, kind, name, body }),
    deleteParcel: (group, kind, name) => parcels.delete((tag) => [tag(`${group}/${kind}/${name}`)]),
    deleteGroup: (group) => writeOf(deleting, group),
  };
}

function deletingBatch(tables: GroupTables, operations: OperationBlocks): Batch<GroupId> {
  const { groups, groupLog, groupExtents, groupParcels } = tables;
  return {
    tables: Object.keys(tables),
    prepare: (ids) => {
      const found = ids.map((group) => ({
        group,
        row: groups.tag(group),
        others: [groupLog, groupExtents, groupParcels].map(({ rows, tag }) => rows.where({ group: tag(group) })),
      }));
      return async () => {
        for (const { group, row, others } of found) {
          operations.forget(group);
          await Promise.all([groups.rows.delete(row), operations.rowsOf(group).delete(), ...others.map((rows) => rows.delete())]);
        }
      };
    },
  };
}
