/** What is known of files, beside their bytes: those are on the shelf (file-shelf.ts). */
import type { FileRecord, FileStore } from '../files/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { FileId } from '../protocol/ids.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';
import type { Setting } from './settings-store.ts';
import { writeOf, type Batch } from './store-write.ts';

export const filesShape: TableShape<FileRecord> = {
  name: 'files',
  version: 1,
  columns: [],
  idOf: ({ file }, tag) => tag(file),
};

export interface FileTables {
  readonly files: SealedTable<FileRecord>;
  readonly settings: SealedTable<Setting>;
}

/** `update` that answers with undefined leaves no record. */
export function createFileStore({ files, settings }: FileTables, commit: Committer['commit']): FileStore {
  const updating = updatingBatch(files);
  return {
    commit,
    all: () => files.list(),
    record: (file) => files.get((tag) => tag(file)),
    update: (file, update) => writeOf(updating, { file, update }),
    delete: (file) => files.delete((tag) => [tag(file)]),
    settings: async () => {
      const setting = await settings.get((tag) => tag('files'));
      return setting?.name === 'files' ? setting.files : undefined;
    },
    putSettings: (chosen) => settings.put({ name: 'files', files: chosen }),
  };
}

interface Update {
  readonly file: FileId;
  readonly update: (before: FileRecord | undefined) => FileRecord | undefined;
}

/** Each is told what those before it left: a file that came in two messages at once gets both its places. */
function updatingBatch(files: SealedTable<FileRecord>): Batch<Update> {
  return {
    tables: [filesShape.name],
    prepare: (updates) => {
      const found = updates.map(({ file, update }) => ({ id: files.tag(file), update }));
      return async () => {
        for (const { id, update } of found) {
          const row = await files.rows.get(id);
          const record = update(row && files.open(row));
          if (record) await files.rows.put(files.seal(record));
          else if (row) await files.rows.delete(id);
        }
      };
    },
  };
}
