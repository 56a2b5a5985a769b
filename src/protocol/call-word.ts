/**
 * What people in a call, or about to be in one, tell each other on a proven link (PROTOCOL.md, rules V…): the body of a `call`
 * frame. Nothing of it goes through the server, so the certificates that descriptions name are as proven as the link.
 */
import { fixed, flag, list, marked, nothing, oneOf, struct, text, u32, u53, union, type Decoded } from './codec.ts';
import { CALL_ID_BYTES, GROUP_ID_BYTES } from './ids.ts';
import { iceCandidate, MAX_CANDIDATES } from './signal.ts';

/** Two lines of sound and two of pictures with every codec a browser has come to about 14 KB. */
const MAX_CALL_SDP_BYTES = 19_000;

const VERSION = new Uint8Array([1]);

/** What it began as. Cameras come and go in either. */
export const callMedia = oneOf('voice', 'video');
/** What became of a call between two. `missed`: it rang and nobody answered. `unreachable`: it never rang. */
export const callOutcome = oneOf('answered', 'missed', 'declined', 'busy', 'cancelled', 'unreachable');
/** `ended`: by whoever was the last to leave. */
export const callAct = oneOf('started', 'joined', 'left', 'ended');
/** Why somebody is in a call no more. `failed`: nothing can be heard of the other, or they never knew of it. */
export const callEnd = oneOf('hung-up', 'declined', 'busy', 'no-answer', 'cancelled', 'failed');
/** How somebody wants to see me. `small`: as one picture of many. */
export const videoWish = oneOf('none', 'small', 'full');

export const callWord = marked(
  VERSION,
  struct({
    call: fixed(CALL_ID_BYTES),
    word: union({
      /** Come and talk. Told again and again until there is an answer. */
      ring: { tag: 1, codec: struct({ media: callMedia }) },
      /** It rings here. Answers every `ring` until the person decides. */
      ringing: { tag: 2, codec: nothing },
      /** The person has answered. */
      accept: { tag: 3, codec: struct({ media: callMedia }) },
      /** I am not in it, or no more. Also answers whatever is said about a call I am not in. */
      end: { tag: 4, codec: struct({ reason: callEnd }) },
      /** For the connection that carries sound and picture. Of each `round` there is one; a higher one replaces it (V6). */
      description: { tag: 5, codec: struct({ round: u32, kind: oneOf('offer', 'answer'), sdp: text(MAX_CALL_SDP_BYTES) }) },
      candidates: { tag: 6, codec: struct({ round: u32, candidates: list(iceCandidate, MAX_CANDIDATES) }) },
      /** I am in it, and this is what comes from me. Told when it changes, and every few seconds. */
      state: { tag: 7, codec: struct({ muted: flag, camera: flag, screen: flag, hand: flag }) },
      /** Of a call in a group, to everybody who is in it: so am I. `since`: milliseconds since 1970, by my clock. */
      present: { tag: 8, codec: struct({ group: fixed(GROUP_ID_BYTES), since: u53 }) },
      /** From an admin of the group: mute yourself, please. */
      mutePlease: { tag: 9, codec: nothing },
      /** How I want to see your camera and your screen. */
      wish: { tag: 10, codec: struct({ camera: videoWish, screen: videoWish }) },
    }),
  }),
);

export type CallWord = Decoded<typeof callWord>;
export type CallWordBody = CallWord['word'];
export type CallWordOf<Type extends CallWordBody['type']> = Extract<CallWordBody, { type: Type }>;
export type CallMedia = Decoded<typeof callMedia>;
export type CallOutcome = Decoded<typeof callOutcome>;
export type CallAct = Decoded<typeof callAct>;
export type CallEnd = Decoded<typeof callEnd>;
export type VideoWish = Decoded<typeof videoWish>;
