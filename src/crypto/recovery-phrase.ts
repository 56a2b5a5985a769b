/** 32 bytes as 24 English words a person can write down, and back: BIP39 without its seed derivation. */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';

export const PHRASE_WORDS = 24;
export const PHRASE_ENTROPY_BYTES = 32;

export type PhraseFailure =
  | { readonly kind: 'words-count'; readonly count: number }
  /** All that are on no list, counted from 1, as people do. */
  | { readonly kind: 'words-unknown'; readonly places: readonly number[] }
  /** All words exist, but together they are not a phrase: one is wrong, or two changed places. */
  | { readonly kind: 'words-wrong' };

const KNOWN_WORDS = new Set(wordlist);

export function recoveryWords(entropy: Bytes): readonly string[] {
  assert(entropy.length === PHRASE_ENTROPY_BYTES, 'a recovery phrase stands for 32 bytes');
  return entropyToMnemonic(entropy, wordlist).split(' ');
}

/** Reads a phrase as people type it: any case, any white space. */
export function readRecoveryPhrase(typed: string): Result<Bytes, PhraseFailure> {
  const { words, unknown: places } = checkPhraseWords(typed);
  if (words.length !== PHRASE_WORDS) return fail({ kind: 'words-count', count: words.length });
  if (places.length > 0) return fail({ kind: 'words-unknown', places });
  try {
    return succeed(mnemonicToEntropy(words.join(' '), wordlist) as Bytes);
  } catch {
    // With 24 known words, the checksum is all that is left to be wrong.
    return fail({ kind: 'words-wrong' });
  }
}

/** The words typed so far, and which of them, counted from 1, are on no list. */
export function checkPhraseWords(typed: string): { readonly words: readonly string[]; readonly unknown: readonly number[] } {
  const words = typed.normalize('NFKD').toLowerCase().split(/\s+/).filter(Boolean);
  return { words, unknown: words.flatMap((word, index) => (KNOWN_WORDS.has(word) ? [] : [index + 1])) };
}
