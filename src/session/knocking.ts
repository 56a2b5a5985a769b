/** What members and joiners say to each other at a group's door, as the groups' room sees it (PROTOCOL.md I22–I26). */
import type { VerifiedDevice } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';

/** Where members wait for people who come with one invitation. */
export interface GroupDoor {
  readonly group: GroupId;
  /** 16 bytes in base64url. */
  readonly inviteId: string;
  /** 32 bytes, from the invitation's secret. */
  readonly topicSecret: Bytes;
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
}

export interface Knock {
  readonly group: GroupId;
  readonly inviteId: string;
  /** Proven to be them, and nothing more: anybody with the link may knock. */
  readonly from: VerifiedDevice;
  /** The signed request, unread; at most MAX_KNOCK_BYTES. */
  readonly request: Bytes;
}

export type KnockRefusal = 'invite-used' | 'invite-expired' | 'group-over';

/** `wrong-proof` counts as a failed proof (I26) and tells the joiner nothing. */
export type KnockAnswer =
  | { readonly kind: 'welcome'; /** At most MAX_WELCOME_BYTES. */ readonly welcome: Bytes }
  | { readonly kind: 'refused'; readonly reason: KnockRefusal }
  | { readonly kind: 'wrong-proof' };

export type KnockHandler = (knock: Knock) => Promise<KnockAnswer>;

export type KnockFailure =
  /** No end: whoever comes is asked, until the handle is closed. */
  | { readonly kind: 'nobody-here-yet' }
  /** Everybody who is here says so. Any of them may be wrong, so whoever comes later is asked as well. */
  | { readonly kind: KnockRefusal }
  /** This browser has no WebRTC: no later try can do better. */
  | { readonly kind: 'unsupported' };

export interface KnockEvents {
  /** `by` holds the invitation as we do; whether it is a member, the welcome has to show. */
  answered(welcome: Bytes, by: VerifiedDevice): void;
  failed(failure: KnockFailure): void;
}

export interface KnockOptions {
  /** 32 bytes, from the invitation's secret. */
  readonly topicSecret: Bytes;
  /** Asked before others when they are here. */
  readonly inviter: AccountId;
  /** The signed request; at most MAX_KNOCK_BYTES. */
  readonly request: Bytes;
  readonly events: KnockEvents;
}

/** Somebody standing at a door. */
export interface Knocking {
  /** The answer was no good: somebody else is asked. */
  askAnother(): void;
  close(): void;
}
