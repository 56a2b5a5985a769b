import { utf8, type Bytes } from '../lib/bytes.ts';
import { fileIdOf, type FileId } from '../protocol/ids.ts';
import { hash } from './hash.ts';
import { lengthPrefixed } from './length-prefix.ts';

const PREFIX = utf8('parley/id/v1\0');
const LABEL = utf8('file');
const SIZE_BYTES = 8;

/**
 * Names a file by what determines its bytes: `H("parley/id/v1\0" ‖ lp("file") ‖ key ‖ root ‖ u64 size)` (PROTOCOL.md X2).
 * Key and root have 32 bytes each; the label keeps it apart from the ids of signed things (C5).
 */
export function identifyFile(key: Bytes, root: Bytes, size: number): FileId {
  const length = new Uint8Array(SIZE_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(size));
  return fileIdOf(hash(PREFIX, lengthPrefixed(LABEL), key, root, length));
}
