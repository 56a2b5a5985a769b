/**
 * What stands on a link's bulk channels: sealed chunks, each in one message (PROTOCOL.md, rules X40…). They carry their own
 * seal, and the channel belongs to a link whose ends have proven themselves, so nothing is sealed twice.
 */
import type { Bytes } from '../lib/bytes.ts';
import { fixed, lent, struct, u32 } from './codec.ts';
import { SEALED_CHUNK_BYTES } from './file-manifest.ts';
import { FILE_ID_BYTES } from './ids.ts';

/** The sealed chunk is read in place: the message is nobody else's, and goes to the disk as it came. */
export const bulkChunk = struct({ file: fixed(FILE_ID_BYTES), index: u32, sealed: lent(SEALED_CHUNK_BYTES) });

/** A whole chunk with its name in front: well below the 262,144 bytes Chromium takes. */
export const MAX_BULK_BYTES = FILE_ID_BYTES + 4 + 4 + SEALED_CHUNK_BYTES;

/** `bulkChunk`, encoded in one go: it is done for every chunk there is, and the codec would copy each three times. */
export function writeBulkChunk(file: Bytes, index: number, sealed: Bytes): Bytes {
  const message = new Uint8Array(FILE_ID_BYTES + 4 + 4 + sealed.length);
  const view = new DataView(message.buffer);
  message.set(file);
  view.setUint32(FILE_ID_BYTES, index);
  view.setUint32(FILE_ID_BYTES + 4, sealed.length);
  message.set(sealed, FILE_ID_BYTES + 8);
  return message;
}
