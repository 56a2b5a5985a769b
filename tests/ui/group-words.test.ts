import { describe, expect, it } from 'vitest';
import { makeFormat } from '../../src/i18n/format.ts';
import { LANGUAGES, type LanguageName } from '../../src/i18n/languages.ts';
import type { GroupEvent } from '../../src/session/group-talk.ts';
import { eventSentence } from '../../src/ui/groups/event-sentence.ts';
import { groupSentence, type AnyGroupFailure } from '../../src/ui/groups/failure-sentence.ts';
import { closedBecause, mayManage } from '../../src/ui/groups/rights.ts';
import { fakeGroup } from './fake-groups.ts';
import { fakeId } from './fake-people.ts';

const NOON = new Date(2026, 2, 4, 12).getTime();
const HOUR = 3_600_000;
const alice = fakeId('Alice');
const bob = { account: fakeId('Bob'), name: 'Bob' };
const byAlice = { by: alice, byName: 'Alice' };

function told(event: GroupEvent, me: typeof alice, language: LanguageName = 'en'): string {
  const { words, tag } = LANGUAGES[language];
  return eventSentence(event, NOON, { me, words: words.groups, format: makeFormat(tag) });
}

describe('what was done', () => {
  it('is told to each as it concerns them', () => {
    const removed: GroupEvent = { ...byAlice, kind: 'removed', ...bob };
    expect(told(removed, fakeId('Carol'))).toBe('Alice removed Bob');
    expect(told(removed, alice)).toBe('You removed Bob');
    expect(told(removed, bob.account)).toBe('Alice removed you');
    expect(told(removed, bob.account, 'zh')).toBe('Alice 将你移出了群聊');
    expect(told(removed, fakeId('Carol'), 'zh')).toBe('Alice 将 Bob 移出了群聊');
  });

  it('tells coming by oneself from being let in', () => {
    expect(told({ by: bob.account, byName: 'Bob', kind: 'joined', ...bob }, alice)).toBe('Bob joined the group');
    expect(told({ ...byAlice, kind: 'joined', ...bob }, alice)).toBe('You let Bob in');
  });

  it('says until when somebody is muted', () => {
    expect(told({ ...byAlice, kind: 'muted', ...bob, until: NOON + HOUR }, bob.account)).toBe('Alice muted you until 13:00');
    expect(told({ ...byAlice, kind: 'muted', ...bob, until: 'for-good' }, bob.account, 'zh')).toBe('Alice 将你永久禁言');
  });

  it('tells taking away from setting', () => {
    expect(told({ ...byAlice, kind: 'topic-changed', text: 'Walks' }, bob.account)).toBe('Alice set the topic: Walks');
    expect(told({ ...byAlice, kind: 'topic-changed', text: '' }, bob.account)).toBe('Alice removed the topic');
    expect(told({ ...byAlice, kind: 'announced', text: '' }, bob.account, 'zh')).toBe('Alice 撤下了群公告');
  });
});

describe('why something was not done', () => {
  const failures: readonly AnyGroupFailure[] = [
    { kind: 'not-allowed', because: 'owner-only' },
    { kind: 'not-allowed', because: 'admins-only' },
    { kind: 'not-allowed', because: 'target-is-admin' },
    { kind: 'not-allowed', because: 'target-is-owner' },
    { kind: 'not-allowed', because: 'owner-must-stay' },
    { kind: 'muted', until: NOON },
    { kind: 'muted', until: 'for-good' },
    { kind: 'all-muted' },
    { kind: 'not-a-member' },
    { kind: 'group-over' },
    { kind: 'no-such-member' },
    { kind: 'group-full', limit: 256 },
    { kind: 'too-long', bytes: 300, limit: 256 },
    { kind: 'empty' },
    { kind: 'storage-full' },
    { kind: 'invite-damaged' },
    { kind: 'invite-expired' },
    { kind: 'already-a-member', group: fakeGroup().id },
    { kind: 'text-too-long', bytes: 40_000, limit: 32_768 },
  ];

  it.each(['en', 'zh'] as const)('has a sentence of its own for each reason in %s', (language) => {
    const { words, tag } = LANGUAGES[language];
    const sentences = failures.map((failure) => groupSentence(failure, { words, format: makeFormat(tag) }));
    expect(sentences.every((sentence) => typeof sentence === 'string' && sentence.length > 3)).toBe(true);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

describe('what the screens offer', () => {
  it('is deciding about those below', () => {
    expect([mayManage('owner', 'admin'), mayManage('owner', 'member'), mayManage('admin', 'member')]).toEqual([true, true, true]);
    expect([mayManage('admin', 'admin'), mayManage('admin', 'owner'), mayManage('member', 'member'), mayManage('owner', 'owner')]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('is writing, until somebody or something keeps one from it', () => {
    const muted = fakeGroup({ me: { role: 'member', muted: NOON } });
    expect(closedBecause(fakeGroup(), NOON)).toBeUndefined();
    expect(closedBecause(muted, NOON - 1)).toEqual({ kind: 'muted', until: NOON });
    expect(closedBecause(muted, NOON)).toBeUndefined();
    expect(closedBecause(fakeGroup({ allMuted: true }), NOON)).toEqual({ kind: 'all-muted' });
    expect(closedBecause(fakeGroup({ allMuted: true, me: { role: 'admin', muted: undefined } }), NOON)).toBeUndefined();
    expect(closedBecause(fakeGroup({ phase: 'removed' }), NOON)).toEqual({ kind: 'removed' });
  });
});
