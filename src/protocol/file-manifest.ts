/** What a message says of a file: the key it is sealed with, the hash all its chunks are held against, and how to show it (PROTOCOL.md, rules X1…). */
import { bytes, fixed, marked, nothing, struct, text, u16, u32, u53, union, type Decoded } from './codec.ts';

/** Plaintext of every chunk but the last. */
export const CHUNK_BYTES = 65_536;
/** AES-256-GCM's tag. */
export const CHUNK_TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + CHUNK_TAG_BYTES;
/** SHA-256 of a sealed chunk; the outline is the list of them. */
export const CHUNK_HASH_BYTES = 32;
/** 2^24 chunks: a tebibyte, whose outline has 512 MiB. More is a lie. */
export const MAX_FILE_BYTES = 2 ** 40;

export const FILE_KEY_BYTES = 32;
/** File systems stop at 255. */
export const MAX_FILE_NAME_BYTES = 255;
const MAX_MIME_BYTES = 100;
/** A JPEG or WebP of some 320 pixels: shown at once, long before the file is here. */
export const MAX_THUMBNAIL_BYTES = 16_384;
/** Loudness of a voice message, one byte for each of so many equal parts of it. */
const WAVEFORM_BYTES = 64;

const VERSION = new Uint8Array([1]);

/** How a file wants to be shown. A claim like the name and the type: what the bytes are is seen when they are here. Pixels; milliseconds. */
const view = union({
  plain: { tag: 0, codec: nothing },
  picture: { tag: 1, codec: struct({ width: u16, height: u16, thumbnail: bytes(MAX_THUMBNAIL_BYTES) }) },
  video: { tag: 2, codec: struct({ width: u16, height: u16, duration: u32, thumbnail: bytes(MAX_THUMBNAIL_BYTES) }) },
  audio: { tag: 3, codec: struct({ duration: u32 }) },
  voice: { tag: 4, codec: struct({ duration: u32, waveform: fixed(WAVEFORM_BYTES) }) },
});

/**
 * `root`: SHA-256 of the outline. `size`: bytes of the plaintext, at most MAX_FILE_BYTES; an empty file has one empty chunk.
 * `name`, `mime`: as the sender calls it; made harmless before anybody sees them.
 */
export const fileManifest = marked(
  VERSION,
  struct({
    key: fixed(FILE_KEY_BYTES),
    root: fixed(CHUNK_HASH_BYTES),
    size: u53,
    name: text(MAX_FILE_NAME_BYTES),
    mime: text(MAX_MIME_BYTES),
    view,
  }),
);

/** The longest, with room to spare. */
export const MAX_MANIFEST_BYTES = 17_024;

export type FileManifest = Decoded<typeof fileManifest>;
