/** From which size on files wait to be asked for: what can be chosen. Bytes; undefined: never. */
const LIMITS = [5e6, 25e6, 100e6, 1e9] as const;

/** The choices, and among them the one in force if it is another. */
export function limitsWith(inForce: number | undefined): readonly (number | undefined)[] {
  const all = inForce === undefined || LIMITS.some((limit) => limit === inForce) ? [...LIMITS] : [...LIMITS, inForce];
  return [...all.toSorted((a, b) => a - b), undefined];
}
