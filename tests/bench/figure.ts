/** What a benchmark says: one JSON line per figure, ours beside a peer measured in the same run. */

export interface Figure {
  readonly bench: string;
  readonly figure: string;
  /** Ours and the peer's, in `unit`. */
  readonly ours: number;
  readonly peer: number;
  /** What the peer is. */
  readonly against: string;
  readonly unit: string;
  /** The ratio ours / peer that is good enough: the largest where less is better, the smallest where more is. */
  readonly target: number;
  /** `less` unless told: times. `more`: how much gets done in a time. */
  readonly better?: 'less' | 'more';
  /** How many measurements each side's number comes from. */
  readonly runs: number;
  /** Both sides' spread, and whatever else helps to judge the figure. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export function report(figure: Figure): void {
  const ratio = round(figure.ours / figure.peer);
  const line = {
    ...figure,
    ours: round(figure.ours),
    peer: round(figure.peer),
    ratio,
    good: figure.better === 'more' ? ratio >= figure.target : ratio <= figure.target,
  };
  console.log(JSON.stringify(line));
}

/** The value below which the given share (0 to 1) of the samples lies; nearest rank. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new Error('No samples.');
  return value;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Smallest, quartiles, largest. */
export function spread(samples: readonly number[]): Readonly<Record<string, number>> {
  return {
    min: round(quantile(samples, 0)),
    p25: round(quantile(samples, 0.25)),
    p50: round(quantile(samples, 0.5)),
    p75: round(quantile(samples, 0.75)),
    p90: round(quantile(samples, 0.9)),
    p99: round(quantile(samples, 0.99)),
    max: round(quantile(samples, 1)),
  };
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
