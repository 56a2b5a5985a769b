/**
 * The second data channel of a link: bulk, beside the talk. How much may wait in it is kept small, because both channels
 * share one connection: what is sent on the talk's channel stands behind what the connection has taken on already.
 */
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { MAX_BULK_BYTES } from '../protocol/bulk.ts';
import type { BulkEnd } from '../session/ports.ts';
import { BULK_HIGH_WATER_BYTES, BULK_LOW_WATER_BYTES } from './link-limits.ts';

/** Where the browser takes a channel's rank into account (RFC 8831 §6.4), talk goes before bulk. */
type RankedChannelInit = RTCDataChannelInit & { readonly priority: RTCPriorityType };

/** Agreed beforehand, as the talk's is. Chunks name their place themselves, so a lost packet holds up only the chunk it was part of. */
const CHANNEL: RankedChannelInit = { negotiated: true, id: 1, ordered: false, priority: 'low' };

export interface BulkChannelEvents {
  /** Whether the link is: its certificates have been compared, and it is not about to close. */
  readonly isOpen: () => boolean;
  received(message: Bytes): void;
  /** No more than the low-water mark is waiting, or the channel has just opened. */
  drained(): void;
  /** It broke, or carried what is no bulk message: the link is of no use any more. */
  failed(detail: string): void;
  /** Closed by the other side, or with the connection. */
  closed(): void;
}

export class BulkChannel implements BulkEnd {
  readonly #channel: RTCDataChannel;
  readonly #events: BulkChannelEvents;

  /** `pc` has not described itself yet: the channel is part of no negotiation and costs no round trip. */
  constructor(pc: RTCPeerConnection, events: BulkChannelEvents) {
    this.#channel = pc.createDataChannel('parley-bulk', CHANNEL);
    this.#events = events;
    this.#channel.binaryType = 'arraybuffer';
    this.#channel.bufferedAmountLowThreshold = BULK_LOW_WATER_BYTES;
    this.#channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#receive(data));
    this.#channel.addEventListener('bufferedamountlow', () => events.drained());
    this.#channel.addEventListener('open', () => events.drained());
    this.#channel.addEventListener('close', () => events.closed());
  }

  get room(): number {
    if (!this.#isOpen) return 0;
    return Math.max(0, Math.floor((BULK_HIGH_WATER_BYTES - this.#channel.bufferedAmount) / MAX_BULK_BYTES));
  }

  get waiting(): number {
    return this.#isOpen ? this.#channel.bufferedAmount : 0;
  }

  send(message: Uint8Array): void {
    if (!this.#isOpen) return;
    assert(message.length <= MAX_BULK_BYTES, 'a bulk message fits the channel');
    try {
      this.#channel.send(message as Bytes);
    } catch (reason) {
      // Its buffer is full although the sender was asked to look for room: a chunk would be lost.
      this.#events.failed(`bulk: ${reason instanceof Error ? reason.message : String(reason)}`);
    }
  }

  get #isOpen(): boolean {
    return this.#channel.readyState === 'open' && this.#events.isOpen();
  }

  #receive(data: unknown): void {
    if (data instanceof ArrayBuffer && data.byteLength <= MAX_BULK_BYTES) this.#events.received(new Uint8Array(data));
    else this.#events.failed('not a bulk message');
  }
}
