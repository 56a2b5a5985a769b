/** Serves the screens with canned people behind them (tests/ui/harness.html), built as the app is built. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { ROOT } from './build.ts';
import type { Site } from './link-site.ts';

const PAGE = 'tests/ui/harness.html';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** `url` takes a scene, a language and a theme: `?scene=group&lang=zh&theme=dark`. */
export async function serveHarness(): Promise<Site> {
  const files = await bundle();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    const file = files.get(path);
    if (file === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(file);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/${PAGE}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
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
  const { output } = made as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
}
