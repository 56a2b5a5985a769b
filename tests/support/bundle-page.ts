/** A script of tests/support as one text, to be run inside a page of the app. */
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { ROOT } from './build.ts';

export async function bundlePage(entry: 'platform-page.ts'): Promise<string> {
  const made = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, lib: { entry: join(ROOT, 'tests', 'support', entry), formats: ['iife'], name: 'page' } },
  });
  const [bundle] = made as Rolldown.RolldownOutput[];
  const [script] = bundle?.output ?? [];
  if (!script) throw new Error('The build made nothing.');
  return script.code;
}
