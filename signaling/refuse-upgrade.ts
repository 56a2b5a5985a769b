import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers a request to become a WebSocket with a plain refusal and lets go of the socket, whether or not the answer is read. */
export function refuseUpgrade(socket: Duplex, status: 403 | 404 | 429 | 503): void {
  const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(answer, () => socket.destroy());
}
