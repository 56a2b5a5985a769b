/** What an envelope holds once opened: the things people say to each other (PROTOCOL.md, rules M…). */
import { bytes, fixed, list, marked, oneOf, struct, text, u53, union, type Decoded } from './codec.ts';
import { MAX_JOIN_REQUEST_BYTES } from './frame.ts';
import { MAX_GROUP_INVITATION_BYTES } from './group-invitation.ts';
import { GROUP_ID_BYTES, MESSAGE_ID_BYTES } from './ids.ts';

/** A long letter. More than this is better sent as a file, and the composer says so. */
export const MAX_TEXT_BYTES = 32_768;

/** Of one grant, which is then 33 KB; more epochs go in several. */
export const MAX_GRANTED_EPOCHS = 512;
const EPOCH_ID_BYTES = 32;
const EPOCH_SECRET_BYTES = 32;

const VERSION = new Uint8Array([1]);
const group = fixed(GROUP_ID_BYTES);
const grantedEpoch = struct({ epoch: fixed(EPOCH_ID_BYTES), secret: fixed(EPOCH_SECRET_BYTES) });

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
      codec: struct({ group, answer: oneOf('declined', 'withdrawn', 'invite-used', 'invite-expired', 'group-full', 'group-over') }),
    },
    /** To a new member: keys of epochs before they came, as far as the group lets them read. */
    groupHistory: { tag: 5, codec: struct({ group, epochs: list(grantedEpoch, MAX_GRANTED_EPOCHS) }) },
  }),
);

export type Content = Decoded<typeof content>;
export type ContentOf<Type extends Content['type']> = Extract<Content, { type: Type }>;
