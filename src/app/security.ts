/** The vault as its owner sees it from inside: settings, password, passkeys, and what locks it again. */
import type { Accounts } from '../identity/accounts.ts';
import type { LogInKeeper } from '../identity/log-in-keeper.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { SecuritySettings, SecurityStore } from '../identity/ports.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell } from '../lib/observable.ts';
import { succeed } from '../lib/result.ts';
import type { Security } from '../ui/parley.ts';
import { AutoLock, type Watching } from './auto-lock.ts';
import type { Leaving } from './leaving.ts';
import { orStorageFailure } from './storage-failure.ts';
import type { Troubles } from './troubles.ts';

/**
 * A locked account is not reachable: nobody's messages arrive. So it stays open while its log-in lasts, which ends when
 * nobody was here for half a day, and whoever shares a device chooses a time to lock.
 */
const DEFAULT_SETTINGS: SecuritySettings = { lockAfterMinutes: undefined, lockWhenHidden: false, staysInHours: 12 };

export interface SecurityOptions {
  readonly vault: OpenVault;
  readonly accounts: Accounts;
  readonly store: SecurityStore;
  readonly clock: Clock;
  readonly watching: Watching;
  readonly leave: Leaving;
  readonly troubles: Troubles;
}

export interface OpenSecurity {
  readonly security: Security;
  /** `keepLogIn`: another tab, or this one after a reload, may come in without a password. */
  close(how: { readonly keepLogIn: boolean }): Promise<void>;
}

export async function openSecurity({ vault, accounts, store, clock, watching, leave, troubles }: SecurityOptions): Promise<OpenSecurity> {
  const unexpectedly = (step: Promise<void>): Promise<void> => step.catch((reason: unknown) => troubles.report(reason));
  const keeper = accounts.keeperOf(vault);
  const [kept, keyring] = await Promise.all([store.load(), accounts.keyringOf(vault)]);
  const settings = new Cell(kept ?? DEFAULT_SETTINGS);
  // Waited for, so that a reload right after going in does not ask again; that it cannot be kept is no reason to stay out.
  await unexpectedly(keep(keeper, settings.value));
  const autoLock = new AutoLock(settings.value, {
    clock,
    watching,
    lock: () => void unexpectedly(leave.lock()),
    onSeen: () => void unexpectedly(keeper.seen()),
  });

  const security: Security = {
    settings,
    change: (changed) =>
      orStorageFailure(async () => {
        await store.save(changed);
        settings.set(changed);
        autoLock.change(changed);
        await keep(keeper, changed);
        return succeed(undefined);
      }),
    strengthOf: (password) => keyring.strengthOf(password),
    changePassword: (current, next) =>
      orStorageFailure(async () => {
        const changed = await keyring.changePassword(current, next);
        // What was kept under the old password is dropped; the person has just proven who they are.
        if (changed.ok) await keeper.renew();
        return changed;
      }),
    canHavePasskey: keyring.canHavePasskey,
    passkeys: keyring.passkeys,
    addPasskey: () => orStorageFailure(() => keyring.addPasskey()),
    removePasskey: (id) =>
      orStorageFailure(async () => {
        await keyring.removePasskey(id);
        return succeed(undefined);
      }),
    deleteAccount: async (password) => {
      const confirmed = await keyring.confirm(password);
      if (confirmed.ok) await leave.erase();
      return confirmed;
    },
  };
  return {
    security,
    close: async ({ keepLogIn }) => {
      autoLock.close();
      await keeper.close({ drop: !keepLogIn });
    },
  };
}

/** Leaving a page hides it: whoever wants a hidden page locked wants the password after a reload. */
function keep(keeper: LogInKeeper, { lockWhenHidden, staysInHours }: SecuritySettings): Promise<void> {
  return keeper.keepFor(lockWhenHidden ? 0 : staysInHours);
}
