/** What members do to a group, each thing signed and linked to what its author had seen (PROTOCOL.md, rules G…). */
import { bytes, fixed, list, marked, nothing, oneOf, optional, struct, text, u16, u32, u53, union, type Decoded } from './codec.ts';
import { signedUpTo } from './credential.ts';
import { MAX_NAME_BYTES } from './frame.ts';
import { epochAct } from './group-message.ts';
import { ACCOUNT_ID_BYTES, MESSAGE_ID_BYTES, OPERATION_ID_BYTES } from './ids.ts';
import { INVITE_ID_BYTES } from './invitation.ts';
import { keyPackage, MAX_JOIN_REQUEST_BYTES } from './join-request.ts';

/** An operation as it is carried, all in: what every member keeps for as long as the group lives. */
export const MAX_OPERATION_BYTES = 16_384;
/** Members of a group keep all of them and judge them as a whole: these take some 4 MB and a fraction of a second. */
export const MAX_OPERATIONS = 10_000;
/** Accounts in a group. An epoch is sealed for each of their devices; more than these nobody carries. */
export const MAX_MEMBERS = 256;
/** Ends of the history an operation names. Whoever has more of them names the newest, and the next operation the rest. */
export const MAX_PREVIOUS = 16;
/** An image beside a full credential still fits an operation. */
export const MAX_PICTURE_BYTES = 10_240;
export const MAX_GROUP_NAME_BYTES = 256;
export const MAX_TOPIC_BYTES = 1_024;
export const MAX_ANNOUNCEMENT_BYTES = 8_192;
/** Devices of one account a `seen` counts: those in force and those it had before. */
export const MAX_SEEN = 32;

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Length, key and signature around what is signed. */
const SIGNED_OVERHEAD_BYTES = 4 + KEY_BYTES + SIGNATURE_BYTES;

const VERSION = new Uint8Array([1]);
const operationId = fixed(OPERATION_ID_BYTES);
const account = fixed(ACCOUNT_ID_BYTES);
const target = struct({ account });
const message = struct({ message: fixed(MESSAGE_ID_BYTES) });
const inviteId = fixed(INVITE_ID_BYTES);

/** Up to where somebody's messages had come when this was written: what a device of theirs numbers higher is hidden (G21). Devices not named: 0. */
const seen = list(struct({ device: fixed(KEY_BYTES), seq: u53 }), MAX_SEEN);

const policy = struct({
  history: union({
    none: { tag: 1, codec: nothing },
    sinceJoining: { tag: 2, codec: nothing },
    days: { tag: 3, codec: struct({ days: u16 }) },
    all: { tag: 4, codec: nothing },
  }),
  invites: oneOf('admins', 'everybody'),
});

export const groupAct = union({
  // ————— the owner's chain —————
  /** The first operation; its id is the group's. `nonce`: random, so that no two groups are one. */
  create: {
    tag: 1,
    codec: struct({
      nonce: fixed(32),
      owner: keyPackage,
      name: text(MAX_GROUP_NAME_BYTES),
      picture: optional(bytes(MAX_PICTURE_BYTES)),
      policy,
    }),
  },
  /** Makes an admin. */
  grant: { tag: 2, codec: target },
  /** Unmakes one. */
  revoke: { tag: 3, codec: target },
  /** Removes anybody, admins included. */
  expel: { tag: 4, codec: struct({ account, seen }) },
  /** The ownership, to an admin; undefined: to nobody any more. */
  offer: { tag: 5, codec: struct({ account: optional(account) }) },
  /** By whom it is offered to. */
  accept: { tag: 6, codec: nothing },
  policy: { tag: 7, codec: policy },
  disband: { tag: 8, codec: nothing },
  /** An admin's word on which end of a forked chain counts. Not itself part of the chain. */
  settle: { tag: 9, codec: struct({ tip: operationId }) },

  // ————— admins —————
  /**
   * A link to join by. Who holds the link holds a seed; from it come the topic's secret, which members need to be there,
   * and the key that proofs are signed with, of which they need the public half. `expires`: milliseconds since 1970.
   */
  invite: {
    tag: 20,
    codec: struct({
      invite: inviteId,
      mode: oneOf('auto', 'approval'),
      expires: optional(u53),
      uses: optional(u32),
      topicSecret: fixed(32),
      proofKey: fixed(KEY_BYTES),
      tip: operationId,
    }),
  },
  revokeInvite: { tag: 21, codec: struct({ invite: inviteId }) },
  /** Lets somebody in. `request`: as they signed it. `tip`: the end of the owner's chain, for them to pin. */
  admit: { tag: 22, codec: struct({ request: bytes(MAX_JOIN_REQUEST_BYTES), tip: operationId }) },
  /** Answers every application of theirs it has seen. */
  decline: { tag: 23, codec: target },
  /** Removes a plain member. */
  kick: { tag: 24, codec: struct({ account, seen }) },
  /** `until`: milliseconds since 1970; undefined: for good. */
  mute: { tag: 25, codec: struct({ account, until: optional(u53), seen }) },
  unmute: { tag: 26, codec: target },
  muteAll: { tag: 27, codec: nothing },
  unmuteAll: { tag: 28, codec: nothing },
  rename: { tag: 29, codec: struct({ name: text(MAX_GROUP_NAME_BYTES) }) },
  picture: { tag: 30, codec: struct({ picture: optional(bytes(MAX_PICTURE_BYTES)) }) },
  topic: { tag: 31, codec: struct({ topic: text(MAX_TOPIC_BYTES) }) },
  /** An empty one takes the last one down. */
  announce: { tag: 32, codec: struct({ text: text(MAX_ANNOUNCEMENT_BYTES) }) },
  pin: { tag: 33, codec: message },
  unpin: { tag: 34, codec: message },

  // ————— members —————
  /** `seen`: how many messages each of one's own devices has written. */
  leave: { tag: 40, codec: struct({ seen }) },
  /** A device's newest key package; brings in a device of one's own that the group has not met. */
  keyPackage: { tag: 41, codec: keyPackage },
  /** A new secret for messages (G42). */
  epoch: { tag: 42, codec: epochAct },
  /** Up to where the author has shown the owner's chain to their person. */
  ack: { tag: 43, codec: struct({ tip: operationId }) },
  /** Carries somebody's request to where the admins see it. */
  apply: { tag: 44, codec: struct({ request: bytes(MAX_JOIN_REQUEST_BYTES) }) },
  /** What the author is called in this group; empty: as everywhere. */
  nickname: { tag: 45, codec: struct({ nickname: text(MAX_NAME_BYTES) }) },
});

/**
 * Signed in context `grp-op` by one of the account's devices. `group`: 32 zero bytes in `create`. `seq`: counts the device's
 * operations in the group from 1; `own`: the one before. `prev`: the ends of the history as the author knew it, ascending.
 * `ownerPrev`: the operation of the owner's chain this one continues. `lamport`: one more than the highest of all these.
 * `wall` (milliseconds since 1970) and `place` (the Lamport time of the talk) are where the author's clock and timeline
 * stood: shown to people and trusted for nothing.
 */
export const groupOperation = marked(
  VERSION,
  struct({
    group: operationId,
    account,
    seq: u53,
    own: optional(operationId),
    prev: list(operationId, MAX_PREVIOUS),
    ownerPrev: optional(operationId),
    lamport: u53,
    wall: u53,
    place: u53,
    act: groupAct,
  }),
);

/** An operation as it is carried. */
export const signedOperation = signedUpTo(MAX_OPERATION_BYTES - SIGNED_OVERHEAD_BYTES);

export type GroupAct = Decoded<typeof groupAct>;
export type ActType = GroupAct['type'];
export type GroupActOf<Type extends ActType> = Extract<GroupAct, { type: Type }>;
export type GroupOperation = Decoded<typeof groupOperation>;
export type WirePolicy = Decoded<typeof policy>;
