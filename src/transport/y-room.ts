/**
 * y-webrtc's own room and connections, without y-webrtc's ways of finding people: no signaling server, and no
 * BroadcastChannel, over which another account of this browser could listen. The only importer of y-webrtc.
 *
 * `Room.connect` and `disconnect` would speak over a BroadcastChannel, so the two listeners they put on the document and on
 * its awareness are put there from here; everything else is the room's and the connections' own doing.
 */
import type SimplePeer from 'simple-peer';
import { Awareness } from 'y-protocols/awareness';
import { Room, WebrtcConn, type SignalingConn, type WebrtcProvider } from 'y-webrtc';
import type { Doc } from 'yjs';
import type { VirtualPeerConnection } from './virtual-peer-connection.ts';

export interface RoomEvents {
  /** The word of our description is to be told to the other end. */
  described(type: 'offer' | 'answer'): void;
  /** It has ended, whoever ended it. */
  ended(): void;
}

export interface RoomConnection {
  /** What the other end described itself with. */
  describe(type: 'offer' | 'answer', word: string): void;
  end(): void;
}

/** What y-webrtc publishes when one of its connections has something to tell the other side. */
interface Published {
  readonly data: { readonly type?: string; readonly signal?: SimplePeer.SignalData };
}

export class YRoom {
  readonly #doc: Doc;
  readonly #awareness: Awareness;
  readonly #provider: { peerOpts: object };
  readonly #room: Room;
  #made = 0;

  constructor(doc: Doc, awareness: Awareness | undefined) {
    this.#doc = doc;
    this.#awareness = awareness ?? silentAwareness(doc);
    const provider = {
      doc,
      awareness: this.#awareness,
      maxConns: Number.POSITIVE_INFINITY,
      filterBcConns: false,
      peerOpts: {},
      emit: nothing,
    };
    this.#provider = provider;
    // Of its provider a room asks for no more than is here; the name is for the log alone, and nothing is encrypted again.
    this.#room = new Room(doc, provider as unknown as WebrtcProvider, 'parley', null);
    leavePageAlone(this.#room);
    doc.on('update', this.#room._docUpdateHandler);
    this.#awareness.on('update', this.#room._awarenessUpdateHandler);
  }

  /** Makes a connection over `virtual`. */
  connect(initiator: boolean, virtual: VirtualPeerConnection, events: RoomEvents): RoomConnection {
    this.#provider.peerOpts = peerOptions(virtual);
    const signaling = {
      send: ({ data }: Published): void => {
        const type = data.type === 'signal' ? data.signal?.type : undefined;
        if (type === 'offer' || type === 'answer') events.described(type);
      },
    };
    // A name of its own for each: one that ends takes its name out of the room, and must not take out its successor.
    const name = String(this.#made++);
    const connection = new WebrtcConn(signaling as unknown as SignalingConn, initiator, name, this.#room);
    this.#room.webrtcConns.set(name, connection);
    const peer = connection.peer as SimplePeer.Instance;
    peer.on('close', () => events.ended());
    return {
      describe: (type, sdp) => {
        if (!peer.destroyed) peer.signal({ type, sdp });
      },
      end: () => connection.destroy(),
    };
  }

  close(): void {
    this.#doc.off('update', this.#room._docUpdateHandler);
    this.#awareness.off('update', this.#room._awarenessUpdateHandler);
    for (const connection of this.#room.webrtcConns.values()) connection.destroy();
  }
}

/** Functions, not classes: what a function returns is what `new` gives, and simple-peer is to be given what is there already. */
function peerOptions(virtual: VirtualPeerConnection): object {
  return {
    // Messages come out one by one, as they went in.
    objectMode: true,
    config: {},
    channelConfig: { negotiated: true, id: 0 },
    wrtc: {
      RTCPeerConnection: function connection(): VirtualPeerConnection {
        return virtual;
      },
      RTCSessionDescription: verbatim,
      RTCIceCandidate: verbatim,
    },
  };
}

function verbatim(init: object): object {
  return init;
}

/** Nobody is in it, nobody is told of anybody, and it has no timer. */
function silentAwareness(doc: Doc): Awareness {
  const awareness = new Awareness(doc);
  awareness.destroy();
  return awareness;
}

/** A room wants to be told when the page is left, but a page may ask and stay; our links end when it is really gone. */
function leavePageAlone(room: Room): void {
  if (typeof window === 'undefined') process.off('exit', room._beforeUnloadHandler);
  else window.removeEventListener('beforeunload', room._beforeUnloadHandler);
}

function nothing(): void {
  // y-webrtc's events of peers and syncing: the carriage sees both for itself.
}
