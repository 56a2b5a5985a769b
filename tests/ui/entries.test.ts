import { describe, expect, it } from 'vitest';
import { blankConversation } from '../../src/chat/ports.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import { conversationWith } from '../../src/protocol/ids.ts';
import { entriesOf, filterEntries } from '../../src/ui/list/entries.ts';
import { fakeId } from './fake-people.ts';

function contact(name: string, since: number): Contact {
  return {
    id: fakeId(name),
    name,
    phase: 'active',
    pairSecret: undefined,
    deviceListVersion: 1,
    devices: [],
    verified: false,
    review: undefined,
    acceptance: undefined,
    since,
  };
}

const namesOf = (entries: readonly { readonly contact: Contact }[]): readonly string[] => entries.map((entry) => entry.contact.name);

describe('the conversation list', () => {
  const bob = contact('Bob', 10);
  const carol = contact('Caról', 20);
  const xiaoMing = contact('王小明', 30);
  const talk = { ...blankConversation(conversationWith(bob.id)), touched: 40 };

  it('puts first whatever happened last, a new contact included', () => {
    expect(namesOf(entriesOf([bob, carol, xiaoMing], []))).toEqual(['王小明', 'Caról', 'Bob']);
    expect(namesOf(entriesOf([bob, carol, xiaoMing], [talk]))).toEqual(['Bob', '王小明', 'Caról']);
  });

  it('shows nobody who is no contact any more', () => {
    expect(entriesOf([carol], [talk]).map(({ conversation }) => conversation)).toEqual([undefined]);
  });

  it.each([
    ['BO', ['Bob']],
    ['carol', ['Caról']],
    ['小明', ['王小明']],
    ['  ', ['王小明', 'Caról', 'Bob']],
    ['zoe', []],
  ])('finds by "%s"', (filter, names) => {
    expect(namesOf(filterEntries(entriesOf([bob, carol, xiaoMing], []), filter))).toEqual(names);
  });
});
