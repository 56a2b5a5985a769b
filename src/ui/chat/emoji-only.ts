/** More than this many reads as text again. */
const MAX_LARGE = 6;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2})/u;

/** True for a text of one to six emojis and nothing else: shown larger. */
export function isEmojiOnly(text: string): boolean {
  const compact = text.replaceAll(/\s/gu, '');
  // Cheap before exact: no emoji takes more than some thirty code units, and most texts begin with something else.
  if (compact.length > MAX_LARGE * 32 || !EMOJI.test(compact)) return false;
  const characters = Array.from(graphemes.segment(compact), ({ segment }) => segment);
  return characters.length <= MAX_LARGE && characters.every((character) => EMOJI.test(character));
}
