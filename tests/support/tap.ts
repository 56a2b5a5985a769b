/**
 * Stands between browsers and the signaling server, and hears everything that passes: requests, answers and socket
 * messages, unmasked. A test may also let it misbehave, as a hostile server or network would.
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type RawData } from 'ws';

export interface Frame {
  readonly bytes: Buffer;
  readonly binary: boolean;
}

/** What becomes of a frame: nothing (dropped), itself, something else, several. */
export type Tamper = (frame: Frame) => readonly Frame[];

const untouched: Tamper = (frame) => [frame];

export class Tap {
  readonly url: string;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #target: URL;
  readonly #heard: Buffer[] = [];
  #toBrowser: Tamper = untouched;

  private constructor(http: Server, target: URL) {
    this.#http = http;
    this.#target = target;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    http.on('request', (incoming: IncomingMessage, answer: ServerResponse) => this.#passRequest(incoming, answer));
    http.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#sockets.handleUpgrade(incoming, socket, head, (browser) => this.#passSocket(incoming, browser));
    });
  }

  /** Listens on a free loopback port and passes everything on to `target`. */
  static async start(target: string): Promise<Tap> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new Tap(http, new URL(target));
  }

  /** All that passed so far in both directions, except the files the server serves. */
  heard(): Buffer {
    return Buffer.concat(this.#heard);
  }

  /** From now on, and on the open sockets too: what the server sends is handed to `tamper` first. */
  tamperToBrowser(tamper: Tamper): void {
    this.#toBrowser = tamper;
  }

  /** Says something of its own to every browser. */
  sayToBrowsers(frame: Frame): void {
    for (const browser of this.#sockets.clients) browser.send(frame.bytes, { binary: frame.binary });
  }

  /** Cuts all sockets; browsers may come again. */
  cut(): void {
    for (const browser of this.#sockets.clients) browser.terminate();
  }

  async close(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #hear(...parts: readonly (string | Buffer)[]): void {
    this.#heard.push(...parts.map((part) => Buffer.from(part)), Buffer.from('\n'));
  }

  #passRequest(incoming: IncomingMessage, answer: ServerResponse): void {
    this.#hear(`${incoming.method ?? ''} ${incoming.url ?? ''} ${JSON.stringify(incoming.rawHeaders)}`);
    const outgoing = request(
      new URL(incoming.url ?? '/', this.#target),
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    // The server is not there: the browser is told as a gateway tells it.
    outgoing.on('error', () => answer.writeHead(502).end());
    incoming.on('data', (chunk: Buffer) => this.#hear(chunk));
    incoming.pipe(outgoing);
  }

  #passSocket(incoming: IncomingMessage, browser: WebSocket): void {
    this.#hear(`UPGRADE ${incoming.url ?? ''} ${JSON.stringify(incoming.rawHeaders)}`);
    const address = new URL(incoming.url ?? '/', this.#target);
    address.protocol = 'ws:';
    const { host = '', origin } = incoming.headers;
    const server = new WebSocket(address, {
      headers: { host, ...(origin === undefined ? {} : { origin }) },
      perMessageDeflate: false,
    });
    const early: Frame[] = [];
    const send = (frame: Frame) => server.send(frame.bytes, { binary: frame.binary });
    browser.on('message', (data: RawData, binary: boolean) => {
      const frame = { bytes: bytesOf(data), binary };
      this.#hear(frame.bytes);
      if (server.readyState === WebSocket.OPEN) send(frame);
      else early.push(frame);
    });
    server.on('open', () => early.splice(0).forEach(send));
    server.on('message', (data: RawData, binary: boolean) => {
      const bytes = bytesOf(data);
      this.#hear(bytes);
      for (const frame of this.#toBrowser({ bytes, binary })) browser.send(frame.bytes, { binary: frame.binary });
    });
    linkClosing(browser, server);
    linkClosing(server, browser);
  }
}

function linkClosing(one: WebSocket, other: WebSocket): void {
  one.on('close', () => other.terminate());
  one.on('error', () => other.terminate());
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
