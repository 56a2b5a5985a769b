/** The languages there are, each under the name its own speakers give it. */
import { en, type Words } from './en.ts';
import { zh } from './zh.ts';

/** What `<html lang>` and Intl are told. */
export type LanguageTag = 'en' | 'zh-CN';
export type LanguageName = 'en' | 'zh';

interface LanguageEntry {
  readonly tag: LanguageTag;
  readonly ownName: string;
  readonly words: Words;
}

export const LANGUAGES: Readonly<Record<LanguageName, LanguageEntry>> = {
  zh: { tag: 'zh-CN', ownName: '中文', words: zh },
  en: { tag: 'en', ownName: 'English', words: en },
};

export const LANGUAGE_NAMES: readonly LanguageName[] = ['zh', 'en'];

/** The first of the wished languages (as `navigator.languages` lists them) that there is; English when there is none. */
export function chooseLanguage(wished: readonly string[]): LanguageName {
  for (const tag of wished) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'zh' || primary === 'en') return primary;
  }
  return 'en';
}
