/** The HTTP side: health, the app's pages, and limits on slow and odd clients. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Logger } from 'pino';
import { openAppPages, type Pages } from './app-pages.ts';
import type { Config } from './options.ts';
import { setPageHeaders } from './page-headers.ts';
import { StartFailure } from './start-failure.ts';

/** A client that needs longer to say what it wants is holding the socket, not using it (Node's own limit lets it for 89 s). */
const SLOW_CLIENT_MS = 5_000;
const CHECK_SLOW_CLIENTS_EVERY_MS = 1_000;
/** A download that has not moved for this long is dead. WebSockets are exempt: they are pinged. */
const IDLE_MS = 30_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** Connections that are not, or not yet, WebSockets. */
const PAGE_CONNECTIONS = 1_000;

export interface HttpOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Whether new sockets would be let in: what `/readyz` says. */
  ready(): boolean;
}

export class HttpSide {
  readonly server: Server | TlsServer;
  readonly #options: HttpOptions;
  #pages: Pages;

  /** Throws a StartFailure when the certificate or key is no good. */
  constructor(options: HttpOptions) {
    this.#options = options;
    this.#pages = openAppPages(options.config.app);
    this.server = makeServer(options.config, (request, response) => this.#answer(request, response));
    this.server.maxConnections = options.config.maxSockets + PAGE_CONNECTIONS;
    this.server.setTimeout(IDLE_MS);
    this.server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', () => socket.destroy());
      else socket.destroy();
    });
  }

  get secure(): boolean {
    return 'setSecureContext' in this.server;
  }

  /** Takes up a new certificate and a newly built app. Throws a StartFailure, and goes on with the old, when they are no good. */
  reload(): void {
    this.#pages = openAppPages(this.#options.config.app);
    if ('setSecureContext' in this.server) useCertificate(this.server, this.#options.config);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    try {
      this.#route(request, response);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a request could not be answered');
      response.destroy();
    }
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const [path] = (request.url ?? '').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') say(request, response, 405, 'Only GET here');
    else if (path === '/healthz') say(request, response, 200, 'ok');
    else if (path !== '/readyz') this.#pages(request, response);
    else if (this.#options.ready()) say(request, response, 200, 'ready');
    else say(request, response, 503, 'not ready');
  }
}

/** A short answer in words. After a refusal the connection is closed: its client may still be sending. */
function say(request: IncomingMessage, response: ServerResponse, status: number, words: string): void {
  setPageHeaders(request, response);
  if (status === 405) response.setHeader('Connection', 'close').setHeader('Allow', 'GET, HEAD');
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end(`${words}\n`);
}

function makeServer(config: Config, answer: RequestListener): Server | TlsServer {
  const options: ServerOptions = {
    headersTimeout: SLOW_CLIENT_MS,
    requestTimeout: SLOW_CLIENT_MS,
    keepAliveTimeout: SLOW_CLIENT_MS,
    connectionsCheckingInterval: CHECK_SLOW_CLIENTS_EVERY_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  if (config.tlsCertificate === '') return createServer(options, answer);
  const server = createTlsServer({ ...options, handshakeTimeout: SLOW_CLIENT_MS, minVersion: 'TLSv1.2' }, answer);
  useCertificate(server, config);
  return server;
}

function useCertificate(server: TlsServer, config: Config): void {
  const files = readCertificate(config);
  try {
    server.setSecureContext(files);
  } catch (error) {
    throw new StartFailure(`The certificate and key cannot be used together: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function readCertificate(config: Config): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readPem(config.tlsCertificate, 'tls-certificate'), key: readPem(config.tlsKey, 'tls-key') };
}

function readPem(path: string, option: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new StartFailure(`The file of ${option}, ${path}, cannot be read.`);
  }
}
