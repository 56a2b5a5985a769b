import type { Host } from '../calls/ports.ts';
import type { Clock } from '../lib/clock.ts';

/** How often lateness is looked at; milliseconds, as all here. */
const PERIOD_MS = 200;
/** Nobody asks any more: the timer is not worth waking up for. */
const UNASKED_MS = 5_000;

/** How busy the page is, seen by how late its own timers come. Timers of hidden pages are late on purpose and say nothing. */
export function createHost(cores: number, clock: Clock, isHidden: () => boolean): Host {
  let worst = 0;
  let askedAt = 0;
  let isWatching = false;
  const watch = (): void => {
    isWatching = clock.now() - askedAt < UNASKED_MS;
    if (!isWatching) return;
    const due = clock.now() + PERIOD_MS;
    const wasHidden = isHidden();
    clock.after(PERIOD_MS, () => {
      if (!wasHidden && !isHidden()) worst = Math.max(worst, clock.now() - due);
      watch();
    });
  };
  return {
    cores: Math.max(1, cores),
    lag() {
      const late = worst;
      worst = 0;
      askedAt = clock.now();
      if (!isWatching) watch();
      return late;
    },
  };
}
