import type { MessageKey } from './message-key.ts';

/** The key of a message that others overtook, kept for when it comes. */
export interface SkippedKey {
  readonly number: number;
  readonly key: MessageKey;
  /** When it was skipped, in milliseconds since 1970. */
  readonly at: number;
}

/** Of one chain, lowest number first. */
export type SkippedKeys = readonly SkippedKey[];

/**
 * Messages of one chain that may be passed over at once. Our own links lose and reorder nothing, so this is for messages that
 * travel by other ways; a thousand is more than anybody sends while one message is late, and costs some 40 ms at most.
 */
export const MAX_SKIP = 1_000;
/** Keys kept for a session, about 90 KB. What is beyond has been late for longest, and is given up. */
export const MAX_SKIPPED_KEYS = 2_000;
/** A key that lies around is a message that can be read from a stolen device. As long as a session may be silent. */
const MAX_SKIPPED_AGE_MS = 30 * 86_400_000;

export function findSkipped(keys: SkippedKeys, number: number): SkippedKey | undefined {
  return keys.find((key) => key.number === number);
}

export function withoutSkipped(keys: SkippedKeys, number: number): SkippedKeys {
  return keys.filter((key) => key.number !== number);
}

/** What may be kept of the keys of several chains, newest chain first: not too old, and not too many. */
export function keepSkipped(chains: readonly SkippedKeys[], now: number): readonly SkippedKeys[] {
  let room = MAX_SKIPPED_KEYS;
  return chains.map((keys) => {
    const fresh = keys.filter(({ at }) => now - at < MAX_SKIPPED_AGE_MS);
    const kept = room > 0 ? fresh.slice(-room) : [];
    room -= kept.length;
    return kept;
  });
}
