/** Puts the house together in this browser: adapters, the door, and who is inside. The only one who knows all rooms. */
import { randomBytes } from '../crypto/random.ts';
import { sodiumReady } from '../crypto/sodium.ts';
import { Accounts } from '../identity/accounts.ts';
import { workAlone } from '../platform/alone.ts';
import { Attending } from '../platform/attention.ts';
import { canConnect, missingCapability } from '../platform/capabilities.ts';
import { systemClock } from '../platform/clock.ts';
import { createInstallPrompt } from '../platform/install-prompt.ts';
import { browserPasskeys } from '../platform/passkeys.ts';
import { createPasswordHasher } from '../platform/password-hasher.ts';
import { askForPersistence } from '../platform/persistence.ts';
import { createPreferences, pageStorage } from '../platform/preferences.ts';
import { createTabLock } from '../platform/tab-lock.ts';
import { createTabNews } from '../platform/tab-news.ts';
import { createUpdates, serviceWorkers } from '../platform/updates.ts';
import { SIGNALING_PATH } from '../protocol/signaling.ts';
import type { Rendezvous } from '../session/ports.ts';
import { deleteAccountDatabase } from '../storage/account-database.ts';
import { openAccountStores } from '../storage/account-stores.ts';
import { openRegistry } from '../storage/registry-database.ts';
import { createLinkMaker } from '../transport/peer-link.ts';
import { createSignalingClient } from '../transport/signaling-client.ts';
import type { Parley } from '../ui/parley.ts';
import { Arrival } from './arrival.ts';
import { createCallSurroundings } from './call-surroundings.ts';
import { Gatehouse } from './gatehouse.ts';
import { openAccount, type AccountSurroundings } from './open-account.ts';
import { clearHalfMade, restore, type RestorationSite } from './restoration.ts';
import { Troubles } from './troubles.ts';

const clock = systemClock;
const RESTORATION_LOCK = 'parley-restoration';

/** Starts the app; it shows itself through what it returns from the first moment on. */
export function createParley(window: Window): Parley {
  const troubles = new Troubles();
  troubles.listen(window);
  const updates = createUpdates({ container: serviceWorkers(), clock, reload: () => window.location.reload() });
  const installPrompt = createInstallPrompt(window);
  const surroundings: AccountSurroundings = {
    clock,
    attention: new Attending(window.document, clock),
    connect: () => connect(window),
    maker: createLinkMaker({ clock }),
    canConnect: canConnect(),
    address: `${window.location.origin}/`,
    arrival: new Arrival(window),
    calls: createCallSurroundings(window, clock),
    troubles,
  };
  const openChannel = (name: string) => new BroadcastChannel(name);
  const { locks } = window.navigator as Partial<Navigator>;
  const hasher = createPasswordHasher();
  const gatehouse = new Gatehouse({
    impossible: missingCapability(),
    prepare: async () => {
      await sodiumReady();
      const [registry, passkeys] = await Promise.all([openRegistry(), browserPasskeys(window, randomBytes)]);
      const { sessionKeys, halfMade } = registry;
      const accounts = new Accounts({ registry, sessionKeys, hasher, passkeys, clock });
      const site: RestorationSite = {
        registry,
        halfMade,
        openStores: (vault) => openAccountStores(vault),
        deleteStores: deleteAccountDatabase,
        alone: (work, options) => workAlone(locks, RESTORATION_LOCK, work, options),
      };
      clearHalfMade(site).catch((reason: unknown) => troubles.report(reason));
      return { accounts, restore: (file, key, progress) => restore(accounts, site, file, key, progress) };
    },
    open: (vault, accounts, leave) => openAccount(vault, accounts, surroundings, leave),
    eraseStores: deleteAccountDatabase,
    tabs: createTabLock({ locks, openChannel, clock }),
    openNews: (onShut) => createTabNews(openChannel, onShut),
    entered: () => {
      askForPersistence().catch((reason: unknown) => troubles.report(reason));
    },
    troubles,
  });
  gatehouse.gate.subscribe((gate) => {
    // Whoever has an account here is about to type its password.
    if (gate.phase === 'outside' && gate.hasAccounts) hasher.warm();
    else hasher.rest();
  });
  void gatehouse.start();
  return {
    gate: gatehouse.gate,
    troubles: troubles.shown,
    dismiss: (trouble) => troubles.dismiss(trouble),
    updateReady: updates.ready,
    update: () => updates.update(),
    preferences: createPreferences({ storage: pageStorage(), languages: window.navigator.languages }),
    installable: installPrompt.installable,
    install: () => installPrompt.install(),
  };
}

/** The signaling server is the one that served the page. */
function connect(window: Window): Rendezvous {
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
