/**
 * What two say to each other about files on a proven link (PROTOCOL.md, rules X20…): the body of a `file` frame. The one who
 * wants a file leads; chunks come on the link's bulk channel, and only those that were asked for.
 */
import { bytes, fixed, flag, list, marked, nothing, struct, u32, union, type Decoded } from './codec.ts';
import { CHUNK_HASH_BYTES } from './file-manifest.ts';
import { FILE_ID_BYTES } from './ids.ts';

/** Runs of chunks told of at once: a file with more holes is told of by its largest runs. */
export const MAX_RUNS = 1_024;
/** Hashes in one part of an outline: 57,600 bytes. */
export const MAX_HASHES = 1_800;

const VERSION = new Uint8Array([1]);

/** Chunks `from` up to, and not including, `to`. */
const run = struct({ from: u32, to: u32 });

export const fileWord = marked(
  VERSION,
  struct({
    /** Who can name a file was given its manifest, by a person or by somebody who wants it too; the chunks are sealed all the same. */
    file: fixed(FILE_ID_BYTES),
    word: union({
      /** What do you have of it? And tell me when you have more. Answered by `have` or `gone`. */
      seek: { tag: 1, codec: nothing },
      /** What I have of it. `serves`: and give to whoever asks; false while a person has paused it. Also tells the giver how far the taker is. */
      have: { tag: 2, codec: struct({ serves: flag, runs: list(run, MAX_RUNS) }) },
      /** I do not have it and am not going to. */
      gone: { tag: 3, codec: nothing },
      /** Give me the hashes of the chunks from this one on. Answered by `outline`. */
      wantOutline: { tag: 4, codec: struct({ from: u32 }) },
      outline: { tag: 5, codec: struct({ from: u32, hashes: bytes(MAX_HASHES * CHUNK_HASH_BYTES) }) },
      /** Give me these chunks, in this order, after those I have asked for already. */
      want: { tag: 6, codec: struct({ runs: list(run, MAX_RUNS) }) },
      /** Give me no more of it: what was asked for and has not left is dropped. */
      enough: { tag: 7, codec: nothing },
      /** Asked for and not to be had here (any more). */
      lack: { tag: 8, codec: struct({ runs: list(run, MAX_RUNS) }) },
    }),
  }),
);

export type FileWord = Decoded<typeof fileWord>;
export type FileWordBody = FileWord['word'];
export type ChunkRun = Decoded<typeof run>;
