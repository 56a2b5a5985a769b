/** What goes over links for the sake of files: words, sealed as all frames are, and chunks on bulk channels of their own (PROTOCOL.md X20…, X40…). */
import type { Bytes } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';

export interface FileChannel {
  /** An encoded `fileWord`. False, and nothing sent, when there is no proven link to them. */
  tell(to: AccountId, word: Bytes): boolean;
  /**
   * An encoded `bulkChunk`, on whichever lane has room. False, and nothing sent, when there is no proven link, or `room` is 0.
   * Chunks arrive whole, once, and in no promised order; what a link that ends still had is lost.
   */
  send(to: AccountId, chunk: Bytes): boolean;
  /** How many chunks may be sent now before the buffers are as full as is good for the talk beside them; `bulk-drained` tells when there is room again. */
  room(to: AccountId): number;
  /** They broke the rules: this link ends. */
  close(to: AccountId): void;
}
