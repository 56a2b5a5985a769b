/** The built app, as static files. */
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { setPageHeaders } from './page-headers.ts';

/** Vite puts files here whose names carry a hash of what is in them. */
const HASHED = '/assets/';
const A_YEAR = 'public, max-age=31536000, immutable';

export type Pages = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves the folder as it is now. Where there is no app, every page is 404 and the rest of the server works. */
export function openAppPages(folder: string): Pages {
  if (!existsSync(join(folder, 'index.html'))) return notFound;
  const files = sirv(folder, {
    etag: true,
    setHeaders: (response, path) => response.setHeader('Cache-Control', path.startsWith(HASHED) ? A_YEAR : 'no-cache'),
  });
  return (request, response) => {
    setPageHeaders(request, response);
    // Nothing here is large enough to be asked for in parts.
    delete request.headers.range;
    // The file may have gone since the folder was read; without a listener that would end the process.
    response.once('pipe', (file) => file.once('error', () => response.destroy()));
    files(request, response, () => {
      if (isNavigation(request)) {
        // The app finds out by itself which screen an address means.
        request.url = '/';
        files(request, response, () => notFound(request, response));
      } else notFound(request, response);
    });
  };
}

function isNavigation(request: IncomingMessage): boolean {
  const mode = request.headers['sec-fetch-mode'];
  return mode === undefined ? (request.headers.accept ?? '').includes('text/html') : mode === 'navigate';
}

function notFound(request: IncomingMessage, response: ServerResponse): void {
  setPageHeaders(request, response);
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end('Not found\n');
}
