/**
 * The service worker: Parley starts without a network, and files have addresses. Built into `/sw.js` (vite.config.ts);
 * updates.ts registers it, and says when a newer one may take over.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { systemClock } from './clock.ts';
import { createFileService } from './file-service.ts';
import { FILE_PATH } from './file-wire.ts';

declare const self: ServiceWorkerGlobalScope & {
  /** All files of this build, with a hash each; put here by the build. */
  readonly __WB_MANIFEST: PrecacheEntry[];
};

/** What the server answers itself. */
const SERVER_PATHS = [/^\/v1/, /^\/healthz/, /^\/readyz/];

const answer = createFileService({ clients: self.clients, clock: systemClock });

// Before anything else: an answer is given once, and a token must not reach the network.
self.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === self.location.origin && pathname.startsWith(FILE_PATH)) event.respondWith(answer(event.request, event.clientId));
});

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [...SERVER_PATHS, new RegExp(`^${FILE_PATH}`)] }));

self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  // Anything else a page says only keeps the worker awake.
  if ((data as { readonly type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});

// The first visit has addresses, too, and not only the second.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
