/** What goes over links for the sake of calls: words, sealed as all frames are (PROTOCOL.md V…). */
import type { Bytes } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';

export interface CallChannel {
  /** An encoded `callWord`. False, and nothing sent, when there is no proven link to them. */
  tell(to: AccountId, word: Bytes): boolean;
  /** They broke the rules: this link ends. */
  close(to: AccountId): void;
}
