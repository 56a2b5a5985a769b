import { describe, expect, it } from 'vitest';
import { blankConversation } from '../../src/chat/ports.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import type { Group } from '../../src/groups/ports.ts';
import { conversationOf, conversationWith } from '../../src/protocol/ids.ts';
import { entriesOf, filterEntries, unreadNews, type Entry } from '../../src/ui/list/entries.ts';
import { fakeGroup } from './fake-groups.ts';
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

const namesOf = (entries: readonly Entry[]): readonly string[] => entries.map(({ name }) => name);

describe('the conversation list', () => {
  const bob = contact('Bob', 10);
  const carol = contact('Caról', 20);
  const xiaoMing = contact('王小明', 30);
  const contacts = [bob, carol, xiaoMing];
  const talk = { ...blankConversation(conversationWith(bob.id)), touched: 40 };
  const walkers = fakeGroup({ name: 'Walkers' });
  const walk = { ...blankConversation(conversationOf(walkers.id)), touched: 35, unread: 4 };

  it('puts first whatever happened last, a new contact included', () => {
    expect(namesOf(entriesOf({ contacts, groups: [], conversations: [] }))).toEqual(['王小明', 'Caról', 'Bob']);
    expect(namesOf(entriesOf({ contacts, groups: [], conversations: [talk] }))).toEqual(['Bob', '王小明', 'Caról']);
  });

  it('has groups among the people', () => {
    expect(namesOf(entriesOf({ contacts, groups: [walkers], conversations: [talk, walk] }))).toEqual(['Bob', 'Walkers', '王小明', 'Caról']);
  });

  it.each(['joining', 'applied', 'declined'] as const)('keeps a group that is %s on top, where it is seen', (phase) => {
    const groups = [{ ...walkers, phase }];
    expect(namesOf(entriesOf({ contacts, groups, conversations: [talk] }))[0]).toBe('Walkers');
  });

  it('shows nobody who is no contact any more', () => {
    const entries = entriesOf({ contacts: [carol], groups: [], conversations: [talk] });
    expect(entries.map(({ conversation }) => conversation)).toEqual([undefined]);
  });

  it.each([
    ['BO', ['Bob']],
    ['carol', ['Caról']],
    ['小明', ['王小明']],
    ['walk', ['Walkers']],
    ['zoe', []],
  ])('finds by "%s"', (filter, names) => {
    expect(namesOf(filterEntries(entriesOf({ contacts, groups: [walkers], conversations: [] }), filter))).toEqual(names);
  });

  it.each([
    ['all', false, 4],
    ['mentions', false, 0],
    ['mentions', true, 4],
    ['nothing', true, 0],
  ] as const)('counts as news, of a group that tells of %s, mentioned %s: %i', (notify, mentioned, news) => {
    const group: Group = { ...walkers, notify };
    const [entry] = entriesOf({ contacts: [], groups: [group], conversations: [{ ...walk, mentioned }] });
    expect(entry && unreadNews(entry)).toBe(news);
  });
});
