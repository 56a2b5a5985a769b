import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // svelte.config.js would be one more file at the top; these two lines are all it would say.
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  resolve: {
    // The package's main entry expects Node's globals; its own browser bundle does not (src/transport/README.md).
    alias: [{ find: /^simple-peer$/, replacement: 'simple-peer/simplepeer.min.js' }],
  },
  build: { target: 'es2022' },
  worker: { format: 'es' },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
  },
});
