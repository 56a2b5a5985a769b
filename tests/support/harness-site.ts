/** Serves the screens with canned people behind them (tests/ui/harness.html), built as the app is built. */
import { extname, join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { ROOT } from './build.ts';
import { filesOf, pathOf, serveSite, type Site } from './site.ts';

const PAGE = 'tests/ui/harness.html';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** `url` takes a scene, a language and a theme: `?scene=group&lang=zh&theme=dark`. */
export async function serveHarness(): Promise<Site> {
  const files = await bundle();
  return serveSite((request, response) => {
    const path = pathOf(request);
    const file = files.get(path);
    if (file === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(file);
  }, PAGE);
}

async function bundle(): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const made = await build({
    mode: 'page',
    configFile: join(ROOT, 'vite.config.ts'),
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, minify: false, rolldownOptions: { input: join(ROOT, PAGE) } },
  });
  return filesOf(made as Rolldown.RolldownOutput);
}
