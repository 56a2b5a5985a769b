import type { Clock } from '../lib/clock.ts';

/** The longest delay a browser's timer keeps (signed 32 bits, 24.8 days); more would run at once. */
const LONGEST_DELAY_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delay, action) => {
    const timer = setTimeout(action, Math.min(delay, LONGEST_DELAY_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};
