/** The messages y-webrtc sends over a connection (y-protocols: sync and awareness), read with suspicion. */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { decodeStateVector, encodeStateVector, type Doc } from 'yjs';
import type { Bytes } from '../lib/bytes.ts';

export interface AwarenessState {
  readonly client: number;
  readonly clock: number;
  /** As JSON made it; null: gone. */
  readonly state: unknown;
}

/** How far somebody has what each client number wrote. */
export type StateVector = ReadonlyMap<number, number>;

export type YMessage =
  /** Sync step 1: this is how far I am; what more have you? */
  | { readonly kind: 'ask'; readonly vector: StateVector }
  /** Sync step 2: all of mine that you do not have. */
  | { readonly kind: 'answer'; readonly update: Uint8Array }
  | { readonly kind: 'update'; readonly update: Uint8Array }
  | { readonly kind: 'ask-states' }
  | { readonly kind: 'states'; readonly states: readonly AwarenessState[] };

const SYNC = 0;
const STATES = 1;
const ASK_STATES = 3;
const ASK = 0;
const ANSWER = 1;
const UPDATE = 2;

/** A group has at most 512 devices. */
const MAX_STATES = 512;
/** A cursor takes about 150. */
const MAX_STATE_LENGTH = 1_024;

/** Total: undefined for anything that y-webrtc would not send, or could not read. */
export function readYMessage(message: Uint8Array): YMessage | undefined {
  const from = decoding.createDecoder(message);
  try {
    const read = readKind(from);
    return from.pos === message.length ? read : undefined;
  } catch {
    // Plain errors from lib0, Yjs and JSON: all mean that this is no such message.
    return undefined;
  }
}

function readKind(from: decoding.Decoder): YMessage | undefined {
  switch (decoding.readVarUint(from)) {
    case SYNC:
      return readSync(from);
    case STATES:
      return readStates(decoding.createDecoder(readPart(from)));
    case ASK_STATES:
      return { kind: 'ask-states' };
    default:
      return undefined;
  }
}

function readSync(from: decoding.Decoder): YMessage | undefined {
  const step = decoding.readVarUint(from);
  const part = readPart(from);
  if (step === ASK) return { kind: 'ask', vector: decodeStateVector(part) };
  if (step === ANSWER) return { kind: 'answer', update: part };
  return step === UPDATE ? { kind: 'update', update: part } : undefined;
}

function readStates(from: decoding.Decoder): YMessage | undefined {
  const count = decoding.readVarUint(from);
  if (count > MAX_STATES) return undefined;
  const states: AwarenessState[] = [];
  while (states.length < count) {
    const [client, clock, text] = [decoding.readVarUint(from), decoding.readVarUint(from), decoding.readVarString(from)];
    if (text.length > MAX_STATE_LENGTH) return undefined;
    states.push({ client, clock, state: JSON.parse(text) as unknown });
  }
  return from.pos === from.arr.length ? { kind: 'states', states } : undefined;
}

/** A copy: lib0's view would look at the buffer behind the message, which may go on. */
function readPart(from: decoding.Decoder): Uint8Array {
  const length = decoding.readVarUint(from);
  if (length > from.arr.length - from.pos) throw new RangeError('The part is longer than its message.');
  const part = from.arr.subarray(from.pos, from.pos + length);
  from.pos += length;
  return part;
}

/** What a message of our own y-webrtc is; `update` where it carries one. */
export function ownKind(message: Uint8Array): YMessage['kind'] {
  if (message[0] === STATES) return 'states';
  if (message[0] === ASK_STATES) return 'ask-states';
  if (message[1] === ASK) return 'ask';
  return message[1] === ANSWER ? 'answer' : 'update';
}

/** The update in one of our own messages of kind `answer` or `update`. */
export function updateIn(message: Uint8Array): Uint8Array {
  const from = decoding.createDecoder(message);
  decoding.readVarUint(from);
  decoding.readVarUint(from);
  return decoding.readVarUint8Array(from);
}

export function writeAsk(doc: Doc): Bytes {
  return write(ASK, encodeStateVector(doc));
}

export function writeUpdate(kind: 'answer' | 'update', update: Uint8Array): Bytes {
  return write(kind === 'answer' ? ANSWER : UPDATE, update);
}

function write(step: number, part: Uint8Array): Bytes {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, SYNC);
  encoding.writeVarUint(out, step);
  encoding.writeVarUint8Array(out, part);
  return new Uint8Array(encoding.toUint8Array(out));
}
