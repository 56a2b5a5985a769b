/** What every screen may ask for; set once: in App.svelte; for those who are in, in Home.svelte; for a group, in GroupPane.svelte; tips in both of the first. */
import { createContext, type Component, type Snippet } from 'svelte';
import type { GroupView } from './groups/group-view.svelte.ts';
import type { HomeView } from './home/home-view.svelte.ts';
import type { Parley } from './parley.ts';
import type { Speech } from './speech.svelte.ts';

export const [getParley, provideParley] = createContext<Parley>();
export const [getSpeech, provideSpeech] = createContext<Speech>();
export const [getHomeView, provideHomeView] = createContext<HomeView>();
export const [getGroupView, provideGroupView] = createContext<GroupView>();

/** How buttons show their names. */
export interface Tips {
  readonly Tip: Component<{ readonly label: string; readonly about: Snippet<[Record<string, unknown>]> }> | undefined;
}
export const [getTips, provideTips] = createContext<Tips>();
