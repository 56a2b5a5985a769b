/** Serves shelf-page.ts with the worker it starts, built as the app is built. */
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { ROOT } from './build.ts';
import { filesOf, pathOf, serveSite, type Site } from './site.ts';

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>Shelf</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

export async function serveShelfPage(): Promise<Site> {
  const files = await bundle();
  return serveSite((request, response) => {
    const path = pathOf(request);
    const script = files.get(path);
    if (path === '') response.setHeader('content-type', 'text/html').end(PAGE);
    else if (script === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', 'text/javascript').end(script);
  });
}

async function bundle(): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const made = await build({
    // Of the app's only what a worker needs: its plugins would write the app's service worker anew.
    configFile: false,
    worker: { format: 'es' },
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: join(ROOT, 'tests', 'support', 'shelf-page.ts'),
        output: { entryFileNames: 'page.js' },
        preserveEntrySignatures: 'strict',
      },
    },
  });
  return filesOf(made as Rolldown.RolldownOutput);
}
