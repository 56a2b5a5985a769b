/** What an envelope holds once opened: the things people say to each other (PROTOCOL.md, rules M…). */
import { bytes, fixed, list, marked, oneOf, struct, text, u53, union, type Decoded } from './codec.ts';
import { MAX_MANIFEST_BYTES } from './file-manifest.ts';
import { MAX_GROUP_INVITATION_BYTES } from './group-invitation.ts';
import { MAX_JOIN_REQUEST_BYTES } from './join-request.ts';
import { callMedia, callOutcome } from './call-word.ts';
import { CALL_ID_BYTES, GROUP_ID_BYTES, MESSAGE_ID_BYTES } from './ids.ts';

/** A long letter. More than this is better sent as a file, and the composer says so. */
export const MAX_TEXT_BYTES = 32_768;

/** Of one grant, which is then at most 43 KB; more epochs go in several. */
export const MAX_GRANTED_EPOCHS = 256;
/** The same for keys of single messages. */
export const MAX_GRANTED_MESSAGES = 256;
/** As many devices as a group has: where each one's messages begin for the new member. */
const MAX_BEGINNINGS = 512;
const SHORT_DEVICE_BYTES = 8;
const DEVICE_BYTES = 32;
const EPOCH_ID_BYTES = 32;
const SECRET_BYTES = 32;

const VERSION = new Uint8Array([1]);
const group = fixed(GROUP_ID_BYTES);
const grantedEpoch = struct({ epoch: fixed(EPOCH_ID_BYTES), secret: fixed(SECRET_BYTES) });
const grantedMessage = struct({ device: fixed(DEVICE_BYTES), seq: u53, key: fixed(SECRET_BYTES) });
const beginning = struct({ device: fixed(SHORT_DEVICE_BYTES), after: u53 });

/**
 * `lamport` orders the talk the same way on both sides: one more than anything the author had seen. `wall` is the author's
 * clock, shown to people and trusted for nothing.
 */
export const content = marked(
  VERSION,
  union({
    text: { tag: 1, codec: struct({ id: fixed(MESSAGE_ID_BYTES), lamport: u53, wall: u53, text: text(MAX_TEXT_BYTES) }) },
    /** To a friend: come into this group. `invitation`: an encoded `groupInvitation`. */
    groupInvitation: { tag: 2, codec: struct({ invitation: bytes(MAX_GROUP_INVITATION_BYTES) }) },
    /** To whoever invited, or an admin: let me in. `request`: signed by the applicant, read by the groups' room. */
    groupRequest: { tag: 3, codec: struct({ group, request: bytes(MAX_JOIN_REQUEST_BYTES) }) },
    /** What became of an invitation or a request, where the group itself does not say it. */
    groupAnswer: {
      tag: 4,
      codec: struct({
        group,
        answer: oneOf('declined', 'withdrawn', 'invite-used', 'invite-expired', 'group-full', 'group-over', 'waiting'),
      }),
    },
    /**
     * To a new member: where everybody's messages begin for them, the highest Lamport time there is, and the keys of what was said
     * before they came, as far as the group lets them read. Of an epoch that began too early, the keys of its later messages only.
     */
    groupHistory: {
      tag: 5,
      codec: struct({
        group,
        lamport: u53,
        beginnings: list(beginning, MAX_BEGINNINGS),
        epochs: list(grantedEpoch, MAX_GRANTED_EPOCHS),
        messages: list(grantedMessage, MAX_GRANTED_MESSAGES),
      }),
    },
    /** A file, with a word to it (may be empty). `manifest`: an encoded `fileManifest`, read by the files' room. */
    file: {
      tag: 6,
      codec: struct({
        id: fixed(MESSAGE_ID_BYTES),
        lamport: u53,
        wall: u53,
        text: text(MAX_TEXT_BYTES),
        manifest: bytes(MAX_MANIFEST_BYTES),
      }),
    },
    /** From whoever called, once it is over: what became of it. `wall`: when it began; `duration`: of talking, in milliseconds. */
    call: {
      tag: 7,
      codec: struct({
        id: fixed(MESSAGE_ID_BYTES),
        lamport: u53,
        wall: u53,
        call: fixed(CALL_ID_BYTES),
        media: callMedia,
        outcome: callOutcome,
        duration: u53,
      }),
    },
  }),
);

export type Content = Decoded<typeof content>;
export type ContentOf<Type extends Content['type']> = Extract<Content, { type: Type }>;
