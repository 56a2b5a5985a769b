/**
 * How sound and picture get from each to all in a call. Today everybody is connected with everybody (`Mesh`); a server that
 * forwards what it cannot read would be another way, and nothing else in this room would know.
 */
import type { CallWordOf } from '../protocol/call-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { LinkSample, SendLimit, Slot, Track } from './ports.ts';

export interface CallTopology {
  /** They are in the call: sound and picture go between us. Once is enough. */
  admit(account: AccountId): void;
  dismiss(account: AccountId): void;
  receive(from: AccountId, word: CallWordOf<'description'> | CallWordOf<'candidates'>): void;
  /** The proven link to them is there again. */
  linked(account: AccountId): void;

  connection(account: AccountId): 'connecting' | 'connected' | 'reconnecting';
  tracks(account: AccountId): ReadonlyMap<Slot, Track>;
  /** How loud they are now, 0 to 1. */
  level(account: AccountId): number;
  /** Of those something comes from. */
  measure(): Promise<ReadonlyMap<AccountId, LinkSample>>;

  /** To everybody. */
  send(slot: Slot, track: Track | undefined): void;
  /** To one. */
  limit(account: AccountId, slot: 'camera' | 'screen', limit: SendLimit): void;
  limitVoice(bitrate: number): void;
  close(): void;
}
