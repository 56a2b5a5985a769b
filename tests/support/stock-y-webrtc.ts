/**
 * A page of an app made with stock y-webrtc, as a process: everything of y-webrtc's is real, its WebSocket to the signaling server
 * too; only WebRTC itself is made of messages to the process that started it, which passes them on.
 */
import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { Doc } from 'yjs';
import type { Bytes } from '../../src/lib/bytes.ts';
import { VirtualPeerConnection } from '../../src/transport/virtual-peer-connection.ts';

/** What a page is told at its start, as JSON. */
export interface StockPage {
  readonly url: string;
  readonly room: string;
  readonly password?: string;
  /** What it writes into the shared list. */
  readonly writes: readonly string[];
}

/** What pages tell: a message for another page's connection, or what their list has become. */
export type StockNews =
  | { readonly kind: 'message'; readonly to: string; readonly from: string; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly list: readonly string[] };

const page = JSON.parse(process.argv[2] ?? '') as StockPage;
const connections = new Map<string, VirtualPeerConnection>();

class Connection extends VirtualPeerConnection {
  /** What came before this side was open: a real channel keeps it too. */
  readonly #early: Bytes[] = [];

  constructor() {
    const word = randomUUID();
    super(word, { send: (bytes) => this.#send(word, bytes), waiting: () => 0 });
    connections.set(word, this);
  }

  override async setLocalDescription(description: Parameters<VirtualPeerConnection['setLocalDescription']>[0]): Promise<void> {
    await super.setLocalDescription(description);
    this.#described();
  }

  override async setRemoteDescription(description: Parameters<VirtualPeerConnection['setRemoteDescription']>[0]): Promise<void> {
    await super.setRemoteDescription(description);
    this.#described();
  }

  override deliver(message: Bytes): void {
    if (this.connectionState === 'connected') super.deliver(message);
    else this.#early.push(message);
  }

  #described(): void {
    if (!this.localDescription || !this.remoteDescription) return;
    // After simple-peer has told the other side.
    setTimeout(() => {
      this.establish();
      for (const message of this.#early.splice(0)) super.deliver(message);
    }, 0);
  }

  #send(from: string, bytes: Uint8Array): void {
    tell({ kind: 'message', to: this.remoteDescription?.sdp ?? '', from, bytes });
  }
}

function tell(news: StockNews): void {
  process.send?.(news);
}

function asGiven(init: object): object {
  return init;
}

// Before y-webrtc is loaded: this version of Node has none of its own.
Object.assign(globalThis, { WebSocket });
const { WebrtcProvider } = await import('y-webrtc');

const doc = new Doc();
const list = doc.getArray<string>('list');
list.push([...page.writes]);
doc.on('update', () => tell({ kind: 'list', list: list.toArray() }));
process.on('message', (news: StockNews) => {
  if (news.kind === 'message') connections.get(news.to)?.deliver(new Uint8Array(news.bytes));
});
new WebrtcProvider(page.room, doc, {
  signaling: [page.url],
  ...(page.password === undefined ? {} : { password: page.password }),
  peerOpts: {
    channelConfig: { negotiated: true, id: 0 },
    wrtc: { RTCPeerConnection: Connection, RTCSessionDescription: asGiven, RTCIceCandidate: asGiven },
  },
});
