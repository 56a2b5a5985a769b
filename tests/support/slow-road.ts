/**
 * Distance between browsers on one machine: a relay for UDP that keeps every packet for a while, and a script that makes
 * pages send their packets to it. Needs no root and no rights, and the app knows nothing of it.
 *
 * For every address the relay stands in with a port of its own. A browser is told the stand-in in place of each candidate of
 * the other side; what arrives there goes on to the true address, from the stand-in of whoever sent it, as through a NAT.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Page } from '@playwright/test';

/** Bursts wait in the kernel while this process is busy. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

interface Place {
  readonly address: string;
  readonly port: number;
}

interface Packet {
  readonly due: number;
  readonly from: Socket;
  readonly to: Place;
  readonly bytes: Buffer;
}

declare global {
  interface Window {
    standInFor(candidate: string): Promise<string>;
  }
}

/** Pages must be started with this: an address behind an mDNS name cannot be stood in for. */
export const SLOW_ROAD_FLAGS: readonly string[] = ['--disable-features=WebRtcHideLocalIpsWithMdns'];

export class SlowRoad {
  readonly #delay: number;
  readonly #standIns = new Map<string, Promise<Socket>>();
  #packets: Packet[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `roundTrip`: milliseconds there and back. */
  constructor({ roundTrip }: { readonly roundTrip: number }) {
    this.#delay = roundTrip / 2;
  }

  /** Before the page loads: from then on its connections go by this road. For `preparePage`. */
  async prepare(page: Page): Promise<void> {
    await page.exposeFunction('standInFor', (candidate: string) => this.#rewrite(candidate));
    await page.addInitScript(sendByStandIns);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#packets = [];
    for (const socket of await Promise.all(this.#standIns.values())) socket.close();
  }

  /** RFC 8839 §5.1: the fifth and the sixth word are the address and the port. Only UDP goes by here. */
  async #rewrite(candidate: string): Promise<string> {
    const words = candidate.split(' ');
    const [, , protocol = '', , address = '', port = ''] = words;
    if (protocol.toLowerCase() !== 'udp' || !/^\d+\.\d+\.\d+\.\d+$/.test(address)) return '';
    words[4] = '127.0.0.1';
    words[5] = String((await this.#standInFor({ address, port: Number(port) })).address().port);
    return words.join(' ');
  }

  #standInFor(place: Place): Promise<Socket> {
    const key = `${place.address}:${place.port}`;
    const known = this.#standIns.get(key) ?? this.#openFor(place);
    this.#standIns.set(key, known);
    return known;
  }

  async #openFor(place: Place): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES, sendBufferSize: SOCKET_BUFFER_BYTES });
    socket.on('message', (bytes, sender) => {
      const due = performance.now() + this.#delay;
      void this.#standInFor(sender).then((from) => this.#keep({ due, from, to: place, bytes }));
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  }

  #keep(packet: Packet): void {
    this.#packets.push(packet);
    // Time is what a slow road is made of. A timer tells whole milliseconds: no packet is later than by one.
    this.#timer ??= setTimeout(() => this.#pass(), 1);
  }

  #pass(): void {
    this.#timer = undefined;
    const now = performance.now();
    let passed = 0;
    for (; passed < this.#packets.length; passed++) {
      const packet = this.#packets[passed];
      if (!packet || packet.due > now) break;
      // A closed browser is nobody's failure.
      packet.from.send(packet.bytes, packet.to.port, packet.to.address, () => undefined);
    }
    this.#packets.splice(0, passed);
    // For those whose time has not come.
    if (this.#packets.length > 0) this.#timer = setTimeout(() => this.#pass(), 1);
  }
}

/** Runs in the page. */
function sendByStandIns(): void {
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    override async addIceCandidate(init?: RTCIceCandidateInit | null): Promise<void> {
      const candidate = init?.candidate ? await window.standInFor(init.candidate) : '';
      if (candidate !== '') await super.addIceCandidate({ candidate, sdpMLineIndex: 0 });
    }

    override setRemoteDescription({ type, sdp = '' }: RTCSessionDescriptionInit): Promise<void> {
      return super.setRemoteDescription({ type, sdp: sdp.replaceAll(/^a=(?:candidate|end-of-candidates).*\r\n/gm, '') });
    }
  };
}
