/**
 * The screens with canned people behind them: `npx vite`, then /tests/ui/harness.html?scene=inside&lang=zh&theme=dark.
 * Scenes: welcome, log-in, locked, elsewhere, impossible, empty, inside, offline, arrived; of groups: group (mine),
 * group-member, group-muted, group-alerts, group-big and group-big-muted (256 members), board, new-group, join; of files: files, files-group
 * and files-media, with "-still" at the end nothing moves; files-slow and files-deaf (fake-sending.ts); of calls: call-before, call-before-video,
 * call-before-refused, call-history, call-menu, call-entries, call-going, and how a call may stand (fake-call-scenes.ts).
 */
import { mount } from 'svelte';
import { LANGUAGES, type LanguageName } from '../../src/i18n/languages.ts';
import App from '../../src/ui/App.svelte';
import { fakeGroupNames } from './fake-groups.ts';
import { createFakeParley } from './fake-parley.ts';

const asked = new URLSearchParams(location.search);
const scene = asked.get('scene') ?? 'inside';
const language: LanguageName = asked.get('lang') === 'zh' ? 'zh' : 'en';
/** Whom the scenes are about, and who called in vain. */
const friend = language === 'zh' ? '王小明' : 'Bob Sinclair';
const other = language === 'zh' ? '陈静' : 'Carol';
const target = document.querySelector('#app');
if (target) {
  mount(App, {
    target,
    props: { parley: createFakeParley({ scene, language, theme: asked.get('theme') === 'dark' ? 'dark' : 'light' }) },
  });
  void walk(wayTo(scene));
}

/** The names of what has to be pressed, one after the other, to see what a scene is about. */
function wayTo(name: string): readonly string[] {
  const { chat, start } = LANGUAGES[language].words.groups;
  const names = fakeGroupNames(language);
  if (name === 'new-group') return [start.label, start.group];
  if (name === 'board') return [names.first, chat.board];
  if (name.startsWith('group-big')) return [names.big, chat.info];
  if (name.startsWith('call')) return wayToCalls(name, names.first);
  if (name.startsWith('files')) return wayToFiles(name.replace(/-still$/, ''), names.first);
  return name.startsWith('group') ? [names.first] : [];
}

function wayToCalls(name: string, group: string): readonly string[] {
  const { words } = LANGUAGES[language];
  const { begin, controls, history } = words.calls;
  switch (name) {
    case 'call-before':
      return [friend, begin.voice];
    case 'call-before-video':
    case 'call-before-refused':
      return [friend, begin.video];
    case 'call-ringing-menu':
    case 'call-menu':
      return [words.menu.label];
    case 'call-history':
      return [words.menu.label, history.openWith(2)];
    case 'call-entries':
      return [other];
    case 'call-going':
      return [group];
    case 'call-small':
      return [controls.small, friend];
    case 'call-devices':
      return [controls.more, controls.devices];
    case 'call-keys':
      return [controls.more, controls.shortcuts];
    case 'call-group-people':
      return [controls.more, controls.people];
    case 'call-group-8':
      return [controls.more, controls.speaker];
    default:
      return [];
  }
}

function wayToFiles(name: string, group: string): readonly string[] {
  const { files, chat } = LANGUAGES[language].words;
  switch (name) {
    case 'files-group':
      return [group];
    case 'files-media':
      return [friend, chat.info, files.media.title];
    default:
      return [friend];
  }
}

async function walk(names: readonly string[]): Promise<void> {
  for (const name of names) {
    let found = findByName(name);
    while (!found) {
      await new Promise(requestAnimationFrame);
      found = findByName(name);
    }
    found.click();
  }
}

function findByName(name: string): HTMLElement | undefined {
  const controls = document.querySelectorAll<HTMLElement>('button, [role="menuitem"]');
  return Array.from(controls).find((control) => nameOf(control) === name && control.checkVisibility());
}

function nameOf(control: HTMLElement): string {
  const label = document.getElementById(control.getAttribute('aria-labelledby') ?? '');
  return (control.ariaLabel ?? (label ?? control).textContent).trim();
}
