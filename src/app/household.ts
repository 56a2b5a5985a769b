/** What stands behind the door: keys, accounts, links. Loaded while the person looks at the first screen, which needs none of it. */
import { randomBytes } from '../crypto/random.ts';
import { sodiumReady } from '../crypto/sodium.ts';
import { Accounts } from '../identity/accounts.ts';
import type { Clock } from '../lib/clock.ts';
import { workAlone } from '../platform/alone.ts';
import { Attending } from '../platform/attention.ts';
import { canConnect } from '../platform/capabilities.ts';
import { browserPasskeys } from '../platform/passkeys.ts';
import { createPasswordHasher } from '../platform/password-hasher.ts';
import { SIGNALING_PATH } from '../protocol/signaling.ts';
import type { Rendezvous } from '../session/ports.ts';
import { deleteAccountDatabase } from '../storage/account-database.ts';
import { openAccountStores } from '../storage/account-stores.ts';
import { deleteFileShelf } from '../storage/file-shelf.ts';
import type { OpenRegistry } from '../storage/registry-database.ts';
import { createLinkMaker } from '../transport/peer-link.ts';
import { createSignalingClient } from '../transport/signaling-client.ts';
import { Arrival } from './arrival.ts';
import { createCallSurroundings } from './call-surroundings.ts';
import { createFileSurroundings } from './file-surroundings.ts';
import type { Prepared } from './gatehouse.ts';
import { openAccount, type AccountSurroundings } from './open-account.ts';
import { clearHalfMade, restore, type RestorationSite } from './restoration.ts';
import type { Troubles } from './troubles.ts';

const RESTORATION_LOCK = 'parley-restoration';

export interface HouseholdOptions {
  readonly window: Window;
  readonly clock: Clock;
  readonly registry: OpenRegistry;
  readonly troubles: Troubles;
}

export interface Household extends Prepared {
  /** Gets ready for a password that is about to be typed, or stops being so. */
  expectPassword(expected: boolean): void;
}

export async function createHousehold({ window, clock, registry, troubles }: HouseholdOptions): Promise<Household> {
  await sodiumReady();
  const surroundings: AccountSurroundings = {
    clock,
    attention: new Attending(window.document, clock),
    connect: () => connect(window, clock),
    maker: createLinkMaker({ clock }),
    canConnect: canConnect(),
    address: `${window.location.origin}/`,
    arrival: new Arrival(window),
    files: createFileSurroundings(window, clock),
    calls: createCallSurroundings(window, clock),
    troubles,
  };
  const { locks } = window.navigator as Partial<Navigator>;
  const hasher = createPasswordHasher();
  const { sessionKeys, halfMade } = registry;
  const passkeys = await browserPasskeys(window, randomBytes);
  const accounts = new Accounts({ registry, sessionKeys, hasher, passkeys, clock });
  const site: RestorationSite = {
    registry,
    halfMade,
    openStores: (vault) => openAccountStores(vault),
    deleteStores: deleteAccount,
    alone: (work, options) => workAlone(locks, RESTORATION_LOCK, work, options),
  };
  clearHalfMade(site).catch((reason: unknown) => troubles.report(reason));
  return {
    accounts,
    restore: (file, key, progress) => restore(accounts, site, file, key, progress),
    open: (vault, whose, leave) => openAccount(vault, whose, surroundings, leave),
    eraseStores: deleteAccount,
    expectPassword: (expected) => {
      if (expected) hasher.warm();
      else hasher.rest();
    },
  };
}

/** All of an account: what is known, and the bytes of its files. */
async function deleteAccount(database: string): Promise<void> {
  await deleteAccountDatabase(database);
  await deleteFileShelf(database);
}

/** The signaling server is the one that served the page. */
function connect(window: Window, clock: Clock): Rendezvous {
  const { protocol, host } = window.location;
  return createSignalingClient({
    url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${SIGNALING_PATH}`,
    clock,
    webSocket: (url) => new WebSocket(url),
    onWake: (listener) => {
      const wake = (): void => {
        if (window.document.visibilityState === 'visible') listener();
      };
      window.addEventListener('online', wake);
      window.document.addEventListener('visibilitychange', wake);
      return () => {
        window.removeEventListener('online', wake);
        window.document.removeEventListener('visibilitychange', wake);
      };
    },
  });
}
