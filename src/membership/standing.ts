/** What stands when several have written to one place (PROTOCOL.md G20). */
import { compareBytes } from '../lib/bytes.ts';
import type { History } from './history.ts';
import { isOwnerAt, type Rights } from './rights.ts';

interface Numbered {
  readonly number: number;
}

/** Those that none of the others had seen. `written`: causes first. */
export function lastWords<Written extends Numbered>(history: History, written: readonly Written[]): readonly Written[] {
  let last: Written[] = [];
  for (const word of written) {
    // Most often there is one, and the next has seen it.
    last = last.filter((earlier) => !history.precedes(earlier.number, word.number));
    last.push(word);
  }
  return last;
}

/** Of what follows from this, what follows from nothing else that does: whoever knows of any of it knows of one of these. */
export function nextWords<Written extends Numbered>(history: History, written: readonly Written[], number: number): readonly Written[] {
  const next: Written[] = [];
  for (const word of written) {
    const follows = history.precedes(number, word.number);
    if (follows && !next.some((earlier) => history.precedes(earlier.number, word.number))) next.push(word);
  }
  return next;
}

/** The one that stands: of several who did not know of each other the owner's, else the one with the lowest id. */
export function standingWord<Written extends Numbered>(rights: Rights, written: readonly Written[]): Written | undefined {
  const { history } = rights.index;
  const last = lastWords(history, written);
  const owners = last.filter(({ number }) => isOwnerAt(rights, history.at(number).account, number));
  const candidates = owners.length > 0 ? owners : last;
  const idOf = ({ number }: Written) => history.at(number).idBytes;
  return candidates.reduce<Written | undefined>(
    (lowest, word) => (lowest && compareBytes(idOf(lowest), idOf(word)) < 0 ? lowest : word),
    undefined,
  );
}
