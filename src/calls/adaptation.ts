/**
 * When to send less, and when more again. Pure: a measurement a second goes in, the rung of the ladder comes out.
 *
 * Sound must never be what suffers first, so the way down is short: one bad sign is enough when sound is missing, two in a row
 * otherwise. The way up is long, and longer each time it led to a fall.
 */
import type { Adaptation as AdaptationView } from './call-view.ts';
import { highestRung, rungAt, VOICE_RUNG } from './ladder.ts';
import type { LinkWindow } from './link-window.ts';

/** One link, and what is asked of it. */
export interface LinkStrain extends LinkWindow {
  /** Of the pictures on it, what it has been allowed to carry for so long that it would if it could; bits per second. */
  readonly expected: number;
}

/** The worst of all links over the last second or two, and of this machine. */
export interface Strain {
  readonly links: readonly LinkStrain[];
  /** How late the page's own timers were at worst, milliseconds. */
  readonly lag: number;
}

export interface Adaptation {
  readonly people: number;
  readonly cores: number;
  readonly rung: number;
  readonly because: AdaptationView['because'];
  /** Bad signs in a row. */
  readonly bad: number;
  /** When it last went down or up, and since when all has been well; milliseconds. */
  readonly movedAt: number;
  readonly goodSince: number | undefined;
  /** How long all has to be well before the next step up. */
  readonly patience: number;
  /** When it last went up: a fall soon after means that it was too high. */
  readonly roseAt: number | undefined;
}

/** What a step down changed is felt by then, and the next may be due. Milliseconds, as all here. */
const EFFECT_MS = 3_000;
/** Missing sound does not wait as long. */
const SEVERE_EFFECT_MS = 2_000;
const PATIENCE_MS = 8_000;
const MAX_PATIENCE_MS = 120_000;
/** A fall within this after a rise: the rise is to blame. */
const RELAPSE_MS = 15_000;

/** Limits of what is still well. Parts are 0 to 1. */
const LOSS = { trouble: 0.06, severe: 0.15 };
const CONCEALED = { trouble: 0.01, severe: 0.03 };
const LAG_MS = { trouble: 150, severe: 500 };
const DROPPED = 0.25;
const CPU_LIMITED = 0.5;
/** Of one core per second, all encoders together; of as many cores as there are half is ours. */
const ENCODING_PER_CORE = 0.6;
/** The browser believes it could send less than this part of what is expected of it. */
const TOO_NARROW = 0.7;
/** Below this the line was not what made sound go missing. */
const CLEAN_LOSS = 0.02;

export type Verdict = { readonly kind: 'well' } | { readonly kind: 'trouble' | 'severe'; readonly because: 'network' | 'cpu' };

export function beginAdapting(people: number, cores: number, now: number): Adaptation {
  const rung = highestRung(people, cores);
  return {
    people,
    cores,
    rung,
    because: rung > highestRung(2, cores) ? 'people' : undefined,
    bad: 0,
    movedAt: now,
    goodSince: undefined,
    patience: PATIENCE_MS,
    roseAt: undefined,
  };
}

/** Somebody came or went. Down at once, before the newcomer's picture comes; up like any other rise. */
export function withPeople(before: Adaptation, people: number, now: number): Adaptation {
  const highest = highestRung(people, before.cores);
  if (before.rung < highest) return { ...before, people, rung: highest, because: 'people', movedAt: now, goodSince: undefined, bad: 0 };
  const isHeldByPeople = before.because === 'people' && people < before.people;
  // Nothing was wrong with what was higher but the number of people.
  return isHeldByPeople ? { ...beginAdapting(people, before.cores, now), patience: before.patience } : { ...before, people };
}

/** A second has passed. */
export function adapt(before: Adaptation, strain: Strain, now: number): Adaptation {
  const verdict = judge(strain, before);
  if (verdict.kind === 'well') return rise({ ...before, bad: 0, goodSince: before.goodSince ?? now }, now);
  const bad = before.bad + 1;
  const troubled: Adaptation = { ...before, bad, goodSince: undefined };
  const isDue = verdict.kind === 'severe' ? now - before.movedAt >= SEVERE_EFFECT_MS : bad >= 2 && now - before.movedAt >= EFFECT_MS;
  return isDue ? fall(troubled, verdict, now) : troubled;
}

export function shownAs({ rung, because }: Adaptation): AdaptationView {
  const { name } = rungAt(rung);
  return { rung: name, because: name === 'full' ? undefined : because };
}

function fall(before: Adaptation, verdict: Exclude<Verdict, { kind: 'well' }>, now: number): Adaptation {
  if (before.rung >= VOICE_RUNG) return { ...before, because: verdict.because };
  const relapsed = before.roseAt !== undefined && now - before.roseAt < RELAPSE_MS;
  return {
    ...before,
    rung: Math.min(VOICE_RUNG, before.rung + (verdict.kind === 'severe' ? 2 : 1)),
    because: verdict.because,
    bad: 0,
    movedAt: now,
    roseAt: undefined,
    patience: relapsed ? Math.min(MAX_PATIENCE_MS, before.patience * 2) : before.patience,
  };
}

function rise(before: Adaptation, now: number): Adaptation {
  const highest = highestRung(before.people, before.cores);
  const since = Math.max(before.goodSince ?? now, before.movedAt);
  if (before.rung <= highest || now - since < before.patience) return before;
  const rung = before.rung - 1;
  const atTop = rung === highest;
  const because = atTop ? (highest > highestRung(2, before.cores) ? 'people' : undefined) : before.because;
  return { ...before, rung, because, movedAt: now, roseAt: now };
}

/** What the measurements say: sound first, then the machine, then the line. */
function judge({ links, lag }: Strain, { cores }: Pick<Adaptation, 'cores'>): Verdict {
  const worst = (of: (link: LinkWindow) => number) => links.reduce((most, link) => Math.max(most, of(link)), 0);
  const loss = worst((link) => Math.max(link.lossIn, link.lossOut));
  const concealed = worst(({ concealed: part }) => part);
  if (concealed >= CONCEALED.trouble) {
    return { kind: concealed >= CONCEALED.severe ? 'severe' : 'trouble', because: loss < CLEAN_LOSS ? 'cpu' : 'network' };
  }
  if (lag >= LAG_MS.trouble) return { kind: lag >= LAG_MS.severe ? 'severe' : 'trouble', because: 'cpu' };
  const encoding = links.reduce((sum, link) => sum + link.encoding, 0);
  const isBusy = worst(({ dropped }) => dropped) >= DROPPED || worst(({ cpuLimited }) => cpuLimited) >= CPU_LIMITED;
  if (isBusy || encoding > ENCODING_PER_CORE * cores) return { kind: 'trouble', because: 'cpu' };
  if (loss >= LOSS.trouble) return { kind: loss >= LOSS.severe ? 'severe' : 'trouble', because: 'network' };
  // Browsers only find out how much a line bears by filling it: an estimate counts where it holds pictures back.
  const isNarrow = links.some(
    ({ availableOutgoing, bandwidthLimited, expected }) =>
      bandwidthLimited > CPU_LIMITED && availableOutgoing !== undefined && availableOutgoing < expected * TOO_NARROW,
  );
  return isNarrow ? { kind: 'trouble', because: 'network' } : { kind: 'well' };
}
