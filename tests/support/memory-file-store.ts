import type { FileRecord, FileSettings, FileStore } from '../../src/files/ports.ts';
import type { Write } from '../../src/lib/write.ts';
import type { FileId } from '../../src/protocol/ids.ts';

interface MemoryWrite extends Write {
  readonly carryOut: () => void;
}

/** What is known of files, in memory. */
export class MemoryFileStore implements FileStore {
  readonly records = new Map<FileId, FileRecord>();
  #settings: FileSettings | undefined;

  commit(writes: readonly Write[]): Promise<void> {
    for (const write of writes) (write as MemoryWrite).carryOut();
    return Promise.resolve();
  }

  all(): Promise<readonly FileRecord[]> {
    return Promise.resolve([...this.records.values()]);
  }

  record(file: FileId): Promise<FileRecord | undefined> {
    return Promise.resolve(this.records.get(file));
  }

  update(file: FileId, update: (before: FileRecord | undefined) => FileRecord | undefined): Write {
    return writing(() => {
      const after = update(this.records.get(file));
      if (after) this.records.set(file, after);
      else this.records.delete(file);
    });
  }

  delete(file: FileId): Write {
    return writing(() => this.records.delete(file));
  }

  settings(): Promise<FileSettings | undefined> {
    return Promise.resolve(this.#settings);
  }

  putSettings(settings: FileSettings): Write {
    return writing(() => {
      this.#settings = settings;
    });
  }
}

function writing(carryOut: () => void): MemoryWrite {
  return { tables: ['files'], carryOut };
}
