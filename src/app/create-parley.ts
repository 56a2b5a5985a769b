/** Puts the house together in this browser: adapters, the door, and who is inside. The only one who knows all rooms. */
import { missingCapability } from '../platform/capabilities.ts';
import { systemClock } from '../platform/clock.ts';
import { createInstallPrompt } from '../platform/install-prompt.ts';
import { createPreferences, pageStorage } from '../platform/preferences.ts';
import { createTabLock } from '../platform/tab-lock.ts';
import { createTabNews } from '../platform/tab-news.ts';
import { createUpdates, serviceWorkers } from '../platform/updates.ts';
import { askForPersistence } from '../platform/persistence.ts';
import { openRegistry, type OpenRegistry } from '../storage/registry-database.ts';
import type { Parley } from '../ui/parley.ts';
import { Gatehouse } from './gatehouse.ts';
import type { Household } from './household.ts';
import { Troubles } from './troubles.ts';

const clock = systemClock;
/** For the first screen to be drawn, before the machine is busy with what lies behind it. */
const BREATH_MS = 100;

/** Starts the app; it shows itself through what it returns from the first moment on. */
export function createParley(window: Window): Parley {
  const troubles = new Troubles();
  troubles.listen(window);
  const updates = createUpdates({ container: serviceWorkers(), clock, reload: () => window.location.reload() });
  const installPrompt = createInstallPrompt(window);
  const openChannel = (name: string) => new BroadcastChannel(name);
  const { locks } = window.navigator as Partial<Navigator>;
  const tabs = createTabLock({ locks, openChannel, clock });
  let opening: Promise<OpenRegistry> | undefined;
  const registryOf = () => (opening ??= openRegistry());
  const gatehouse = new Gatehouse({
    impossible: missingCapability(),
    look: async () => {
      const registry = await registryOf();
      const [accounts, kept, held] = await Promise.all([registry.count(), registry.sessionKeys.kept(), tabs.held()]);
      return { hasAccounts: accounts > 0, mustAsk: kept.length === 0 && held === undefined };
    },
    prepare: async ({ unhurried }) => {
      if (unhurried) await new Promise<void>((resolve) => clock.after(BREATH_MS, resolve));
      const [registry, { createHousehold }] = await Promise.all([registryOf(), import('./household.ts')]);
      const household = await createHousehold({ window, clock, registry, troubles });
      expectPasswords(gatehouse, household);
      return household;
    },
    tabs,
    openNews: (onShut) => createTabNews(openChannel, onShut),
    entered: () => {
      askForPersistence().catch((reason: unknown) => troubles.report(reason));
    },
    troubles,
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

/** Whoever has an account here is about to type its password. */
function expectPasswords({ gate }: Gatehouse, household: Household): void {
  gate.subscribe((shown) => household.expectPassword(shown.phase === 'outside' && shown.hasAccounts));
}
