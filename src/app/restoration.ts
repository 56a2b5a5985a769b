/**
 * A backup read back into this browser. It goes into a database of its own, which becomes an account's only when the file was
 * read to its end: whatever goes wrong before leaves nothing, and what the browser's own end leaves is deleted at the next
 * start.
 */
import type { Accounts, PendingReturn, ReturnFailure } from '../identity/accounts.ts';
import type { BackupFailure, OpenBackup } from '../identity/backup-file.ts';
import type { BackupStore, HalfMade } from '../identity/backup-store.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { AccountRegistry } from '../identity/ports.ts';
import { wipe } from '../crypto/wipe.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { BackupRowUnreadable } from '../storage/backup-store.ts';
import type { BackupKey, RestoreFailure } from '../ui/parley.ts';
import { orStorageFailure } from './storage-failure.ts';

/** Runs the work when no other tab does such; undefined, at once, when one does and `wait` is false. */
export type Alone = <Value>(work: () => Promise<Value>, options: { readonly wait: boolean }) => Promise<Value | undefined>;

export interface RestorationSite {
  readonly registry: Pick<AccountRegistry, 'at'>;
  readonly halfMade: HalfMade;
  readonly openStores: (vault: OpenVault) => Promise<{ readonly backup: BackupStore; close(): Promise<void> }>;
  readonly deleteStores: (database: string) => Promise<void>;
  readonly alone: Alone;
}

/** Deletes what restorations left that never came to their end. Called at each start. */
export async function clearHalfMade({ registry, halfMade, deleteStores, alone }: RestorationSite): Promise<void> {
  await alone(
    async () => {
      for (const database of await halfMade.noted()) {
        if (!(await registry.at(database))) await deleteStores(database);
        await halfMade.forget(database);
      }
    },
    { wait: false },
  );
}

/** Reads a backup and gives the account open, as after logging in. `progress`: 0 to 1. */
export async function restore(
  accounts: Accounts,
  site: RestorationSite,
  file: Blob,
  key: BackupKey,
  progress: (part: number) => void,
): Promise<Result<OpenVault, RestoreFailure>> {
  const restored = await site.alone(() => orStorageFailure(() => readBack(accounts, site, file, key, progress)), { wait: true });
  return restored ?? fail({ kind: 'storage-refused' });
}

async function readBack(
  accounts: Accounts,
  site: RestorationSite,
  file: Blob,
  key: BackupKey,
  progress: (part: number) => void,
): Promise<Result<OpenVault, RestoreFailure>> {
  const opened = await orUnreadable(() => accounts.openBackup(file, key));
  if (!opened.ok) return opened;
  const returned = await bringBack(accounts, opened.value, key);
  if (!returned.ok) return returned;
  const { open } = returned.value;
  await site.halfMade.note(open.database);
  try {
    const filled = await orUnreadable(() => fill(site, opened.value, open, progress));
    if (filled.ok) {
      await returned.value.finish();
      await site.halfMade.forget(open.database);
      return succeed(open);
    }
    await undo(site, open);
    return filled;
  } catch (reason) {
    await undo(site, open);
    throw reason;
  }
}

async function bringBack(accounts: Accounts, backup: OpenBackup, key: BackupKey): Promise<Result<PendingReturn, ReturnFailure>> {
  const returned = await accounts.bringBack(backup.account, key.kind === 'password' ? key.password : key.newPassword);
  wipe(backup.account.entropy);
  return returned;
}

async function fill(
  site: RestorationSite,
  backup: OpenBackup,
  open: OpenVault,
  progress: (part: number) => void,
): Promise<Result<undefined, BackupFailure>> {
  const stores = await site.openStores(open);
  try {
    const read = await backup.readRows((rows) => stores.backup.writeRows(rows), progress);
    if (read.ok) await stores.backup.saveLastMade(backup.created);
    return read;
  } finally {
    await stores.close();
  }
}

async function undo({ halfMade, deleteStores }: RestorationSite, open: OpenVault): Promise<void> {
  open.close();
  await deleteStores(open.database);
  await halfMade.forget(open.database);
}

/** A file on a drive that was pulled out is as good as cut off there. */
async function orUnreadable<Value, Failure>(
  step: () => Promise<Result<Value, Failure>>,
): Promise<Result<Value, Failure | { readonly kind: 'backup-damaged' }>> {
  try {
    return await step();
  } catch (reason) {
    const isFileGone = reason instanceof DOMException && (reason.name === 'NotReadableError' || reason.name === 'NotFoundError');
    if (isFileGone || reason instanceof BackupRowUnreadable) return fail({ kind: 'backup-damaged' });
    throw reason;
  }
}
