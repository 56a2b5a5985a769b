/** What every link keeps to, whatever it is made of. */

/** Some networks need a TURN relay and several checks; a person gives up sooner than this. */
export const CONNECT_TIMEOUT_MS = 20_000;

/** `drained` is told when no more than this is waiting: enough to keep the wire busy, little enough that a call or an ack is not stuck behind it. */
export const LOW_WATER_BYTES = 256 * 1024;

/**
 * Bulk that may wait in a channel. More makes nothing faster: over distance the connection's own window is the limit, and on
 * one machine the CPU; and whatever waits here, a word on the same connection waits for.
 */
export const BULK_HIGH_WATER_BYTES = 512 * 1024;

/** `bulkDrained` is told when no more than this is waiting: enough for the moment it takes to fetch more. */
export const BULK_LOW_WATER_BYTES = 256 * 1024;

/** How long `close` lets waiting bytes (a goodbye) go out. */
export const CLOSE_FLUSH_MS = 200;

/** SHA-256. */
export const FINGERPRINT_BYTES = 32;
