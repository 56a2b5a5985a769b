import type { Clock } from '../src/lib/clock.ts';

/** The machine's time. Its timers keep no process alive: sockets do, and when the last is gone there is nothing to wait for. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, action) {
    const timer = setTimeout(action, delay).unref();
    return () => clearTimeout(timer);
  },
};
