import { makeFormat, type Format } from '../i18n/format.ts';
import { LANGUAGES, type LanguageName, type LanguageTag } from '../i18n/languages.ts';
import type { Words } from '../i18n/en.ts';
import type { Observable } from '../lib/observable.ts';
import { Live } from './live.svelte.ts';

/** The language in use: its words and formats, changing at once when another is chosen. */
export class Speech {
  readonly #language: Live<LanguageName>;
  readonly #format = $derived.by(() => makeFormat(this.tag));

  constructor(language: Observable<LanguageName>) {
    this.#language = new Live(language);
  }

  get language(): LanguageName {
    return this.#language.current ?? 'en';
  }

  get tag(): LanguageTag {
    return LANGUAGES[this.language].tag;
  }

  get words(): Words {
    return LANGUAGES[this.language].words;
  }

  get format(): Format {
    return this.#format;
  }
}
