/** The built app that the server under test serves; made anew when it is older than its sources. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { isBuilt } from '../../signaling/build-state.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export function buildIfStale(): void {
  if (isBuilt(ROOT)) return;
  console.log('Building the app…');
  execFileSync(process.execPath, [join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
