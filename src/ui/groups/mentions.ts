/**
 * Calling people by "@" and their name. Who is called travels beside the text; where in the text it stands is found again
 * by name, so that a text without any mark-up stays what was written.
 */
import { MAX_MENTIONS } from '../../protocol/group-message.ts';
import type { AccountId } from '../../protocol/ids.ts';
import type { Mentions } from '../../session/group-talk.ts';
import { folded } from '../list/entries.ts';

/** Everybody at once. */
export const ALL = 'all';

/** Somebody who can be called: under the name that is shown, or any other they go by. */
export interface Callable {
  readonly id: AccountId | typeof ALL;
  readonly names: readonly string[];
}

/** A stretch of text, "@" included, that calls somebody. Two of one name are called both. */
interface Call {
  readonly from: number;
  readonly to: number;
  readonly ids: readonly Callable['id'][];
}

/** What stands between the last "@" before the caret and the caret. */
export interface Query {
  /** Where the "@" is. */
  readonly at: number;
  readonly text: string;
}

/** No name searched for is longer. */
const MAX_QUERY = 32;
/** Shown at a time: more is found by typing on. */
const MAX_CANDIDATES = 6;

const JOINED = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Number}_]/u;

/** Where a text calls somebody; of names that begin alike the longest counts. */
export function callsIn(text: string, people: readonly Callable[]): readonly Call[] {
  const calls: Call[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const name = longestNameAt(text, at + 1, people);
    if (name === undefined || isInsideWord(text, at)) continue;
    const ids = people.filter(({ names }) => names.includes(name)).map(({ id }) => id);
    calls.push({ from: at, to: at + 1 + name.length, ids });
  }
  return calls;
}

/** Who was meant by a name, where it was picked from the list. */
type Picks = ReadonlyMap<string, AccountId>;

export const NO_PICKS: Picks = new Map();

export function withPick(picks: Picks, name: string, id: Callable['id']): Picks {
  return id === ALL ? picks : new Map([...picks, [name, id]]);
}

/** Whom a written text calls. `picked`: who was meant where two have one name. */
export function mentionsIn(text: string, people: readonly Callable[], picked: Picks): Mentions {
  const accounts = new Set<AccountId>();
  let all = false;
  for (const { from, to, ids } of callsIn(text, people)) {
    const meant = picked.get(text.slice(from + 1, to));
    for (const id of meant !== undefined && ids.includes(meant) ? [meant] : ids) {
      if (id === ALL) all = true;
      else accounts.add(id);
    }
  }
  return { all, accounts: [...accounts].slice(0, MAX_MENTIONS) };
}

/** What is being asked for at the caret; undefined when no name is being typed. An address like a@b.c asks for nobody. */
export function queryAt(text: string, caret: number): Query | undefined {
  const at = text.lastIndexOf('@', caret - 1);
  if (at < 0 || caret - at - 1 > MAX_QUERY || isInsideWord(text, at)) return undefined;
  const typed = text.slice(at + 1, caret);
  return typed.includes('\n') ? undefined : { at, text: typed };
}

/** Those whose name begins with what is typed, then those in whose name it stands. */
export function candidatesFor<Person extends Callable>(typed: string, people: readonly Person[]): readonly Person[] {
  const wanted = folded(typed);
  if (/^\s/u.test(typed)) return [];
  const beginning = people.filter(({ names }) => names.some((name) => folded(name).startsWith(wanted)));
  const containing = people.filter((person) => !beginning.includes(person) && person.names.some((name) => folded(name).includes(wanted)));
  return [...beginning, ...containing].slice(0, MAX_CANDIDATES);
}

function longestNameAt(text: string, at: number, people: readonly Callable[]): string | undefined {
  let longest: string | undefined;
  for (const { names } of people) {
    for (const name of names) {
      const isLonger = name !== '' && name.length > (longest?.length ?? 0);
      if (isLonger && text.startsWith(name, at) && !goesOn(text, at + name.length)) longest = name;
    }
  }
  return longest;
}

/** "@Ann" calls nobody in "@Anna"; in Chinese the next word follows without a blank. */
function goesOn(text: string, end: number): boolean {
  return JOINED.test(text.charAt(end - 1)) && JOINED.test(text.charAt(end));
}

function isInsideWord(text: string, at: number): boolean {
  return /[A-Za-z0-9._%+-]/u.test(text.charAt(at - 1));
}
