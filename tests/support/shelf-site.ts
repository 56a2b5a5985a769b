/** Serves shelf-page.ts with the worker it starts, built as the app is built. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { ROOT } from './build.ts';
import type { Site } from './link-site.ts';

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>Shelf</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

export async function serveShelfPage(): Promise<Site> {
  const files = await bundle();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    const script = files.get(path);
    if (path === '') response.setHeader('content-type', 'text/html').end(PAGE);
    else if (script === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', 'text/javascript').end(script);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
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
  const { output } = made as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
}
