/** Who is talking: the loudest, without jumping at every cough. Pure. */
import type { AccountId } from '../protocol/ids.ts';

export interface Speakers {
  /** Loudness over the last second or so, 0 to 1. */
  readonly loudness: ReadonlyMap<AccountId, number>;
  /** Who talks or talked, the latest first; nobody who never did. */
  readonly order: readonly AccountId[];
  /** When the first of them became it; milliseconds. */
  readonly since: number;
}

export const NOBODY: Speakers = { loudness: new Map(), order: [], since: 0 };

/** What is below is breath and fans. */
const AUDIBLE = 0.02;
/** Of each new value so much comes in: ten values make nine tenths. */
const SMOOTHING = 0.2;
/** Whoever takes over is so many times louder, or the other has stopped. */
const LOUDER = 1.5;
/** Nobody is the speaker for less. Milliseconds. */
const HOLD_MS = 1_000;

/** `levels`: of everybody who is in the call, ten times a second. */
export function listen(before: Speakers, levels: ReadonlyMap<AccountId, number>, now: number): Speakers {
  const loudness = new Map(
    [...levels].map(([account, level]) => {
      const last = before.loudness.get(account) ?? 0;
      return [account, last + (level - last) * SMOOTHING];
    }),
  );
  const order = before.order.filter((account) => levels.has(account));
  const loudest = [...loudness].reduce<readonly [AccountId, number] | undefined>(
    (best, each) => (each[1] >= AUDIBLE && (!best || each[1] > best[1]) ? each : best),
    undefined,
  );
  const [current] = order;
  if (!loudest || loudest[0] === current) return { loudness, order, since: before.since };
  const currentLoudness = current === undefined ? 0 : (loudness.get(current) ?? 0);
  const takesOver = current === undefined || (now - before.since >= HOLD_MS && loudest[1] >= currentLoudness * LOUDER);
  if (!takesOver) return { loudness, order, since: before.since };
  return { loudness, order: [loudest[0], ...order.filter((account) => account !== loudest[0])], since: now };
}
