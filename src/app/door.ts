/** The ways in, as the screens see them. What is behind the door, `Passage` knows. */
import type { Accounts } from '../identity/accounts.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { BackupKey, Door, RestoreFailure } from '../ui/parley.ts';
import { orStorageFailure } from './storage-failure.ts';
import type { Troubles } from './troubles.ts';

export interface Passage {
  /** Takes the vault over. Rejects with `StoreRefused` when the account's database cannot be opened. */
  goIn(vault: OpenVault): Promise<void>;
  /** Deletes the account's data, whoever has it open. */
  erase(database: string): Promise<void>;
  /** Reads a backup into this browser. */
  restore(file: Blob, key: BackupKey, progress: (part: number) => void): Promise<Result<OpenVault, RestoreFailure>>;
  readonly troubles: Troubles;
}

export function createDoor(accounts: Accounts, passage: Passage): Door {
  const admitted = async <Failure>(opened: Result<OpenVault, Failure>): Promise<Result<undefined, Failure>> => {
    if (!opened.ok) return opened;
    try {
      await passage.goIn(opened.value);
    } catch (reason) {
      if (!(reason instanceof StoreRefused)) throw reason;
      // The key was right: the person hears of the disk from the notices.
      passage.troubles.report(reason);
    }
    return succeed(undefined);
  };
  return {
    checkName: (userName) => accounts.checkName(userName),
    strengthOf: (password, userName) => accounts.strengthOf(password, userName),
    register: async (userName, password) => {
      const pending = await accounts.register(userName, password);
      if (!pending.ok) return pending;
      const registration = pending.value;
      const enter = async () => {
        await passage.goIn(await registration.finish());
        return succeed(undefined);
      };
      return succeed({ words: registration.words, finish: () => orStorageFailure(enter) });
    },
    logIn: async (userName, password) => admitted(await accounts.open(userName, password)),
    hasPasskey: (userName) => accounts.hasPasskey(userName),
    logInWithPasskey: async (userName) => admitted(await accounts.openWithPasskey(userName)),
    recover: async (userName, words, newPassword) => admitted(await accounts.recover(userName, words, newPassword)),
    restore: async (file, key, progress) => admitted(await passage.restore(file, key, progress)),
    forgetAccount: async (userName) => {
      const database = await accounts.databaseOf(userName);
      if (database === undefined) return fail({ kind: 'no-such-account' });
      await passage.erase(database);
      return succeed(undefined);
    },
  };
}
