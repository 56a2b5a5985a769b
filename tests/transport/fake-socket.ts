/** A WebSocket whose far end is the test: it says what a server would, or what none should. */
import type { ClientHeader, ServerHeader } from '../../src/protocol/signaling.ts';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

export interface Sent {
  readonly header: ClientHeader;
  readonly body: Uint8Array;
}

export class FakeSocket {
  readonly url: string;
  readonly sent: Sent[] = [];
  readonly sizes: number[] = [];
  binaryType = 'blob';
  readyState = CONNECTING;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string) {
    this.url = url;
  }

  // ————— what a page calls —————

  send(frame: Uint8Array): void {
    if (this.readyState !== OPEN) throw new Error('InvalidStateError');
    const end = frame.indexOf(10);
    const line = new TextDecoder().decode(end < 0 ? frame : frame.subarray(0, end));
    this.sizes.push(frame.length);
    this.sent.push({ header: JSON.parse(line) as ClientHeader, body: end < 0 ? new Uint8Array(0) : frame.slice(end + 1) });
  }

  close(): void {
    this.readyState = CLOSED;
  }

  // ————— what the test calls —————

  accept(): void {
    this.readyState = OPEN;
  }

  greet(more: Partial<Extract<ServerHeader, { t: 'hello' }>> = {}): void {
    this.accept();
    this.say({ t: 'hello', v: 1, now: 0, limits: { body: 16_384, topics: 2_000 }, ice: [], ...more });
  }

  /** Says what a server may say. */
  say(header: ServerHeader, body?: Uint8Array): void {
    const line = new TextEncoder().encode(JSON.stringify(header));
    this.sayRaw(body ? Uint8Array.from([...line, 10, ...body]).buffer : line.buffer);
  }

  /** Says anything at all. */
  sayRaw(data: unknown): void {
    this.onmessage?.({ data });
  }

  /** The server, or the network, ends it. */
  end(code = 1006): void {
    this.readyState = CLOSED;
    this.onclose?.({ code });
  }

  get abandoned(): boolean {
    return this.readyState === CLOSED;
  }

  /** What was sent of one kind. */
  sentOf<T extends ClientHeader['t']>(kind: T): Extract<ClientHeader, { t: T }>[] {
    return this.sent.map(({ header }) => header).filter((header): header is Extract<ClientHeader, { t: T }> => header.t === kind);
  }
}
