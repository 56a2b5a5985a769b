/**
 * Messages taken in lately, found by the very bytes they came in. In a group where all are linked to all, each message comes from
 * several members: it is verified, judged and looked up in the store once.
 */
import { equalBytes, toBase64url, type Bytes } from '../lib/bytes.ts';
import type { CarriedMessage } from './message.ts';

/** Further copies come within seconds of the first. */
const MAX_REMEMBERED = 1_024;
/** Of their ends, which no two honest messages have in common. */
const NAME_BYTES = 24;

export class RecentMessages {
  readonly #byName = new Map<string, CarriedMessage>();

  /** These are accepted and saved. */
  add(messages: readonly CarriedMessage[]): void {
    for (const message of messages.slice(-MAX_REMEMBERED)) this.#byName.set(nameOf(message.envelope), message);
    for (const name of this.#byName.keys()) {
      if (this.#byName.size <= MAX_REMEMBERED) break;
      this.#byName.delete(name);
    }
  }

  /** The message in these bytes; undefined: they are not remembered, and nothing is said of them. */
  recall(envelope: Bytes): CarriedMessage | undefined {
    const known = this.#byName.get(nameOf(envelope));
    return known && equalBytes(known.envelope, envelope) ? known : undefined;
  }
}

function nameOf(envelope: Bytes): string {
  return toBase64url(envelope.subarray(-NAME_BYTES));
}
