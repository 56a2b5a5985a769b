/** What an envelope holds once opened: the things people say to each other (PROTOCOL.md, rules M…). */
import { fixed, marked, struct, text, u53, union, type Decoded } from './codec.ts';
import { MESSAGE_ID_BYTES } from './ids.ts';

/** A long letter. More than this is better sent as a file, and the composer says so. */
export const MAX_TEXT_BYTES = 32_768;

const VERSION = new Uint8Array([1]);

/**
 * `lamport` orders the talk the same way on both sides: one more than anything the author had seen. `wall` is the author's
 * clock, shown to people and trusted for nothing.
 */
export const content = marked(
  VERSION,
  union({
    text: { tag: 1, codec: struct({ id: fixed(MESSAGE_ID_BYTES), lamport: u53, wall: u53, text: text(MAX_TEXT_BYTES) }) },
  }),
);

export type Content = Decoded<typeof content>;
export type ContentOf<Type extends Content['type']> = Extract<Content, { type: Type }>;
