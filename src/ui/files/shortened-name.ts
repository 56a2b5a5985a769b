/** A file's name in two parts, of which only the first may be cut short: what kind of file it is stays to be seen. */
export interface NameParts {
  readonly start: string;
  readonly end: string;
}

/** Longer endings are no endings: "report.final version of Tuesday". */
const MAX_ENDING = 10;
/** Characters before the ending that are kept as well: numbers and dates stand there. */
const KEPT_BEFORE = 4;
/** Shorter names need no cutting. */
const MIN_START = 6;

/** Cuts between whole characters as people see them, never inside one. */
export function splitName(name: string): NameParts {
  const characters = Array.from(new Intl.Segmenter().segment(name), ({ segment }) => segment);
  const dot = characters.lastIndexOf('.');
  const ending = dot > 0 && characters.length - dot <= MAX_ENDING ? characters.length - dot : 0;
  const at = characters.length - ending - KEPT_BEFORE;
  if (at < MIN_START) return { start: '', end: name };
  return { start: characters.slice(0, at).join(''), end: characters.slice(at).join('') };
}
