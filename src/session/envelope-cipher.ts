/**
 * The boundary behind which messages are encrypted for one peer device, whatever way they travel.
 *
 * Pure: each step takes the state (opaque bytes, saved by the session) and returns the next one; nothing is kept inside, and
 * no argument is changed. Whatever fails leaves the caller with the state it had. A state holds secrets in the clear: whoever
 * gives one up wipes it, and only saves it sealed.
 */
import type { VerifiedDevice } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Result } from '../lib/result.ts';
import type { FrameOf } from '../protocol/frame.ts';

/** What a session with a device can be started from, as it travels. */
export type SignedPrekeys = Pick<FrameOf<'prekeys'>, 'bundle' | 'signature'>;

export interface EnvelopeCipher {
  /** The state of a talk with a device never met. */
  start(): Bytes;
  /**
   * The peer has proven to be this device. If it is another than before (or this one is), nothing of the state serves any more:
   * `fresh`, and whatever was sealed under it must be sealed anew.
   */
  meet(state: Bytes, peer: VerifiedDevice): { readonly state: Bytes; readonly fresh: boolean };
  /** Our prekeys for this peer. They leave only after the state is saved: it has their secrets. */
  offer(state: Bytes): { readonly state: Bytes; readonly prekeys: SignedPrekeys };
  /** The peer's prekeys; kept as far as a session is to be started. */
  learn(state: Bytes, prekeys: SignedPrekeys): Result<Bytes, LearnFailure>;
  /** No more is sealed in the sessions there are; they still open what was sealed in them. Prekeys must be learnt before the next `seal`. */
  restart(state: Bytes): Bytes;
  seal(state: Bytes, content: Bytes): Result<{ readonly state: Bytes; readonly envelope: Bytes }, SealFailure>;
  open(state: Bytes, envelope: Bytes): Result<{ readonly state: Bytes; readonly content: Bytes }, OpenFailure>;
  /** The peer has opened this envelope of ours. The same bytes when that changes nothing. */
  confirm(state: Bytes, envelope: Bytes): Bytes;
}

export type LearnFailure = { readonly kind: 'malformed' } | { readonly kind: 'wrong-signature' };

/** The prekeys that were learnt are no keys. They are not tried again: the next ones may be. */
export interface SealFailure {
  readonly kind: 'bad-prekeys';
}

/** Why an envelope does not open, for the log: what is to be done is the same for all, another session (D9). */
export interface OpenFailure {
  readonly kind:
    | 'malformed'
    | 'not-for-this-session'
    | 'already-opened'
    | 'too-far-ahead'
    | 'downgraded'
    | 'bad-key'
    | 'forged'
    | 'other-device'
    | 'unknown-prekey';
}
