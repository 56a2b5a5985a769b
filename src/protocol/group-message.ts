/** What is said in a group, under which keys, and who has it: messages, epochs, their boxes, marks (PROTOCOL.md, rules G40…). */
import { callAct, callMedia } from './call-word.ts';
import { bytes, fixed, flag, list, marked, optional, struct, text, u32, u53, union, type Decoded } from './codec.ts';
import { MAX_TEXT_BYTES } from './content.ts';
import { signedUpTo } from './credential.ts';
import { MAX_MANIFEST_BYTES } from './file-manifest.ts';
import { ACCOUNT_ID_BYTES, CALL_ID_BYTES } from './ids.ts';

/** A group has at most this many devices: the boxes of an epoch, named in 16 bytes each, fit one operation. */
export const MAX_GROUP_DEVICES = 512;
/** Heads of the operations an author knew. More are merged by an operation first. */
export const MAX_CONTROL_HEADS = 8;
/** Heads an epoch may stand on: as many as an operation. */
export const MAX_BASE_HEADS = 16;
/** Whoever means more people than these means all of them. */
export const MAX_MENTIONS = 64;

/** A word to a file in a group: with the manifest it is no longer than a long letter. */
export const MAX_FILE_TEXT_BYTES = 15_000;

export const EPOCH_SECRET_BYTES = 32;
export const BOX_HASH_BYTES = 16;
/** The beginning of a device's signing key, where a whole key would be carried hundreds of times and no trust hangs on it. */
export const SHORT_DEVICE_BYTES = 8;
/** The beginning of a message's id: tells two branches of a log apart. */
export const SHORT_ID_BYTES = 8;

const ID_BYTES = 32;
const COMMITMENT_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const KEM_CIPHERTEXT_BYTES = 1120;
/** The beginning of the hash of an X-Wing key: says which of a device's own keys a box is for. */
export const KEY_PACKAGE_TAG_BYTES = 8;

const VERSION = new Uint8Array([1]);
const id = fixed(ID_BYTES);
const account = fixed(ACCOUNT_ID_BYTES);
const shortDevice = fixed(SHORT_DEVICE_BYTES);

const mentions = struct({ all: flag, accounts: list(account, MAX_MENTIONS) });

/** What a message says, once opened. `mentions.all`: honoured when the author is an admin. */
export const groupBody = marked(
  VERSION,
  union({
    text: {
      tag: 1,
      codec: struct({ text: text(MAX_TEXT_BYTES), mentions }),
    },
    /** A file, with a word to it (may be empty). `manifest`: an encoded `fileManifest`, read by the files' room. */
    file: {
      tag: 2,
      codec: struct({ text: text(MAX_FILE_TEXT_BYTES), mentions, manifest: bytes(MAX_MANIFEST_BYTES) }),
    },
    /** Who is in a call of the group's (rules V…): the calls of all messages together are its roster. */
    call: {
      tag: 3,
      codec: struct({ call: fixed(CALL_ID_BYTES), act: callAct, media: callMedia }),
    },
  }),
);

/** The longest body has 34,825 bytes; this is the size it is padded to (R7). */
export const MAX_PADDED_BODY_BYTES = 36_591;

/**
 * Signed by the author's device in context `grp-msg`. `account`: whose device that is. `epoch`: the operation whose secret
 * seals it. `seq` counts the device's messages in the group from 1, `own` is the id of the one before, zeros in the first.
 * `control`: heads of the operations the author knew. `wall`: milliseconds since 1970, shown to people and trusted for nothing.
 */
export const groupMessage = marked(
  VERSION,
  struct({
    group: id,
    account,
    epoch: id,
    seq: u53,
    own: id,
    control: list(id, MAX_CONTROL_HEADS),
    lamport: u53,
    wall: u53,
    nonce: fixed(NONCE_BYTES),
    commitment: fixed(COMMITMENT_BYTES),
    ciphertext: bytes(MAX_PADDED_BODY_BYTES + TAG_BYTES),
  }),
);

/** All fields of a message but its ciphertext: 468 bytes with eight heads. */
const MAX_MESSAGE_PAYLOAD_BYTES = 468 + MAX_PADDED_BODY_BYTES + TAG_BYTES;
export const signedGroupMessage = signedUpTo(MAX_MESSAGE_PAYLOAD_BYTES);
/** A message as it is carried: payload, its length, key and signature. */
export const MAX_GROUP_MESSAGE_BYTES = 4 + MAX_MESSAGE_PAYLOAD_BYTES + 32 + 64;

/**
 * The act of the operation that begins an epoch. `n` is one more than the highest number of an epoch before it. `base`:
 * heads of the operations that say who was a member. `recipients`: hash of these members' devices. `commitment`: to the secret.
 * `boxes`: for each device, in the order of their keys, the first 16 bytes of its box's hash; zeros where there is none.
 */
export const epochAct = struct({
  n: u32,
  base: list(id, MAX_BASE_HEADS),
  recipients: fixed(32),
  commitment: fixed(COMMITMENT_BYTES),
  boxes: list(fixed(BOX_HASH_BYTES), MAX_GROUP_DEVICES),
});

/** An epoch's secret for one device. Stored and carried apart from the operation, found by its hash. */
export const epochBox = marked(
  VERSION,
  struct({
    keyPackage: fixed(KEY_PACKAGE_TAG_BYTES),
    ciphertext: fixed(KEM_CIPHERTEXT_BYTES),
    commitment: fixed(COMMITMENT_BYTES),
    sealed: fixed(EPOCH_SECRET_BYTES + TAG_BYTES),
  }),
);
export const EPOCH_BOX_BYTES = 1 + KEY_PACKAGE_TAG_BYTES + KEM_CIPHERTEXT_BYTES + COMMITMENT_BYTES + EPOCH_SECRET_BYTES + TAG_BYTES;

/**
 * Signed by a device in context `grp-mark`: what it holds and has read, of each log. Of two, the one with the higher counter
 * counts. `from`: older messages it does not hold and never asks for. `have`, `read`: up to and with this number, without gaps.
 * `announcement`: the newest announcement that was read.
 */
export const groupMark = marked(
  VERSION,
  struct({
    group: id,
    account,
    counter: u53,
    logs: list(struct({ device: shortDevice, from: u53, have: u53, read: u53 }), MAX_GROUP_DEVICES),
    announcement: optional(id),
  }),
);
/** 29 bytes for each log, and 107 for the rest. */
const MAX_MARK_PAYLOAD_BYTES = 107 + MAX_GROUP_DEVICES * 29;
export const signedGroupMark = signedUpTo(MAX_MARK_PAYLOAD_BYTES);
export const MAX_GROUP_MARK_BYTES = 4 + MAX_MARK_PAYLOAD_BYTES + 32 + 64;

/** How far somebody has a device's log, and which branch of it should there be two: the beginning of the last message's id. */
export const logPosition = struct({ device: shortDevice, seq: u53, tip: fixed(SHORT_ID_BYTES) });
/** Messages of a device's log, `from` and `to` included. */
export const logRange = struct({ device: shortDevice, from: u53, to: u53 });

export type GroupBody = Decoded<typeof groupBody>;
/** What is said, and not merely told of a call. */
export type SpokenBody = Exclude<GroupBody, { type: 'call' }>;
export type GroupMessage = Decoded<typeof groupMessage>;
export type EpochAct = Decoded<typeof epochAct>;
export type LogPosition = Decoded<typeof logPosition>;
export type LogRange = Decoded<typeof logRange>;
