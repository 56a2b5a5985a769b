/** Fellows: members of a group who are no contacts, and what goes over links for a group's sake. */
import type { VerifiedDevice } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';

/** Somebody we link to for a group's sake without their being a contact. What the two meet by comes from the keys of both devices. */
export interface Fellow {
  readonly id: AccountId;
  readonly device: VerifiedDevice;
}

/** Frames of groups, to whoever has proven to be the account. What they say, the groups' room knows. */
export interface GroupChannel {
  /** At most MAX_GROUP_BODY_BYTES. False, and nothing sent, when there is no proven link to them. */
  send(to: AccountId, body: Bytes): boolean;
  /** Bytes handed to their link and not yet sent; talk stands behind them, so a sender of much looks here first. 0 without a link. */
  waiting(to: AccountId): number;
  /** They broke the rules: this link ends, and the next is longer in coming each time. */
  close(to: AccountId): void;
}
