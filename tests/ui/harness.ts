/**
 * The screens with canned people behind them: `npx vite`, then /tests/ui/harness.html?scene=inside&lang=zh&theme=dark.
 * Scenes: welcome, log-in, locked, elsewhere, impossible, empty, inside, offline, arrived.
 */
import { mount } from 'svelte';
import App from '../../src/ui/App.svelte';
import { createFakeParley } from './fake-parley.ts';

const asked = new URLSearchParams(location.search);
const target = document.querySelector('#app');
if (target) {
  mount(App, {
    target,
    props: {
      parley: createFakeParley({
        scene: asked.get('scene') ?? 'inside',
        language: asked.get('lang') === 'zh' ? 'zh' : 'en',
        theme: asked.get('theme') === 'dark' ? 'dark' : 'light',
      }),
    },
  });
}
