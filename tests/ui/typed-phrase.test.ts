import { expect, test } from 'vitest';
import { recoveryWords } from '../../src/crypto/recovery-phrase.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { readTyped } from '../../src/ui/parts/typed-phrase.ts';

const PHRASE = recoveryWords(randomBytes(32));

test('the words of alice are read as she wrote them down: in lines, with capitals, with commas', () => {
  const shouted = PHRASE.map((word, at) => (at % 6 === 5 ? `${word.toUpperCase()}\n` : `${word}, `)).join('');
  expect(readTyped(shouted)).toEqual({ text: PHRASE.join(' '), count: 24, needed: 24, unknown: [] });
});

test('the downloaded list is read as a whole, its title and its numbers aside', () => {
  const file = ['Parley recovery words of zoo keeper', '', ...PHRASE.map((word, at) => `${String(at + 1).padStart(2)}. ${word}`), ''].join(
    '\n',
  );
  expect(readTyped(file)).toMatchObject({ text: PHRASE.join(' '), count: 24, unknown: [] });
});

test('a word on no list is named by its place', () => {
  expect(readTyped('zoo zooo zebra zebr ').unknown).toEqual([2, 4]);
});

test('a word that is still being typed is not called wrong', () => {
  expect(readTyped('zoo zebr')).toMatchObject({ count: 2, unknown: [] });
  expect(readTyped('zoo zebr ')).toMatchObject({ count: 2, unknown: [2] });
});

test('nothing typed is nothing', () => {
  expect(readTyped(' \n ')).toMatchObject({ text: '', count: 0, unknown: [] });
});
