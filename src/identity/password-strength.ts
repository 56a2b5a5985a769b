/** How hard a password is to guess (zxcvbn). Its dictionaries are megabytes: they are loaded when first asked. */
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

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

export interface PasswordStrength {
  /** zxcvbn's score. */
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly enough: boolean;
}

/** Judges passwords; `userName` and the app's own name count as words that are tried first. */
export class PasswordJudge {
  #estimator: Promise<ZxcvbnFactory> | undefined;

  async strengthOf(password: string, userName: string): Promise<PasswordStrength> {
    const estimator = await this.#loadOnce();
    const { score } = estimator.check(password.slice(0, MAX_JUDGED_LENGTH), guessableWords(userName));
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
