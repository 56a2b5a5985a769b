/** What two authenticated devices tell each other on a link (PROTOCOL.md, rules F… and D…). */
import { bytes, fixed, oneOf, struct, text, u53, union, type Decoded } from './codec.ts';
import { visiblePresence } from './signal.ts';

/** A sealed frame on the wire, all in: what every browser's data channel carries without fragmenting trouble. */
export const MAX_FRAME_BYTES = 65_536;
/** One envelope: a frame less the frame's own seal and fields. */
export const MAX_ENVELOPE_BYTES = 60_000;
/** A signed prekey and twenty one-time pairs of 1,252 bytes each. */
const MAX_PREKEYS_BYTES = 26_400;
/** What members of a group say to each other at once: as much as an envelope. */
export const MAX_GROUP_BODY_BYTES = 60_000;
/** A request to join a group, as it is signed and carried (join-request.ts), with room to spare. */
export const MAX_KNOCK_BYTES = 6_144;
/** Credentials of eight members (3,072 bytes each), and what became of the request. */
export const MAX_WELCOME_BYTES = 32_768;
/** A part of an outline, the longest word about a file. */
const MAX_FILE_WORD_BYTES = 60_000;
/** A description of a connection, or candidates for it. */
const MAX_LANE_SIGNAL_BYTES = 16_384;
/** A description of a connection with sound, camera and screen: the longest word in a call. */
const MAX_CALL_WORD_BYTES = 20_000;
export const STREAM_ID_BYTES = 8;
export const PAIR_SHARE_BYTES = 32;
/** A user name is at most 32 characters of at most four bytes. */
export const MAX_NAME_BYTES = 128;

const SIGNATURE_BYTES = 64;

const streamId = fixed(STREAM_ID_BYTES);
const introduction = struct({ name: text(MAX_NAME_BYTES), pairShare: fixed(PAIR_SHARE_BYTES) });

export const frame = union({
  /** First on every link between contacts: my stream to you, and how far I have yours. */
  hello: { tag: 1, codec: struct({ stream: streamId, yours: streamId, receivedUpTo: u53 }) },
  /** The next content of the sender's stream; `seq` counts from 1 without gaps. */
  envelope: { tag: 2, codec: struct({ seq: u53, sealed: bytes(MAX_ENVELOPE_BYTES) }) },
  /** Everything of your stream up to here is stored on my side. */
  ack: { tag: 3, codec: struct({ upTo: u53 }) },
  presence: { tag: 4, codec: struct({ presence: visiblePresence }) },
  /** Invitee to inviter, first on a link made with an invite. */
  contactRequest: { tag: 5, codec: introduction },
  /** Inviter to invitee: stored on my side. */
  contactAccept: { tag: 6, codec: introduction },
  /** Invitee to inviter: stored on my side too; the invite is used up. */
  contactConfirm: { tag: 7, codec: struct({}) },
  /** Why the sender is about to close the link. */
  bye: {
    tag: 8,
    codec: struct({ reason: oneOf('idle', 'leaving', 'not-a-contact', 'invite-used', 'protocol', 'invite-expired', 'group-over') }),
  },
  /** After the hello on every link: what a session with me can be started from. `bundle`: an encoded `prekeyBundle`, signed by my device. */
  prekeys: { tag: 9, codec: struct({ bundle: bytes(MAX_PREKEYS_BYTES), signature: fixed(SIGNATURE_BYTES) }) },
  /** I have this stream of yours up to here, and what follows I cannot open: start another session from the prekeys that come next. */
  reset: { tag: 10, codec: struct({ stream: streamId, receivedUpTo: u53 }) },
  /** Between members of a group (rules G…); `body` is read by the groups' room. */
  group: { tag: 11, codec: struct({ body: bytes(MAX_GROUP_BODY_BYTES) }) },
  /** Joiner to member, on a link made at a group's door: a signed request to join. */
  groupKnock: { tag: 12, codec: struct({ body: bytes(MAX_KNOCK_BYTES) }) },
  /** Member to joiner: whom to meet, and what became of the request. */
  groupWelcome: { tag: 13, codec: struct({ body: bytes(MAX_WELCOME_BYTES) }) },
  /** About a file (rules X20…); `body` is a `fileWord`, read by the files' room. */
  file: { tag: 14, codec: struct({ body: bytes(MAX_FILE_WORD_BYTES) }) },
  /** About another connection between the same two, for bulk (rules X60…): `body` is read by whoever makes links. */
  lane: { tag: 15, codec: struct({ body: bytes(MAX_LANE_SIGNAL_BYTES) }) },
  /** About a call (rules V…); `body` is a `callWord`, read by the calls' room. */
  call: { tag: 16, codec: struct({ body: bytes(MAX_CALL_WORD_BYTES) }) },
});

export type Frame = Decoded<typeof frame>;
export type FrameOf<Type extends Frame['type']> = Extract<Frame, { type: Type }>;
export type ByeReason = FrameOf<'bye'>['reason'];
