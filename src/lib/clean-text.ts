/**
 * Text from people, made safe to show: no control characters, nothing that turns the reading direction of what stands
 * around it, nothing invisible that makes two different names look the same.
 *
 * Never fails. Where text is shown, it is still isolated (`dir="auto"`, `unicode-bidi: isolate`): what is left here may turn
 * its own line, and no other.
 */

/** Controls (C0, C1, DEL) but tab and line feed. */
const CONTROLS = /[^\P{Cc}\t\n]/gu;
/** Halves of a surrogate pair on their own: not text at all. */
const LONE_SURROGATES = /\p{Surrogate}/gu;
/** Code points Unicode promises never to assign. */
const NONCHARACTERS = /\p{Noncharacter_Code_Point}/gu;
const LINE_ENDS = /\r\n|[\r\u0085\u2028\u2029]/gu;

/** Unicode's white space, and three that are none by name but show as a blank. */
const BLANKS = /[\s\u0085\u2800\u3164\uffa0]+/gu;
/**
 * Characters that show as nothing: direction marks, embeddings, overrides and isolates; zero-width spaces and joins of words;
 * soft hyphens; Hangul fillers; old format controls; annotations; tags outside a flag.
 */
const INVISIBLES =
  /\u034f|\u17b4|\u17b5|[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{1d173}-\u{1d17a}]/gu;
/** Flags of parts of a country are spelled in tags behind a black flag; anywhere else tags are invisible letters. */
const TAGS = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;

/** Scripts in which a (non-)joiner between letters is spelling. */
const JOINING =
  '\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\p{Script=Devanagari}\\p{Script=Bengali}' +
  '\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}' +
  '\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}';
const SPELLING_JOINER = `(?<=[${JOINING}])[\\u200c\\u200d](?=[${JOINING}])`;
const EMOJI_JOINER = '(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]?)\\u200d(?=\\p{Extended_Pictographic})';
const JOINERS = new RegExp(`(${SPELLING_JOINER}|${EMOJI_JOINER})|[\\u200c\\u200d]`, 'gu');

/** More marks than any spelling puts on one letter; piled higher they cover the lines above. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What a person wrote to another: lines and tabs stay, other controls go, and so do direction embeddings that are left open. */
export function cleanText(text: string): string {
  const lines = text.replace(LINE_ENDS, '\n').replace(CONTROLS, '').replace(LONE_SURROGATES, '').replace(NONCHARACTERS, '');
  return lines.split('\n').map(closeEmbeddings).join('\n');
}

/** One line for a name or a title: composed (NFC), single blanks, nothing invisible. Empty when nothing visible is left. */
export function cleanLine(text: string): string {
  const line = text
    .replace(LONE_SURROGATES, '')
    .replace(NONCHARACTERS, '')
    .replace(INVISIBLES, '')
    .replace(BLANKS, ' ')
    .replace(CONTROLS, '')
    .replace(TAGS, '$1')
    .replace(JOINERS, '$1')
    // Only now: what stood between a letter and its mark is gone.
    .normalize('NFC')
    .replace(PILED_MARKS, '$1')
    .replace(BLANKS, ' ')
    .trim();
  return VISIBLE.test(line) ? line : '';
}

/** As many whole characters, as a reader counts them, as fit into `limit` code points. */
export function cutText(text: string, limit: number): string {
  let length = 0;
  let end = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    length += countCodePoints(segment);
    if (length > limit) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

export function countCodePoints(text: string): number {
  return Array.from(text).length;
}

const EMBEDDINGS = /[\u202a\u202b\u202d\u202e]/u;
const POP = '\u202c';
const DIRECTIONAL = /[\u202a-\u202e]/u;

/** Removes embeddings and overrides (U+202A–202E) without an end in the same line, and ends without a beginning. */
function closeEmbeddings(line: string): string {
  if (!DIRECTIONAL.test(line)) return line;
  const characters = Array.from(line);
  const open: number[] = [];
  const unbalanced = new Set<number>();
  for (const [index, character] of characters.entries()) {
    if (EMBEDDINGS.test(character)) open.push(index);
    else if (character === POP && open.pop() === undefined) unbalanced.add(index);
  }
  for (const index of open) unbalanced.add(index);
  return characters.filter((_, index) => !unbalanced.has(index)).join('');
}
