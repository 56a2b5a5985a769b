/** Somebody at the signaling server, and the raw ways in which strangers are rude to it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import type { ClientHeader, ServerHeader } from '../../src/protocol/signaling.ts';
import type { RunningServer } from '../../signaling/server.ts';

const LOOK_AGAIN_MS = 2;

export interface Received {
  readonly header: ServerHeader;
  readonly body: string;
  readonly binary: boolean;
}

export const topic = (name: string): string => name.padEnd(43, '_');
export const tag = (name: string): string => name.padEnd(16, '_');

/** One WebSocket; what it received waits in `inbox` until it is asked for. */
export class Client {
  readonly webSocket: WebSocket;
  readonly inbox: Received[] = [];
  readonly closed: Promise<number>;
  #wake: () => void = () => undefined;

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    this.closed = new Promise((resolve) => webSocket.once('close', resolve));
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => this.#wake());
    webSocket.on('message', (data, binary) => {
      const [line = '', ...body] = (data as Buffer).toString('utf8').split('\n');
      this.inbox.push({ header: JSON.parse(line) as ServerHeader, body: body.join('\n'), binary });
      this.#wake();
    });
  }

  /** Connects and takes the greeting. */
  static async connect(server: Pick<RunningServer, 'port'>, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(new WebSocket(`ws://127.0.0.1:${server.port}/v1`, options));
    await client.next('hello');
    return client;
  }

  say(header: ClientHeader, body?: string): void {
    const line = JSON.stringify(header);
    this.webSocket.send(body === undefined ? line : `${line}\n${body}`);
  }

  /** The next thing received, which has to be of this kind. */
  async next<Kind extends ServerHeader['t']>(kind: Kind): Promise<Received & { readonly header: Extract<ServerHeader, { t: Kind }> }> {
    const received = await this.#take();
    if (received.header.t !== kind) throw new Error(`Expected ${kind}, received ${JSON.stringify(received.header)}`);
    return received as Received & { readonly header: Extract<ServerHeader, { t: Kind }> };
  }

  /** Joins and takes the snapshot: the tags that are here, by topic in the order of joining. */
  async join(topics: readonly (readonly [topic: string, member: string])[], quiet = false): Promise<(readonly string[] | undefined)[]> {
    this.say({ t: 'sub', topics, quiet });
    const { header } = await this.next('here');
    return header.topics.map((change) => change.all);
  }

  /** What arrived before everything said so far was dealt with: the server answers in order. */
  async sync(): Promise<ServerHeader[]> {
    this.say({ t: 'ice' });
    const before: ServerHeader[] = [];
    for (let received = await this.#take(); received.header.t !== 'ice'; received = await this.#take()) before.push(received.header);
    return before;
  }

  /** The socket breaks without a word. */
  die(): void {
    this.webSocket.terminate();
  }

  async #take(): Promise<Received> {
    for (;;) {
      const received = this.inbox.shift();
      if (received) return received;
      if (this.webSocket.readyState === WebSocket.CLOSED) throw new Error('The socket is closed');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The HTTP status a WebSocket is refused with. */
export async function refusalOf(
  server: Pick<RunningServer, 'port'>,
  options: ClientOptions = {},
  path = '/v1',
): Promise<number | undefined> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, options);
  webSocket.on('error', () => undefined);
  return new Promise((resolve) => {
    webSocket.once('open', () => {
      webSocket.terminate();
      resolve(undefined);
    });
    webSocket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
  });
}

/** A bare TCP connection that has become a WebSocket: for frames no library would send. */
export async function rawWebSocket(server: Pick<RunningServer, 'port'>, path = '/v1'): Promise<Socket> {
  const socket = await rawConnection(server);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

export async function rawConnection(server: Pick<RunningServer, 'port'>): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A client frame as RFC 6455 §5.2 has it, masked with zeros, with whatever first byte the test wants. */
export function rawFrame(firstByte: number, payload: Buffer): Buffer {
  const length =
    payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(4), payload]);
}

/** Resolves when the connection is closed, whoever closed it and however. */
export async function closing(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

/** Writes as fast as the other side takes it; says whether it could be written. */
export async function push(socket: Socket, bytes: Buffer): Promise<boolean> {
  if (!socket.writable) return false;
  if (socket.write(bytes)) return true;
  return new Promise((resolve) => {
    socket.once('drain', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
}

/** Lets both ends do their work until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}
