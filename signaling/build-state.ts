/** Whether the built app is there and newer than everything it is made from. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the app is made from. */
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];
/** Written by every build. */
const PRODUCT = join('dist', 'index.html');

/** `root` is the folder with `dist` and the sources in it. */
export function isBuilt(root: string): boolean {
  const built = changedAt(join(root, PRODUCT));
  return built !== undefined && SOURCES.every((source) => newestIn(join(root, source)) <= built);
}

/** The last change of a file, or of anything in a folder. A folder's own time tells of files that were removed. */
function newestIn(path: string): number {
  const own = changedAt(path);
  if (own === undefined) return 0;
  const children = statSync(path).isDirectory() ? readdirSync(path) : [];
  return Math.max(own, ...children.map((child) => newestIn(join(path, child))));
}

function changedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
