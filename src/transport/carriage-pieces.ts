/** Messages of any length over a link that takes small bodies: cut here, put together there. */
import { concat, EMPTY, type Bytes } from '../lib/bytes.ts';
import { MAX_PIECE_BYTES, type CarriageBody } from '../protocol/carriage.ts';
import { LOW_WATER_BYTES } from './link-limits.ts';

type Piece = Extract<CarriageBody, { type: 'piece' }>;

/** Enough for an update as long as any member takes (groups/guard.ts) and what is around it. */
const MAX_MESSAGE_BYTES = 1024 * 1024 + 64;
/** Above the low-water mark, so that the link tells when there is room again. */
const HIGH_WATER_BYTES = 2 * LOW_WATER_BYTES;

export interface PieceOutlet {
  /** False: there is no link. */
  send(piece: Piece): boolean;
  /** Bytes that wait on the link. */
  waiting(): number;
}

/** What waits to be sent to one member. Stops while the link has enough to do. */
export class PieceSender {
  readonly #outlet: PieceOutlet;
  #messages: Uint8Array[] = [];
  /** How much of the first is sent. */
  #offset = 0;
  #bytes = 0;
  #sending = false;

  constructor(outlet: PieceOutlet) {
    this.#outlet = outlet;
  }

  /** Bytes that wait here. */
  get waiting(): number {
    return this.#bytes;
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    this.pump();
  }

  /** Sends as much as the link takes now. */
  pump(): void {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#messages.length > 0 && this.#outlet.waiting() <= HIGH_WATER_BYTES && this.#sendOne());
    } finally {
      this.#sending = false;
    }
  }

  clear(): void {
    this.#messages = [];
    this.#offset = 0;
    this.#bytes = 0;
  }

  #sendOne(): boolean {
    const [message = EMPTY] = this.#messages;
    const end = Math.min(this.#offset + MAX_PIECE_BYTES, message.length);
    const bytes = message.slice(this.#offset, end);
    const more = end < message.length;
    // Counted first: whoever is asked to send may ask what waits, or have us begin anew.
    this.#bytes -= bytes.length;
    this.#offset = more ? end : 0;
    if (!more) this.#messages.shift();
    return this.#outlet.send({ type: 'piece', more, bytes });
  }
}

/** Puts pieces together again. */
export class PieceReceiver {
  #pieces: Bytes[] = [];
  #bytes = 0;

  /** The message, once it is whole; `too-long` as soon as it is. */
  take({ more, bytes }: Piece): Bytes | 'too-long' | undefined {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_MESSAGE_BYTES) return 'too-long';
    if (more) return undefined;
    const whole = this.#pieces.length === 1 ? bytes : concat(...this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return whole;
  }
}
