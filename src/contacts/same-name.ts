/** Whether two names would be taken for each other by somebody who glances at a list. */
import { comparableName } from '../identity/user-name.ts';

/**
 * Letters that most fonts draw alike, each with the Latin one it passes for: what Cyrillic, Greek and digits offer of the
 * confusables of Unicode TS #39. Not all of it: whole-script likenesses are for eyes, and this only decides who is asked about.
 */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...pairs('аɑα', 'a'),
  ...pairs('вβ', 'b'),
  ...pairs('сϲ', 'c'),
  ...pairs('ԁ', 'd'),
  ...pairs('еєё', 'e'),
  ...pairs('ɡ', 'g'),
  ...pairs('һн', 'h'),
  ...pairs('іїιı|1l', 'i'),
  ...pairs('ј', 'j'),
  ...pairs('кκ', 'k'),
  ...pairs('м', 'm'),
  ...pairs('ո', 'n'),
  ...pairs('оοσо0', 'o'),
  ...pairs('рρ', 'p'),
  ...pairs('ԛ', 'q'),
  ...pairs('ѕ5', 's'),
  ...pairs('тτ', 't'),
  ...pairs('υս', 'u'),
  ...pairs('νѵ', 'v'),
  ...pairs('ѡω', 'w'),
  ...pairs('хχ', 'x'),
  ...pairs('уγү', 'y'),
  ...pairs('ᴢ', 'z'),
};

/** Blanks, marks and joints tell two names apart for a computer and for nobody else. */
const UNREAD = /[\p{Z}\p{P}\p{M}\p{Cf}]/gu;

/** Empty names are nobody's. */
export function isSameName(one: string, other: string): boolean {
  const [first, second] = [one, other].map(glance);
  return first !== undefined && first !== '' && first === second;
}

function glance(name: string): string {
  const letters = comparableName(name).normalize('NFKD').replace(UNREAD, '');
  const seen = Array.from(letters, (letter) => LOOKALIKES[letter] ?? letter).join('');
  // A name of punctuation alone is still a name.
  return seen === '' ? comparableName(name) : seen;
}

function pairs(letters: string, latin: string): Record<string, string> {
  return Object.fromEntries(Array.from(letters, (letter) => [letter, latin]));
}
