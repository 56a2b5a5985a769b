/** What two peers tell each other through the signaling server, sealed (PROTOCOL.md, rules S…). */
import { fixed, list, marked, oneOf, struct, text, u32, u53, u8, union, type Decoded } from './codec.ts';

/** An SDP of one data channel is about 600 bytes; with audio and video and many candidates about 6 KB. */
export const MAX_SDP_BYTES = 12_000;
const MAX_CANDIDATE_BYTES = 512;
export const MAX_CANDIDATES = 16;
export const LINK_ID_BYTES = 8;
export const INSTANCE_BYTES = 8;

export const iceCandidate = struct({ candidate: text(MAX_CANDIDATE_BYTES), mid: text(16), line: u8 });
const linkId = fixed(LINK_ID_BYTES);

/** How somebody wants to be seen. Invisible is not among them: it shows as nobody there. */
export const visiblePresence = oneOf('online', 'away', 'busy');
export type VisiblePresence = Decoded<typeof visiblePresence>;

const body = union({
  /** "Please offer me a link": from the side that never offers. */
  knock: { tag: 1, codec: struct({}) },
  offer: { tag: 2, codec: struct({ link: linkId, sdp: text(MAX_SDP_BYTES) }) },
  answer: { tag: 3, codec: struct({ link: linkId, sdp: text(MAX_SDP_BYTES) }) },
  candidates: { tag: 4, codec: struct({ link: linkId, candidates: list(iceCandidate, MAX_CANDIDATES) }) },
  /** `wantReply`: the sender has just arrived and does not know ours. */
  presence: { tag: 5, codec: struct({ presence: visiblePresence, wantReply: u8 }) },
});

const VERSION = new Uint8Array([1]);

/** `instance` and `counter` make each signal of one running app unique: a replayed one is recognised. */
export const signal = marked(VERSION, struct({ instance: fixed(INSTANCE_BYTES), counter: u32, at: u53, body }));

export type Signal = Decoded<typeof signal>;
export type SignalBody = Signal['body'];
export type IceCandidate = Decoded<typeof iceCandidate>;
