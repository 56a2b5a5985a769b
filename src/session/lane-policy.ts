/**
 * How many connections bulk is worth, as a machine without time or connections of its own. Over distance one connection is
 * slow and several add up; where a wire or a CPU is the limit they only cost. Nobody can tell beforehand, so it is tried: one
 * more while there is too much to send, kept if the whole went faster by it.
 */
import { assertNever } from '../lib/assert.ts';

/** The link's own bulk channel among them. */
export const MAX_LANES = 4;
/** A connection that has just begun is slow: so long it is not judged. */
const WARM_UP_MS = 250;
/** How long a rate is measured. */
const WINDOW_MS = 1_000;
/** What one more has to bring: less is noise, or not worth its memory. */
const LEAST_GAIN = 1.15;
/** After a lane that brought nothing; doubled with each further one. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 300_000;

/** How things stand at a moment. */
export interface LaneSample {
  /** Milliseconds on any clock. */
  readonly at: number;
  /** Bytes that have left since the beginning, over all lanes. */
  readonly moved: number;
  /** Something waits in every lane: the lanes are the limit, not who fills them. */
  readonly full: boolean;
  /** Lanes in use, the link's own among them. */
  readonly lanes: number;
}

/** `wait`: how long the next failure makes us wait. `rate`: bytes a millisecond before the try. */
export type LanePlan =
  | {
      readonly doing: 'watching';
      /** Since when the lanes have been full without a break. */
      readonly since: number | undefined;
      readonly from: LaneSample | undefined;
      readonly notBefore: number;
      readonly wait: number;
    }
  /** A lane is being made. */
  | { readonly doing: 'opening'; readonly rate: number; readonly wait: number }
  /** It carries bulk since `since`. */
  | {
      readonly doing: 'trying';
      readonly since: number;
      readonly from: LaneSample | undefined;
      readonly starved: boolean;
      readonly rate: number;
      readonly wait: number;
    };

/** `open`: make one more lane, then tell by `laneReady` or `laneFailed`. `close`: give up the one that was made last. */
export interface LaneStep {
  readonly plan: LanePlan;
  readonly act?: 'open' | 'close';
}

export const FIRST_PLAN: LanePlan = watchFrom(0, FIRST_WAIT_MS);

/** A look at how things stand, several times a second while there is bulk. */
export function look(plan: LanePlan, sample: LaneSample): LaneStep {
  switch (plan.doing) {
    case 'watching':
      return watch(plan, sample);
    case 'opening':
      return { plan };
    case 'trying':
      return judge(plan, sample);
    default:
      return assertNever(plan);
  }
}

/** The lane asked for is in use from now on. */
export function laneReady(plan: LanePlan, at: number): LanePlan {
  return plan.doing === 'opening' ? { ...plan, doing: 'trying', since: at, from: undefined, starved: false } : plan;
}

/** The lane asked for did not come to be. */
export function laneFailed(plan: LanePlan, at: number): LanePlan {
  return plan.doing === 'opening' ? watchFrom(at + plan.wait, longer(plan.wait)) : plan;
}

/** There was nothing more to send; what was learned about waiting is kept. */
export function rest(plan: LanePlan): LanePlan {
  return watchFrom(plan.doing === 'watching' ? plan.notBefore : 0, plan.wait);
}

function watch(plan: LanePlan & { readonly doing: 'watching' }, sample: LaneSample): LaneStep {
  if (!sample.full || sample.lanes >= MAX_LANES || sample.at < plan.notBefore)
    return { plan: { ...plan, since: undefined, from: undefined } };
  const since = plan.since ?? sample.at;
  // The first moments of a transfer are slow, and would make the next lane look better than it is.
  if (sample.at - since < WARM_UP_MS) return { plan: { ...plan, since } };
  const from = plan.from ?? sample;
  if (sample.at - from.at < WINDOW_MS) return { plan: { ...plan, since, from } };
  return { plan: { doing: 'opening', rate: rateBetween(from, sample), wait: plan.wait }, act: 'open' };
}

function judge(plan: LanePlan & { readonly doing: 'trying' }, sample: LaneSample): LaneStep {
  const starved = plan.starved || !sample.full;
  if (sample.at - plan.since < WARM_UP_MS) return { plan };
  if (!plan.from) return { plan: { ...plan, from: sample, starved } };
  if (sample.at - plan.from.at < WINDOW_MS) return { plan: { ...plan, starved } };
  const rate = rateBetween(plan.from, sample);
  if (rate < plan.rate * LEAST_GAIN) {
    // Who fills the lanes fell behind: that says nothing about the lane, so the try after the next need not wait longer.
    return { plan: watchFrom(sample.at + plan.wait, starved ? plan.wait : longer(plan.wait)), act: 'close' };
  }
  if (starved || sample.lanes >= MAX_LANES) return { plan: watchFrom(sample.at, FIRST_WAIT_MS) };
  return { plan: { doing: 'opening', rate, wait: FIRST_WAIT_MS }, act: 'open' };
}

function watchFrom(notBefore: number, wait: number): LanePlan {
  return { doing: 'watching', since: undefined, from: undefined, notBefore, wait };
}

function longer(wait: number): number {
  return Math.min(wait * 2, LONGEST_WAIT_MS);
}

function rateBetween(from: LaneSample, to: LaneSample): number {
  return (to.moved - from.moved) / Math.max(1, to.at - from.at);
}
