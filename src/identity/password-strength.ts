/** How hard a password is to guess (zxcvbn). Its dictionaries are megabytes: they are loaded when first asked. */
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { utf8 } from '../lib/bytes.ts';

/** 0: guessed at once. 3: some 10^8 guesses, each of which costs a tenth of a second behind Argon2id. */
const ENOUGH_SCORE = 3;
/** Code units judged; what comes behind only makes it stronger, and zxcvbn's time grows with the square. */
const MAX_JUDGED_LENGTH = 128;

/** Ours, and what Chinese passwords are made of first: zxcvbn's dictionaries know English, and numbers only as dates. */
const COMMON_PARTS = [
  ...['parley', '晤谈', 'wutan', 'woaini', 'woaini1314', 'woaini520', '5201314', '1314520', '520', '521', '1314', '147258369', '7758521'],
  ...['nihao', 'mima', 'wodemima', 'zhongguo', 'beijing', 'shanghai', 'guangzhou', 'shenzhen', 'laopo', 'laogong', 'baobei', 'qinaide'],
  ...['xiaoming', 'zhangwei', 'wangwei', 'lili', 'woshishui', 'aini', 'tiantian', 'xihuan', 'kuaile', 'jiayou', 'meiyou', 'wobuzhidao'],
];

/** Letters, and what is written in place of them; some stand for two that look alike. */
const LOOKALIKES = ['a@4', 'b8', 'e3', 'g9', 'il1!|', 'o0', 's5$', 't7+', 'z2'];
const FOLDED = new Map(LOOKALIKES.flatMap((alike) => Array.from(alike, (character) => [character, alike.charAt(0)])));
/** Of UTF-8, so two Latin letters, or no Chinese one: shorter words are in too many others to be taken out of them. */
const MIN_WORD_BYTES = 3;

export interface PasswordStrength {
  /** zxcvbn's score. */
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly enough: boolean;
}

/** Judges passwords; `userName` and the app's own name are words that are tried first, and add nothing however often they stand there. */
export class PasswordJudge {
  #estimator: Promise<ZxcvbnFactory> | undefined;

  async strengthOf(password: string, userName: string): Promise<PasswordStrength> {
    const estimator = await this.#loadOnce();
    const words = guessableWords(userName);
    const judged = password.slice(0, MAX_JUDGED_LENGTH);
    const rest = withoutWords(judged, words);
    // zxcvbn gives three parts a hundred million guesses whatever they are: "alice-alice" would do for alice.
    const scores = [judged, ...(rest === judged ? [] : [rest])].map((text) => estimator.check(text, words).score);
    const score = scores.reduce((lowest, each) => (each < lowest ? each : lowest));
    return { score, enough: score >= ENOUGH_SCORE };
  }

  #loadOnce(): Promise<ZxcvbnFactory> {
    this.#estimator ??= loadEstimator().catch((reason: unknown) => {
      // Offline before the dictionaries were cached: the next question tries again.
      this.#estimator = undefined;
      throw reason;
    });
    return this.#estimator;
  }
}

function guessableWords(userName: string): string[] {
  return [...COMMON_PARTS, userName, ...userName.split(' ')].filter((word) => word !== '');
}

/** What is left of the password without these words, forwards and backwards, in any case and with any lookalikes. */
function withoutWords(password: string, words: readonly string[]): string {
  const wanted = words.filter((word) => utf8(word).length >= MIN_WORD_BYTES).map(folded);
  let characters = Array.from(password);
  for (const word of [...wanted, ...wanted.map((word) => word.toReversed())].sort((a, b) => b.length - a.length)) {
    const found = placesOf(word, folded(characters.join('')));
    characters = characters.filter((_, at) => !found.some((place) => place <= at && at < place + word.length));
  }
  return characters.join('');
}

function folded(text: string): readonly string[] {
  return Array.from(text, (character) => FOLDED.get(character.toLowerCase()) ?? character.toLowerCase());
}

function placesOf(word: readonly string[], characters: readonly string[]): readonly number[] {
  return characters.flatMap((_, place) => (word.every((character, at) => characters[place + at] === character) ? [place] : []));
}

async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
  });
}
