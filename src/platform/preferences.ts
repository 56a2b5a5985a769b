/** Language and theme, kept in this browser outside any account: they are needed before anybody is in. */
import { Cell, type Observable } from '../lib/observable.ts';

const LANGUAGES = ['en', 'zh'] as const;
const THEMES = ['light', 'dark', 'system'] as const;
type Language = (typeof LANGUAGES)[number];
type Theme = (typeof THEMES)[number];

const LANGUAGE_KEY = 'parley.language';
const THEME_KEY = 'parley.theme';

export interface KeptPreferences {
  readonly language: Observable<Language>;
  setLanguage(language: Language): void;
  readonly theme: Observable<Theme>;
  setTheme(theme: Theme): void;
}

export interface PreferenceSurroundings {
  /** Undefined where the browser refuses it: choices then last as long as the page. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  /** The browser's languages, the dearest first (BCP 47). */
  readonly languages: readonly string[];
}

export function createPreferences({ storage, languages }: PreferenceSurroundings): KeptPreferences {
  const language = new Cell(kept(storage, LANGUAGE_KEY, LANGUAGES) ?? firstKnown(languages));
  const theme = new Cell(kept(storage, THEME_KEY, THEMES) ?? 'system');
  return {
    language,
    setLanguage: (chosen) => {
      language.set(chosen);
      keep(storage, LANGUAGE_KEY, chosen);
    },
    theme,
    setTheme: (chosen) => {
      theme.set(chosen);
      keep(storage, THEME_KEY, chosen);
    },
  };
}

/** The page's localStorage, or undefined where even asking for it throws. */
export function pageStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    // A SecurityError: cookies and site data are blocked.
    return undefined;
  }
}

function firstKnown(languages: readonly string[]): Language {
  const spoken = languages.map((tag) => LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language));
  return spoken.find((language) => language !== undefined) ?? 'en';
}

function kept<const Word extends string>(
  storage: PreferenceSurroundings['storage'],
  key: string,
  words: readonly Word[],
): Word | undefined {
  const text = storage?.getItem(key);
  return words.find((word) => word === text);
}

function keep(storage: PreferenceSurroundings['storage'], key: string, value: string): void {
  try {
    storage?.setItem(key, value);
  } catch {
    // No room left: the choice lasts as long as the page.
  }
}
