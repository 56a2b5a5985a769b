/** Serves a page of tests/support, made the way the app is made: by the dev server or by a build. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, createServer, type Rolldown } from 'vite';
import { ROOT } from './build.ts';
import { serveSite, type Site } from './site.ts';

type Entry = 'link-page.ts' | 'carriage-page.ts' | 'media-page.ts';

const CONFIG = join(ROOT, 'vite.config.ts');

export async function serveByDevServer(entry: Entry): Promise<Site> {
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
            response.setHeader('content-type', 'text/html').end(page(`/tests/support/${entry}`));
          });
        },
      },
    ],
  });
  await server.listen();
  const { port } = server.httpServer?.address() as AddressInfo;
  return { url: `http://localhost:${port}/link.html`, close: () => server.close() };
}

export async function serveBuilt(entry: Entry): Promise<Site> {
  const script = await bundle(entry);
  return serveSite((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html').end(isScript ? script : page('/page.js'));
  });
}

async function bundle(entry: Entry): Promise<string> {
  const made = await build({
    mode: 'page',
    configFile: CONFIG,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, rolldownOptions: { input: join(ROOT, 'tests', 'support', entry), output: { codeSplitting: false } } },
  });
  const [script] = (made as Rolldown.RolldownOutput).output;
  return script.code;
}

function page(script: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Test page</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
}
