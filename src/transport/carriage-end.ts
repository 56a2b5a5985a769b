/**
 * This side's end of what is carried between two members (PROTOCOL.md, rules Y…): describes itself, is bound to the other
 * end, and stands between the link and y-webrtc's connection in both directions.
 *
 * The two sides come to it at different times, and either may begin anew while the other notices nothing. So the offering side
 * gives each offer an id that the answer names, and the answering side knocks when it comes; whatever belongs to an older
 * binding arrives before the answer that makes a new one, and is dropped.
 */
import type { Awareness } from 'y-protocols/awareness';
import type { Doc } from 'yjs';
import { assertNever } from '../lib/assert.ts';
import { equalBytes, toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Admission } from '../groups/ports.ts';
import { CARRIAGE_ID_BYTES, type CarriageBody } from '../protocol/carriage.ts';
import { PieceReceiver, PieceSender } from './carriage-pieces.ts';
import { nextTurn } from './next-turn.ts';
import { isCoveredBy, splitUpdate } from './split-update.ts';
import { VirtualPeerConnection } from './virtual-peer-connection.ts';
import {
  ownKind,
  readYMessage,
  updateIn,
  writeAsk,
  writeUpdate,
  type AwarenessState,
  type StateVector,
  type YMessage,
} from './y-message.ts';
import type { RoomConnection, YRoom } from './y-room.ts';

/** Larger updates leave in parts of about this size: what a page verifies and applies in one turn (some 300 operations). */
const PART_BYTES = 128 * 1024;
/** Smaller updates are sent on without finding out whether the other has them already. */
const WORTH_LOOKING_BYTES = 4 * 1024;
/** What a page takes up in one turn. */
const BYTES_PER_TURN = 256 * 1024;
/** Somebody so slow is better served by beginning anew later. */
const MAX_OUTGOING_BYTES = 48 * 1024 * 1024;
/** What has come and could not be taken up yet: a whole document of the largest size, and its parts' overhead. */
const MAX_INCOMING_BYTES = 48 * 1024 * 1024;
/** Client numbers whose cursors were ever seen: y-protocols never forgets one. */
const MAX_KNOWN_CLIENTS = 4_096;

export interface EndOptions {
  readonly initiates: boolean;
  readonly doc: Doc;
  readonly room: YRoom;
  readonly awareness: Awareness | undefined;
  admit(update: Uint8Array): Admission;
  admitState(state: unknown): boolean;
  /** False: there is no link. */
  send(body: CarriageBody): boolean;
  /** Bytes that wait on the link. */
  waiting(): number;
  /** Whether this is the time to ask for the whole document; if not, `ask` is called when it is. */
  mayAsk(): boolean;
  /** All the other had when asked is here; or that is no longer so. */
  synced(synced: boolean): void;
  refused(): void;
}

interface Binding {
  /** What the offer was called. */
  readonly id: Bytes;
  readonly virtual: VirtualPeerConnection;
  readonly receiver: PieceReceiver;
  /** y-webrtc's own, once it is made. */
  connection: RoomConnection | undefined;
  /** The other side has been told of our description. */
  described: boolean;
  /** Each knows the other's description: what comes now belongs to this binding. */
  bound: boolean;
  /** Whole messages that wait for their turn. */
  readonly incoming: Bytes[];
  incomingBytes: number;
  /** They have been answered: updates from here on are news to them, and whatever came before is in the answer. */
  answered: boolean;
  /** How far they were when they asked. */
  theirs: StateVector;
  /** The update that y-webrtc is being given. */
  delivering: Uint8Array | undefined;
}

export class CarriageEnd {
  readonly #options: EndOptions;
  readonly #outgoing: PieceSender;
  #binding: Binding | undefined;
  #taking = false;
  /** Waits for the link to drain, to begin anew. */
  #exhausted = false;
  #over = false;

  constructor(options: EndOptions) {
    this.#options = options;
    this.#outgoing = new PieceSender({ send: (piece) => options.send(piece), waiting: () => options.waiting() });
  }

  /** There is a link, or a new beginning on it. */
  start(): void {
    if (this.#over) return;
    if (this.#options.initiates) this.#bind(globalThis.crypto.getRandomValues(new Uint8Array(CARRIAGE_ID_BYTES)));
    else this.#options.send({ type: 'knock' });
  }

  received(body: CarriageBody): void {
    if (this.#over) return;
    switch (body.type) {
      case 'knock':
        if (this.#options.initiates) this.#knocked();
        break;
      case 'offer':
        if (!this.#options.initiates) this.#offered(body.id);
        break;
      case 'answer':
        this.#answered(body.to);
        break;
      case 'piece':
        this.#takePiece(body);
        break;
      case 'close':
        this.#unbind();
        break;
      default:
        assertNever(body);
    }
  }

  drained(): void {
    if (this.#exhausted) {
      this.#exhausted = false;
      this.start();
    } else this.#outgoing.pump();
  }

  /** Asks the other side for all that is not here. */
  ask(): void {
    if (this.#binding?.bound) this.#outgoing.push(writeAsk(this.#options.doc));
  }

  /** Lets go, and says so where there is still somebody to hear it. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#unbind();
    this.#options.send({ type: 'close' });
  }

  // ————— being bound —————

  #knocked(): void {
    const binding = this.#binding;
    // An offer that was not answered may have been made to nobody.
    if (!binding || binding.bound) this.start();
    else if (binding.described) this.#options.send({ type: 'offer', id: binding.id });
  }

  #offered(id: Bytes): void {
    if (this.#binding && equalBytes(this.#binding.id, id)) return;
    this.#bind(id);
    this.#binding?.connection?.describe('offer', toBase64url(id));
  }

  #answered(to: Bytes): void {
    const binding = this.#binding;
    if (!this.#options.initiates || !binding || binding.bound || !equalBytes(binding.id, to)) return;
    binding.bound = true;
    binding.connection?.describe('answer', toBase64url(to));
    binding.virtual.establish();
  }

  #bind(id: Bytes): void {
    this.#unbind();
    const { initiates, room } = this.#options;
    const virtual = new VirtualPeerConnection(toBase64url(id), {
      send: (message) => {
        if (this.#binding === binding) this.#send(message, binding);
      },
      waiting: () => this.#outgoing.waiting,
    });
    const binding: Binding = {
      id,
      virtual,
      receiver: new PieceReceiver(),
      connection: undefined,
      described: false,
      bound: false,
      incoming: [],
      incomingBytes: 0,
      answered: false,
      theirs: new Map(),
      delivering: undefined,
    };
    this.#binding = binding;
    binding.connection = room.connect(initiates, virtual, {
      described: () => this.#described(binding),
      ended: () => {
        if (this.#binding === binding) this.#giveUp();
      },
    });
  }

  #described(binding: Binding): void {
    if (this.#binding !== binding) return;
    binding.described = true;
    if (this.#options.initiates) {
      this.#options.send({ type: 'offer', id: binding.id });
      return;
    }
    binding.bound = true;
    this.#options.send({ type: 'answer', to: binding.id });
    binding.virtual.establish();
  }

  #unbind(): void {
    const binding = this.#binding;
    if (!binding) return;
    this.#binding = undefined;
    this.#outgoing.clear();
    binding.connection?.end();
    this.#options.synced(false);
  }

  /** Unbinds, and has the other side unbind. */
  #giveUp(): void {
    this.#unbind();
    this.#options.send({ type: 'close' });
  }

  /** They broke the rules. */
  refuse(): void {
    this.end();
    this.#options.refused();
  }

  // ————— from the link to y-webrtc —————

  #takePiece(piece: Extract<CarriageBody, { type: 'piece' }>): void {
    const binding = this.#binding;
    if (!binding?.bound) return;
    const message = binding.receiver.take(piece);
    if (message === undefined) return;
    if (message !== 'too-long') {
      binding.incoming.push(message);
      binding.incomingBytes += message.length;
    }
    if (message === 'too-long' || binding.incomingBytes > MAX_INCOMING_BYTES) this.refuse();
    else this.#takeUp();
  }

  /** Takes up what has come, in order, with a pause after so much of it. */
  #takeUp(): void {
    if (this.#taking) return;
    this.#taking = true;
    let bytes = 0;
    for (let message = this.#nextMessage(); message; message = this.#nextMessage()) {
      this.#take(message);
      bytes += message.length;
      if (bytes < BYTES_PER_TURN) continue;
      nextTurn(() => {
        this.#taking = false;
        this.#takeUp();
      });
      return;
    }
    this.#taking = false;
  }

  #nextMessage(): Bytes | undefined {
    const binding = this.#binding;
    const message = binding?.incoming.shift();
    if (binding && message) binding.incomingBytes -= message.length;
    return message;
  }

  #take(message: Bytes): void {
    const binding = this.#binding;
    if (!binding) return;
    const read = readYMessage(message);
    const admission = read ? this.#judge(read, binding) : 'refuse';
    if (admission === 'refuse') this.refuse();
    if (admission === 'take') {
      binding.delivering = read && 'update' in read ? read.update : undefined;
      binding.virtual.deliver(message);
      binding.delivering = undefined;
    }
    // What is left out for want of room is as much as there will be.
    if (read?.kind === 'answer' && this.#binding === binding) this.#options.synced(true);
  }

  #judge(message: YMessage, binding: Binding): Admission {
    switch (message.kind) {
      case 'ask':
        binding.theirs = message.vector;
        return 'take';
      case 'answer':
      case 'update':
        return this.#options.admit(message.update);
      case 'ask-states':
        return this.#options.awareness ? 'take' : 'skip';
      case 'states':
        return this.#judgeStates(message.states);
    }
  }

  #judgeStates(states: readonly AwarenessState[]): Admission {
    const { awareness } = this.#options;
    if (!awareness) return 'skip';
    if (states.some(({ state }) => state !== null && !this.#options.admitState(state))) return 'refuse';
    const own = awareness.meta.get(awareness.clientID)?.clock ?? 0;
    // y-protocols would let others say where we are.
    if (states.some(({ client, clock }) => client === awareness.clientID && clock > own)) return 'skip';
    const strangers = states.filter(({ client }) => !awareness.meta.has(client)).length;
    return awareness.meta.size + strangers > MAX_KNOWN_CLIENTS ? 'skip' : 'take';
  }

  // ————— from y-webrtc to the link —————

  #send(message: Uint8Array, binding: Binding): void {
    const kind = ownKind(message);
    switch (kind) {
      case 'ask':
        if (this.#options.mayAsk()) this.#outgoing.push(message);
        break;
      case 'answer':
        binding.answered = true;
        this.#sendUpdate(kind, message);
        break;
      case 'update':
        if (!this.#isKnown(message, binding)) this.#sendUpdate(kind, message);
        break;
      case 'states':
      case 'ask-states':
        if (this.#options.awareness) this.#outgoing.push(message);
        break;
    }
    if (this.#outgoing.waiting <= MAX_OUTGOING_BYTES) return;
    this.#exhausted = true;
    this.#giveUp();
  }

  /** y-webrtc tells everybody everything, those it had it from too. */
  #isKnown(message: Uint8Array, binding: Binding): boolean {
    if (!binding.answered) return true;
    const update = updateIn(message);
    if (binding.delivering && equalBytes(update, binding.delivering)) return true;
    return update.length >= WORTH_LOOKING_BYTES && isCoveredBy(update, binding.theirs);
  }

  #sendUpdate(kind: 'answer' | 'update', message: Uint8Array): void {
    if (message.length <= PART_BYTES) {
      this.#outgoing.push(message);
      return;
    }
    const parts = splitUpdate(updateIn(message), PART_BYTES);
    // The last part of an answer makes it whole.
    for (const [index, part] of parts.entries()) this.#outgoing.push(writeUpdate(index === parts.length - 1 ? kind : 'update', part));
  }
}
