/**
 * What two who are linked say to each other about further connections between them: the body of a `lane` frame
 * (PROTOCOL.md, rules X60…). A lane is opened by who gives, carries bulk one way, and is nothing before both have named,
 * over the proven link, the certificates they show on it.
 */
import { fixed, list, marked, nothing, struct, text, u32, union, type Decoded } from './codec.ts';
import { LINK_ID_BYTES, MAX_CANDIDATES, MAX_SDP_BYTES, iceCandidate } from './signal.ts';

/** SHA-256 of a DTLS certificate (DER). */
const FINGERPRINT_BYTES = 32;

const VERSION = new Uint8Array([1]);

export const laneWord = marked(
  VERSION,
  struct({
    /** Drawn by who opens it. */
    lane: fixed(LINK_ID_BYTES),
    word: union({
      offer: { tag: 1, codec: struct({ sdp: text(MAX_SDP_BYTES) }) },
      answer: { tag: 2, codec: struct({ sdp: text(MAX_SDP_BYTES) }) },
      candidates: { tag: 3, codec: struct({ candidates: list(iceCandidate, MAX_CANDIDATES) }) },
      /** It is open, and this is the certificate I show on it. First from who opened it; the other answers once it has seen the same. */
      proof: { tag: 4, codec: struct({ fingerprint: fixed(FINGERPRINT_BYTES) }) },
      /** So many chunks have gone over it and no more will: who has them all closes it. */
      over: { tag: 5, codec: struct({ chunks: u32 }) },
      /** There is no such lane here (any more). */
      gone: { tag: 6, codec: nothing },
    }),
  }),
);

export type LaneWord = Decoded<typeof laneWord>;
export type LaneWordBody = LaneWord['word'];
