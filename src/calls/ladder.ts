/**
 * The ladder of what is sent to each person in a call, and how high a number of people may stand on it. Pure.
 *
 * In a mesh everybody encodes and decodes a picture for each of the others, so the work grows with their number. The costs are
 * measured: two cores with everybody in the call on them bore 4 people at 640×480 and 30 frames, and 6 at 320×240 and 15; with 6 and 8
 * they broke down, and the sound with them. So a number of people begins where it is known to be borne, and not above.
 */
import type { RungName } from './call-view.ts';
import type { PictureSize } from './ports.ts';

export interface Rung {
  readonly name: RungName;
  readonly size: PictureSize;
  /** Of the picture for one person, bits per second. */
  readonly bitrate: number;
  /** Work for each of the others, in units of 640×480 at 30. */
  readonly cost: number;
}

/** From the top to the foot. On the last nobody is seen, on the one before only who talks. */
export const LADDER: readonly Rung[] = [
  { name: 'full', size: { width: 1280, height: 720, framesPerSecond: 30 }, bitrate: 1_800_000, cost: 2.4 },
  { name: 'full', size: { width: 640, height: 480, framesPerSecond: 30 }, bitrate: 700_000, cost: 1 },
  { name: 'reduced', size: { width: 480, height: 360, framesPerSecond: 20 }, bitrate: 350_000, cost: 0.7 },
  { name: 'low', size: { width: 320, height: 240, framesPerSecond: 15 }, bitrate: 180_000, cost: 0.55 },
  { name: 'speakers', size: { width: 320, height: 240, framesPerSecond: 15 }, bitrate: 180_000, cost: 0 },
  { name: 'voice', size: { width: 320, height: 240, framesPerSecond: 15 }, bitrate: 0, cost: 0 },
];

export const SPEAKERS_RUNG = 4;
export const VOICE_RUNG = 5;

/** What one core bears, in the units of `Rung.cost`. */
const UNITS_PER_CORE = 1.5;
/** More cores than these are not counted on: the browser shares them with everything else. */
const MAX_CORES = 8;
/** Seen at once where only who talks is seen. */
export const MAX_SPEAKERS_SEEN = 2;

/** Bits per second of the voice: enough for speech in full band, and half of it where the line is the trouble. */
export const VOICE_BITRATE = 32_000;
export const NARROW_VOICE_BITRATE = 16_000;

/** The highest rung that so many people (myself included) may stand on, with so many cores. */
export function highestRung(people: number, cores: number): number {
  const budget = Math.min(cores, MAX_CORES) * UNITS_PER_CORE;
  const found = LADDER.findIndex(({ cost }) => cost * (people - 1) <= budget);
  return found < 0 ? VOICE_RUNG : found;
}

/** How many people, myself included, can all be seen. */
export function bearablePeople(cores: number): number {
  let people = 2;
  while (highestRung(people + 1, cores) < SPEAKERS_RUNG) people++;
  return people;
}

export function rungAt(index: number): Rung {
  const rung = LADDER[Math.min(Math.max(index, 0), VOICE_RUNG)];
  if (!rung) throw new Error('Broken invariant: the ladder has a rung at every height');
  return rung;
}
