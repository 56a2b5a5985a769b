import { svelte } from '@sveltejs/vite-plugin-svelte';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

/** A page of the tests, made as the app is made; the app's own service worker, in dist/, is not made anew for it. */
const SINGLE_PAGE = 'page';

export default defineConfig(({ mode }) => ({
  // svelte.config.js would be one more file at the top; these two lines are all it would say.
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } }), ...(mode === SINGLE_PAGE ? [] : [progressiveWebApp()])],
  resolve: {
    // The package's main entry expects Node's globals; its own browser bundle does not (src/transport/README.md).
    alias: [{ find: /^simple-peer$/, replacement: 'simple-peer/simplepeer.min.js' }],
  },
  // The development server would find these one by one while the page loads, and serve y-webrtc a half-made simple-peer.
  optimizeDeps: {
    include: ['simple-peer/simplepeer.min.js', 'y-webrtc', 'yjs', 'y-protocols/awareness', 'lib0/encoding', 'lib0/decoding'],
  },
  build: { target: 'es2022' },
  worker: { format: 'es' },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
  },
}));

/** Installable, and the second start needs no network. src/platform/updates.ts registers the worker and asks before it updates. */
function progressiveWebApp() {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: 'src/platform',
    // Built into /sw.js, where every browser that was here before looks for it.
    filename: 'sw.ts',
    registerType: 'prompt',
    injectRegister: null,
    includeAssets: ['favicon.svg', 'favicon-unread.svg', 'apple-touch-icon.png'],
    manifest: {
      id: '/',
      name: 'Parley · 晤谈',
      short_name: 'Parley',
      description: 'Two people talk straight to each other, browser to browser. 面对面，浏览器直达浏览器。',
      start_url: '/',
      display: 'standalone',
      theme_color: '#fdfcf9',
      background_color: '#f5f2ec',
      categories: ['social', 'communication'],
      icons: [
        { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      ],
    },
    injectManifest: {
      // Everything, lazily loaded parts too: what is fetched on first use must be there without a network.
      globPatterns: ['**/*.{js,css,html,wasm,svg,png,woff2}'],
      // For the README, not for the app.
      globIgnores: ['screenshot-*.png'],
      // The word lists of the password meter are the largest parts.
      maximumFileSizeToCacheInBytes: 6 * 1024 * 1024,
      // One file: a worker that imports would have to be there in parts before it can start.
      rollupFormat: 'iife',
    },
  });
}
