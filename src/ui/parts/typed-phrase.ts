/** The recovery phrase as people hand it over: typed with doubts, or pasted from a numbered list. */
import { checkPhraseWords, PHRASE_WORDS } from '../../crypto/recovery-phrase.ts';

/** What the numbers of a list look like: "7." or "7)" or "7、" before a word. */
const NUMBERED = /\d+\s*[.)、:]\s*(\p{Letter}+)/gu;

export interface TypedPhrase {
  /** One blank between words, without numbers and commas: what the door is given. */
  readonly text: string;
  readonly count: number;
  readonly needed: number;
  /** Places, counted from 1, of words on no list. The last word is not judged while it may still grow. */
  readonly unknown: readonly number[];
}

/** Of a numbered list, as the downloaded file is one, only the numbered words count: its title is no part of it. */
export function readTyped(typed: string): TypedPhrase {
  const numbered = [...typed.matchAll(NUMBERED)].map(([, word]) => word);
  const tidied = (numbered.length > 0 ? numbered.join(' ') : typed).replaceAll(/[\d.,;、，]+/g, ' ');
  const { words, unknown } = checkPhraseWords(tidied);
  const isLastGrowing = !/[\s.,;、，]$/.test(typed);
  return {
    text: words.join(' '),
    count: words.length,
    needed: PHRASE_WORDS,
    unknown: unknown.filter((place) => !(isLastGrowing && place === words.length)),
  };
}
