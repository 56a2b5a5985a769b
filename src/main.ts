import { mount } from 'svelte';
import { createParley } from './app/create-parley.ts';
import App from './ui/App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('Broken invariant: index.html has a place for the app');
mount(App, { target, props: { parley: createParley(window) } });
