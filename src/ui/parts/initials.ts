/** What stands for a person where there is no picture: a colour from their id, letters from their name. */

const HUES = 8;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The same id always has the same colour, 0 to 7 (tokens.css, `--avatar-…`). */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % HUES;
}

/**
 * First letters of the first and the last word in scripts that separate words; one character where they do not, as in
 * Chinese; "?" for a name without any.
 */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = firstCharacter(words[0] ?? '');
  if (first === '') return '?';
  const last = words.length > 1 ? firstCharacter(words[words.length - 1] ?? '') : '';
  return isAlphabetic(first) && isAlphabetic(last) ? `${first}${last}`.toLocaleUpperCase() : first.toLocaleUpperCase();
}

function firstCharacter(word: string): string {
  for (const { segment } of graphemes.segment(word)) return segment;
  return '';
}

function isAlphabetic(character: string): boolean {
  return /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(character);
}
