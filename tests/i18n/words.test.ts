import { describe, expect, it } from 'vitest';
import { en } from '../../src/i18n/en.ts';
import { chooseLanguage, LANGUAGES } from '../../src/i18n/languages.ts';
import { zh } from '../../src/i18n/zh.ts';

/** Every sentence by its path; those with values in them are spoken with sample values. */
function sentencesOf(words: unknown, path = ''): ReadonlyMap<string, string> {
  if (typeof words === 'string') return new Map([[path, words]]);
  if (typeof words === 'function') return new Map([[path, String((words as (...values: unknown[]) => unknown)(2, 3))]]);
  const parts = Object.entries(words as Record<string, unknown>);
  return new Map(parts.flatMap(([key, part]) => [...sentencesOf(part, path === '' ? key : `${path}.${key}`)]));
}

describe('words', () => {
  const english = sentencesOf(en);
  const chinese = sentencesOf(zh);

  it('are the same sentences in both languages', () => {
    expect([...chinese.keys()]).toEqual([...english.keys()]);
  });

  it.each([
    ['English', english],
    ['Chinese', chinese],
  ])('have no empty sentence in %s', (_, sentences) => {
    const empty = [...sentences].filter(([, sentence]) => sentence.trim() === '');
    expect(empty).toEqual([]);
  });

  it('are never left in English', () => {
    const left = [...english].filter(([path, sentence]) => chinese.get(path) === sentence);
    expect(left).toEqual([]);
  });

  it('are written in Chinese characters in Chinese, and without them in English', () => {
    expect([...chinese].filter(([, sentence]) => /\p{Letter}/u.test(sentence) && !/\p{Script=Han}/u.test(sentence))).toEqual([]);
    expect([...english].filter(([, sentence]) => /\p{Script=Han}/u.test(sentence))).toEqual([]);
  });

  it('count one message and many', () => {
    expect([1, 2].map(en.list.unread)).toEqual(['1 unread message', '2 unread messages']);
    expect(zh.list.unread(1)).toBe('1 条未读消息');
  });

  it('give each language the name its speakers use', () => {
    expect(Object.values(LANGUAGES).map(({ ownName }) => ownName)).toEqual(['中文', 'English']);
  });
});

describe('chooseLanguage', () => {
  it.each([
    [['zh-TW', 'en'], 'zh'],
    [['fr-FR', 'zh-Hans-CN', 'en'], 'zh'],
    [['en-GB', 'zh'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('of %j takes %s', (wished, chosen) => {
    expect(chooseLanguage(wished)).toBe(chosen);
  });
});
