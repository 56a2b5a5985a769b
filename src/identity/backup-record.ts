/** What a backup holds, record after record: first the account, then rows, then how many they were (PROTOCOL.md B3). */
import { PHRASE_ENTROPY_BYTES } from '../crypto/recovery-phrase.ts';
import { bytes, fixed, oneOf, struct, text, u53, union, type Decoded } from '../protocol/codec.ts';
import { MAX_NAME_BYTES } from '../protocol/frame.ts';

/** A message of the longest text takes 33 KB; a draft may be longer, and nobody types sixteen million letters. */
export const MAX_RECORD_BYTES = 16 * 1_048_576;
const MAX_ROW_BYTES = MAX_RECORD_BYTES - 64;

/**
 * What goes along. Not: devices, sessions, streams, prekeys, invites, what of a group is its device's own, and whatever else must
 * never be used twice (B4). A table is known by its place in the list: a new one comes last.
 */
export const backupTable = oneOf(
  ...(['contacts', 'conversations', 'messages', 'outbox', 'settings'] as const),
  ...(['groups', 'groupOperations', 'groupLog', 'groupExtents', 'groupParcels'] as const),
  'files',
  'calls',
);
export type BackupTable = Decoded<typeof backupTable>;

export const backupRecord = union({
  /** `listVersion`: of the newest device list known. Whoever restores comes after it (K4). */
  account: { tag: 1, codec: struct({ entropy: fixed(PHRASE_ENTROPY_BYTES), userName: text(MAX_NAME_BYTES), listVersion: u53 }) },
  /** `value`: the row as its store encodes it, with everything removed that a restored account may not have. */
  row: { tag: 2, codec: struct({ table: backupTable, value: bytes(MAX_ROW_BYTES) }) },
  end: { tag: 3, codec: struct({ rows: u53 }) },
});
export type BackupRecord = Decoded<typeof backupRecord>;
export type BackupAccount = Omit<Extract<BackupRecord, { type: 'account' }>, 'type'>;
export type BackupRow = Omit<Extract<BackupRecord, { type: 'row' }>, 'type'>;
