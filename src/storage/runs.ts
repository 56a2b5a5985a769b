/** Sets of whole numbers as runs of neighbours, first and last of each, in order: short as long as little is missing. */

export type Run = readonly [first: number, last: number];

export function runsOf(numbers: readonly number[]): readonly Run[] {
  const runs: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && number <= run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

export function joinRuns(one: readonly Run[], other: readonly Run[]): readonly Run[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...one, ...other].sort((a, b) => a[0] - b[0])) {
    const run = joined.at(-1);
    if (run && first <= run[1] + 1) run[1] = Math.max(run[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

export function hasNumber(runs: readonly Run[], number: number): boolean {
  return runs.some(([first, last]) => first <= number && number <= last);
}
