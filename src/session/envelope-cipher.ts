/**
 * The boundary behind which messages are encrypted for one peer device, whatever way they travel.
 *
 * Pure: each step takes the state (opaque bytes, saved by the session) and returns the next one; nothing is kept inside.
 * A failed `open` leaves the caller with the state it had.
 */
import { EMPTY, type Bytes } from '../lib/bytes.ts';
import { succeed, type Result } from '../lib/result.ts';

export interface EnvelopeCipher {
  start(): Bytes;
  seal(state: Bytes, content: Bytes): { readonly state: Bytes; readonly envelope: Bytes };
  open(state: Bytes, envelope: Bytes): Result<{ readonly state: Bytes; readonly content: Bytes }, OpenFailure>;
}

export interface OpenFailure {
  readonly kind: 'not-for-this-session';
}

/**
 * Envelopes protected by the channel they travel on and nothing else: PROTOCOL.md D6. Sound as long as an envelope goes
 * over an authenticated link only, straight from the outbox that made it.
 */
export const channelCipher: EnvelopeCipher = {
  start: () => EMPTY,
  seal: (state, content) => ({ state, envelope: content }),
  open: (state, envelope) => succeed({ state, content: envelope }),
};
