import type { Bytes } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';

/** What files need of the session: who is linked, what arrives over the link, and a reason for links. */
export interface FileLinks {
  on(name: 'link-secured', listener: (event: { readonly account: AccountId }) => void): () => void;
  on(name: 'link-lost' | 'bulk-drained', listener: (account: AccountId) => void): () => void;
  on(name: 'file-word' | 'file-chunk', listener: (event: { readonly from: AccountId; readonly body: Bytes }) => void): () => void;
  wantLink(account: AccountId, reason: string, wanted: boolean): void;
}
