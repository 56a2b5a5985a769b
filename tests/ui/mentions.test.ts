import { describe, expect, it } from 'vitest';
import { ALL, callsIn, candidatesFor, mentionsIn, NO_PICKS, queryAt, type Callable } from '../../src/ui/groups/mentions.ts';
import { fakeId } from './fake-people.ts';

const alice = fakeId('Alice');
const bob = fakeId('Bob');
const bobby = fakeId('Bobby Tables');
const xiaoMing = fakeId('王小明');
const everybody: Callable = { id: ALL, names: ['all', '所有人'] };
const people: readonly Callable[] = [
  { id: alice, names: ['Ali', 'Alice'] },
  { id: bob, names: ['Bob'] },
  { id: bobby, names: ['Bob Tables', 'Bobby Tables'] },
  { id: xiaoMing, names: ['王小明'] },
];
const nobodyPicked = NO_PICKS;

const called = (text: string): readonly unknown[] => mentionsIn(text, [everybody, ...people], nobodyPicked).accounts;

describe('calling by name', () => {
  it.each([
    ['@Bob are you there?', [bob]],
    ['ask @Bob Tables, not me', [bobby]],
    ['@Alice and @Ali are one', [alice]],
    ['你好@王小明你来吗', [xiaoMing]],
    ['@Bobo is nobody', []],
    ['write to me@Bob.example', []],
    ['Bob without a sign', []],
    ['@', []],
  ])('in "%s"', (text, accounts) => {
    expect(called(text)).toEqual(accounts);
  });

  it('calls everybody by the word of any language, when that is allowed', () => {
    expect(mentionsIn('@所有人 今晚见', [everybody, ...people], nobodyPicked)).toEqual({ all: true, accounts: [] });
    expect(mentionsIn('@all tonight', people, nobodyPicked)).toEqual({ all: false, accounts: [] });
  });

  it('calls both when two have one name, and only the one who was picked', () => {
    const other = fakeId('Another Bob');
    const two = [...people, { id: other, names: ['Bob'] }];
    expect(mentionsIn('@Bob', two, nobodyPicked).accounts).toEqual([bob, other]);
    expect(mentionsIn('@Bob', two, new Map([['Bob', other]])).accounts).toEqual([other]);
  });

  it('says where in the text it is', () => {
    expect(callsIn('hi @Bob!', people)).toEqual([{ from: 3, to: 7, ids: [bob] }]);
  });
});

describe('asking for a name', () => {
  const asked = (text: string): string | undefined => queryAt(text, text.length)?.text;

  it('begins with "@" and ends with the line', () => {
    expect(['@', 'hi @bo', '你好@小', 'a\n@b'].map(asked)).toEqual(['', 'bo', '小', 'b']);
    expect(['', 'hi', 'a@b.example', '@a\nb', `@${'x'.repeat(40)}`].map(asked)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is of the "@" before the caret, not of one behind it', () => {
    expect(queryAt('@Bob and @', 3)).toEqual({ at: 0, text: 'Bo' });
  });

  it('offers who begins so before who has it inside', () => {
    const found = candidatesFor('b', [{ id: alice, names: ['Abby'] }, ...people]);
    expect(found.map(({ id }) => id)).toEqual([bob, bobby, alice]);
  });

  it('finds by what people are called elsewhere, too, and past accents', () => {
    expect(candidatesFor('alíce', people).map(({ id }) => id)).toEqual([alice]);
  });

  it('offers nobody for a blank', () => {
    expect(candidatesFor(' ', people)).toEqual([]);
  });
});
