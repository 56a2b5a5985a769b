import type { Speed, Transfer } from './contract.ts';

/** All together: the sum of the speeds, and the time until the last of them is done, as soon as one can be said. */
export function totalSpeed(transfers: readonly Transfer[]): Speed {
  const remaining = transfers.flatMap(({ speed }) => (speed.remaining === undefined ? [] : [speed.remaining]));
  return {
    bytesPerSecond: transfers.reduce((sum, { speed }) => sum + speed.bytesPerSecond, 0),
    remaining: remaining.length === 0 ? undefined : Math.max(...remaining),
  };
}
