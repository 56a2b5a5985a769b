/**
 * How a shared document travels on a link between two members (PROTOCOL.md, rules Y…): each end has a virtual connection
 * of its own making, described by an offer and an answer like a real one, and what flows over it is cut into pieces.
 */
import { bytes, fixed, flag, struct, union, type Decoded } from './codec.ts';

/** Which making of a virtual connection is meant. Random: both ends forget, and what was meant for an older one is told apart. */
export const CARRIAGE_ID_BYTES = 8;
/** Small enough that other frames get between two pieces of a large message. */
export const MAX_PIECE_BYTES = 16_384;
/** Tag, flag and length before a piece. */
export const MAX_CARRIAGE_BYTES = MAX_PIECE_BYTES + 6;

const id = fixed(CARRIAGE_ID_BYTES);

export const carriageBody = union({
  /** From the side that answers: I am ready for an offer, and know of none. */
  knock: { tag: 1, codec: struct({}) },
  offer: { tag: 2, codec: struct({ id }) },
  /** `to`: the offer that is answered. From here on both ends are bound. */
  answer: { tag: 3, codec: struct({ to: id }) },
  /** Part of a message of y-protocols; `more`: it goes on in the next piece. */
  piece: { tag: 4, codec: struct({ more: flag, bytes: bytes(MAX_PIECE_BYTES) }) },
  /** The sender has let go of its end. */
  close: { tag: 5, codec: struct({}) },
});

export type CarriageBody = Decoded<typeof carriageBody>;
