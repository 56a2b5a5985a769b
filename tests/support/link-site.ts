/** Serves the page of the link tests, made the way the app is made: by the dev server or by a build. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, createServer, type Rolldown } from 'vite';
import { ROOT } from './build.ts';

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

const ENTRY = '/tests/support/link-page.ts';
const CONFIG = join(ROOT, 'vite.config.ts');

export async function serveByDevServer(): Promise<Site> {
  const server = await createServer({
    configFile: CONFIG,
    root: ROOT,
    logLevel: 'error',
    appType: 'custom',
    server: { host: 'localhost', port: 0, ws: false, watch: null },
    plugins: [
      {
        name: 'link-page',
        configureServer: ({ middlewares }) => {
          middlewares.use('/link.html', (_request, response) => {
            response.setHeader('content-type', 'text/html').end(page(ENTRY));
          });
        },
      },
    ],
  });
  await server.listen();
  const { port } = server.httpServer?.address() as AddressInfo;
  return { url: `http://localhost:${port}/link.html`, close: () => server.close() };
}

export async function serveBuilt(): Promise<Site> {
  const script = await bundle();
  const server = createHttpServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html').end(isScript ? script : page('/page.js'));
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

async function bundle(): Promise<string> {
  const made = await build({
    configFile: CONFIG,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, rolldownOptions: { input: join(ROOT, ENTRY), output: { codeSplitting: false } } },
  });
  const [entry] = (made as Rolldown.RolldownOutput).output;
  return entry.code;
}

function page(script: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Links</title><script type="module" src="${script}"></script>`;
}
