/** What members of a group say to each other on a proven link (PROTOCOL.md, rules G60…): the body of a `group` frame. */
import { bytes, fixed, flag, list, marked, oneOf, struct, u53, union, type Decoded } from './codec.ts';
import { MAX_CARRIAGE_BYTES } from './carriage.ts';
import {
  BOX_HASH_BYTES,
  EPOCH_BOX_BYTES,
  logPosition,
  logRange,
  MAX_GROUP_MARK_BYTES,
  MAX_GROUP_MESSAGE_BYTES,
  SHORT_DEVICE_BYTES,
} from './group-message.ts';
import { MAX_OPERATION_BYTES } from './group-operation.ts';
import { GROUP_ID_BYTES, OPERATION_ID_BYTES } from './ids.ts';

/** Devices a vector tells of: those of 256 members, and of many who were before. With more, the rest is found by its heads. */
export const MAX_VECTOR_DEVICES = 1_000;
/** Heads told of: more than an operation merges. */
export const MAX_TOLD_HEADS = 32;
/** Things asked for by their names at once. */
export const MAX_WANTED = 512;
/** Operations, messages, boxes or marks in one frame; its size stops it before. */
const MAX_GIVEN = 1_024;

const VERSION = new Uint8Array([1]);
const operationId = fixed(OPERATION_ID_BYTES);
const device = fixed(SHORT_DEVICE_BYTES);

/** How many operations of a device somebody has; or the counter of its mark. */
const count = struct({ device, count: u53 });

export const groupFrame = marked(
  VERSION,
  struct({
    group: fixed(GROUP_ID_BYTES),
    word: union({
      /** What I have. `ask`: and I do not know what you have. */
      vector: {
        tag: 1,
        codec: struct({
          ask: flag,
          heads: list(operationId, MAX_TOLD_HEADS),
          operations: list(count, MAX_VECTOR_DEVICES),
          logs: list(logPosition, MAX_VECTOR_DEVICES),
          marks: list(count, MAX_VECTOR_DEVICES),
        }),
      },
      /** What I would have of it. `operations`: of each device those beyond this number; `ids`: and these. Answered by `give`s, the last of which says so. */
      want: {
        tag: 2,
        codec: struct({
          operations: list(count, MAX_VECTOR_DEVICES),
          ids: list(operationId, MAX_WANTED),
          logs: list(logRange, MAX_WANTED),
          boxes: list(fixed(BOX_HASH_BYTES), MAX_WANTED),
        }),
      },
      /** As signed and sealed by their authors. Asked for, or just come here. `last`: ends the answer to a `want`. */
      give: {
        tag: 3,
        codec: struct({
          last: flag,
          operations: list(bytes(MAX_OPERATION_BYTES), MAX_GIVEN),
          boxes: list(bytes(EPOCH_BOX_BYTES), MAX_GIVEN),
          messages: list(bytes(MAX_GROUP_MESSAGE_BYTES), MAX_GIVEN),
          marks: list(bytes(MAX_GROUP_MARK_BYTES), MAX_GIVEN),
        }),
      },
      /** My box of this epoch opens nothing: begin another, and let me read what was said in this one. */
      rekey: { tag: 4, codec: struct({ epoch: operationId }) },
      /** Of a shared document: its carriage reads the body. */
      carriage: { tag: 5, codec: struct({ doc: oneOf('operations', 'board'), body: bytes(MAX_CARRIAGE_BYTES) }) },
    }),
  }),
);

export type GroupFrame = Decoded<typeof groupFrame>;
export type GroupWord = GroupFrame['word'];
export type GroupWordOf<Type extends GroupWord['type']> = Extract<GroupWord, { type: Type }>;
export type Vector = GroupWordOf<'vector'>;
export type Want = GroupWordOf<'want'>;
export type Give = GroupWordOf<'give'>;
