import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/ports.ts';
import type { ConversationId, MessageId } from '../../src/protocol/ids.ts';
import { rowsOf } from '../../src/ui/chat/rows.ts';
import { fakeId } from './fake-people.ts';

const MINUTE = 60_000;
const NOON = new Date(2026, 2, 4, 12).getTime();
const bob = fakeId('Bob');
const carol = fakeId('Carol');

/** What Alice sees: "a" is hers, "b" Bob's, "c" Carol's, each with the minutes since noon at which it was said. */
function talk(...lines: readonly (readonly ['a' | 'b' | 'c', number])[]): readonly Message[] {
  return lines.map(([who, minutes], at) => {
    const base = {
      id: String(at) as MessageId,
      conversation: 'talk' as ConversationId,
      lamport: at + 1,
      wall: NOON + minutes * MINUTE,
      text: 'x',
    };
    return who === 'a' ? { ...base, direction: 'out', status: 'sent' } : { ...base, direction: 'in', author: who === 'b' ? bob : carol };
  });
}

const marks = (messages: readonly Message[], newAfter?: number): readonly string[] =>
  rowsOf(messages, newAfter).map(({ startsDay, startsNew, startsGroup, endsGroup }) =>
    [startsDay && 'day', startsNew && 'new', startsGroup && 'first', endsGroup && 'last'].filter(Boolean).join(' '),
  );

describe('rowsOf', () => {
  it('groups what one person says within five minutes', () => {
    expect(marks(talk(['b', 0], ['b', 1], ['b', 4], ['a', 5], ['b', 6]))).toEqual(['day first', '', 'last', 'first last', 'first last']);
  });

  it('keeps apart what two people say, in a group', () => {
    expect(marks(talk(['b', 0], ['c', 1], ['c', 2]))).toEqual(['day first last', 'first', 'last']);
  });

  it('begins a new group after a pause', () => {
    expect(marks(talk(['b', 0], ['b', 5]))).toEqual(['day first last', 'first last']);
  });

  it('begins a new day, and a group with it, at midnight', () => {
    expect(marks(talk(['b', 719], ['b', 721]))).toEqual(['day first last', 'day first last']);
  });

  it('draws one line above the first new message of the other side', () => {
    expect(marks(talk(['b', 0], ['a', 1], ['b', 2], ['b', 3]), 1)).toEqual(['day first last', 'first last', 'new first', 'last']);
  });

  it('draws no line when everything is read', () => {
    expect(marks(talk(['b', 0], ['a', 1]), 2)).toEqual(['day first last', 'first last']);
  });
});
