/**
 * A tap in front of a signaling server: passes bytes on in both directions, and keeps everything that clients sent, as the
 * server received it. For proving what the server cannot know.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SignalingTap {
  readonly port: number;
  readonly url: string;
  /** Everything received so far: HTTP heads as they are, then WebSocket payloads unmasked, connections one after another. */
  received(): Buffer;
  close(): Promise<void>;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MASKED = 0x80;

export async function openSignalingTap(server: { readonly port: number }): Promise<SignalingTap> {
  const streams: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const tap = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    const stream: Buffer[] = [];
    streams.push(stream);
    client.on('data', (chunk) => stream.push(chunk));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  tap.listen(0, '127.0.0.1');
  await once(tap, 'listening');
  const address = tap.address();
  if (address === null || typeof address === 'string') throw new Error('Broken invariant: a listening tap has a port');
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/`,
    received: () => Buffer.concat(streams.map((chunks) => readable(Buffer.concat(chunks)))),
    async close() {
      const closed = once(tap, 'close');
      tap.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What one client sent: requests until one becomes a WebSocket, then its frames without their masks (RFC 6455 §5.3). */
function readable(stream: Buffer): Buffer {
  const upgrade = upgradeEnd(stream);
  return upgrade === undefined ? stream : Buffer.concat([stream.subarray(0, upgrade), ...payloads(stream.subarray(upgrade))]);
}

/** Where the request ends that asked for a WebSocket; undefined when none did. */
function upgradeEnd(stream: Buffer): number | undefined {
  const asked = stream.toString('latin1').search(/^upgrade: *websocket/im);
  if (asked === -1) return undefined;
  const end = stream.indexOf(HEAD_END, asked);
  return end === -1 ? undefined : end + HEAD_END.length;
}

function payloads(stream: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (at + 2 <= stream.length) {
    const second = stream.readUInt8(at + 1);
    const short = second & 0x7f;
    const extended = { 126: 2, 127: 8 }[short] ?? 0;
    const maskAt = at + 2 + extended;
    const start = maskAt + (second & MASKED ? 4 : 0);
    if (start > stream.length) break;
    const length = extended === 2 ? stream.readUInt16BE(at + 2) : extended === 8 ? Number(stream.readBigUInt64BE(at + 2)) : short;
    const mask = stream.subarray(maskAt, start);
    const masked = stream.subarray(start, start + length);
    found.push(mask.length === 0 ? masked : (masked.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) as Buffer));
    at = start + length;
  }
  return found;
}
