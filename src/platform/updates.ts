/** The service worker: Parley offline, and newer builds when the person says so, never under their hands. */
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';

const SERVICE_WORKER = '/sw.js';
/** A tab may stay open for weeks; the browser itself looks only when a page is loaded. */
const LOOK_EVERY_MS = 60 * 60 * 1000;

export interface Updates {
  /** True when a newer build is installed and waits. */
  readonly ready: Observable<boolean>;
  /** Lets the waiting build take over and loads the page anew. */
  update(): void;
}

export interface UpdateSurroundings {
  /** Undefined where there are no service workers, and in development: nothing is cached then. */
  readonly container: ServiceWorkerContainer | undefined;
  readonly clock: Clock;
  readonly reload: () => void;
}

export function createUpdates({ container, clock, reload }: UpdateSurroundings): Updates {
  const ready = new Cell(false);
  let waiting: ServiceWorker | null = null;

  const notice = (registration: ServiceWorkerRegistration): void => {
    waiting = registration.waiting;
    // The very first build waits for nobody: without a controller there is nothing to be updated.
    ready.set(waiting !== null && container?.controller !== null);
  };
  const watch = (registration: ServiceWorkerRegistration): void => {
    notice(registration);
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', () => notice(registration));
    });
    const look = (): void => {
      clock.after(LOOK_EVERY_MS, () => {
        // Offline, most likely: there is another hour.
        registration.update().catch(() => undefined);
        look();
      });
    };
    look();
  };
  // Refused in some private windows. Parley runs without, only not offline.
  container?.register(SERVICE_WORKER).then(watch, () => undefined);

  return {
    ready,
    update: () => {
      if (!waiting) {
        reload();
        return;
      }
      container?.addEventListener('controllerchange', reload, { once: true });
      waiting.postMessage({ type: 'SKIP_WAITING' });
    },
  };
}

/** The browser's container in a production build. */
export function serviceWorkers(): ServiceWorkerContainer | undefined {
  // Typed as always there; absent on insecure origins.
  const { serviceWorker } = navigator as Partial<Navigator>;
  return import.meta.env.PROD ? serviceWorker : undefined;
}
