/** Backups as the screens see them: making one here. Reading one back is restoration.ts. */
import type { Accounts } from '../identity/accounts.ts';
import type { BackupStore } from '../identity/backup-store.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { succeed } from '../lib/result.ts';
import type { Backup } from '../ui/parley.ts';
import { orStorageFailure } from './storage-failure.ts';

/** Parts of this size are handed to the browser, which may keep them on the disk. */
const PART_BYTES = 4 * 1_048_576;

export interface BackupParts {
  readonly vault: OpenVault;
  readonly accounts: Accounts;
  readonly store: BackupStore;
  readonly clock: Pick<Clock, 'now'>;
}

export function createBackup({ vault, accounts, store, clock }: BackupParts): Backup {
  return {
    lastMade: store.lastMade(),
    make: (password, progress) =>
      orStorageFailure(async () => {
        const file = new GrowingFile();
        const begun = await accounts.beginBackup(vault, password, (part) => file.append(part));
        if (!begun.ok) return begun;
        await store.readRows((row) => begun.value.add(row), progress);
        begun.value.finish();
        const made = clock.now();
        await store.saveLastMade(made);
        return succeed({ file: file.whole(), name: nameOf(made) });
      }),
  };
}

/** The day where the person is; nobody's name: files are seen by many. */
function nameOf(made: number): string {
  const day = new Date(made);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `parley-backup-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}.parley`;
}

/** A file that is written to, without ever being whole in this page's memory. */
class GrowingFile {
  #blob = new Blob();
  #parts: Bytes[] = [];
  #waiting = 0;

  append(part: Bytes): void {
    this.#parts.push(part);
    this.#waiting += part.length;
    if (this.#waiting >= PART_BYTES) this.#settle();
  }

  whole(): Blob {
    this.#settle();
    return this.#blob;
  }

  #settle(): void {
    this.#blob = new Blob([this.#blob, ...this.#parts], { type: 'application/octet-stream' });
    this.#parts = [];
    this.#waiting = 0;
  }
}
