/** Bulk over whatever can carry it: as much at a time as there is room for, and how long it took at the other end. */
import { MAX_BULK_BYTES } from '../../src/protocol/bulk.ts';
import { BULK_HIGH_WATER_BYTES, BULK_LOW_WATER_BYTES } from '../../src/transport/link-limits.ts';

/** `crypto.getRandomValues` gives no more at a time. */
const RANDOM_BYTES = 65_536;

/** A way to send bulk that says when it has room. */
export interface Way {
  readonly room: () => boolean;
  readonly send: (message: Uint8Array<ArrayBuffer>) => void;
  onRoom: () => void;
}

export interface Arrival {
  /** Milliseconds from the first message to the last. */
  readonly took: number;
  readonly bytes: number;
}

/** A bare channel, with the messages and the back-pressure of a link's bulk channel. */
export function bareWay(channel: RTCDataChannel): Way {
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = BULK_LOW_WATER_BYTES;
  const way: Way = {
    room: () => channel.readyState === 'open' && channel.bufferedAmount + MAX_BULK_BYTES <= BULK_HIGH_WATER_BYTES,
    send: (message) => channel.send(message),
    onRoom: () => undefined,
  };
  channel.onbufferedamountlow = () => way.onRoom();
  return way;
}

/** Hands over so many bytes as quickly as there is room. */
export function give(way: Way, bytes: number): Promise<void> {
  const chunk = new Uint8Array(MAX_BULK_BYTES);
  chunk.set(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
  return new Promise((resolve) => {
    let left = bytes;
    const fill = (): void => {
      while (left > 0 && way.room()) {
        way.send(chunk);
        left -= chunk.length;
      }
      if (left <= 0) resolve();
    };
    way.onRoom = fill;
    fill();
  });
}

/** Counts what comes. */
export class Arrivals {
  came: (length: number) => void = () => undefined;

  /** When so many bytes have come. */
  expect(bytes: number): Promise<Arrival> {
    return new Promise((resolve) => {
      let [came, began] = [0, 0];
      this.came = (length) => {
        if (came === 0) began = performance.now();
        came += length;
        if (came >= bytes) resolve({ took: performance.now() - began, bytes: came });
      };
    });
  }
}
