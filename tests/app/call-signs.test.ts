import { describe, expect, it } from 'vitest';
import { CallSigns } from '../../src/app/call-signs.ts';
import type { CurrentCall } from '../../src/calls/call-view.ts';
import type { CallRecord } from '../../src/calls/ports.ts';
import { en } from '../../src/i18n/en.ts';
import { Cell } from '../../src/lib/observable.ts';
import type { Notice } from '../../src/platform/notices.ts';
import type { AccountId, CallId, ConversationId, MessageId } from '../../src/protocol/ids.ts';

const [alice, bob] = ['alice', 'bob'] as AccountId[] as [AccountId, AccountId];
const base = { call: 'call' as CallId, with: { kind: 'contact', contact: bob }, media: 'voice' } as const;
const ringing = (quiet = false): CurrentCall => ({ ...base, phase: 'ringing', since: 0, from: bob, quiet });
const calling = (reached: boolean) => ({ ...base, phase: 'calling', since: 0, reached }) as CurrentCall;
const talking = { ...base, phase: 'in' } as CurrentCall;
const over = (why: 'by-me' | 'missed' = 'by-me'): CurrentCall => ({ ...base, phase: 'over', why, duration: 0 });
const record = (wall: number, outcome: 'missed' | 'answered', author = bob): CallRecord => ({
  conversation: 'talk' as ConversationId,
  message: `message ${wall}` as MessageId,
  author,
  wall,
  entry: { kind: 'two', call: `call ${wall}` as CallId, media: 'video', outcome, duration: 0 },
});

/** Alice's page, and what is noticed of her calls. */
function page({ visible = true, history = [] as readonly CallRecord[] } = {}) {
  const current = new Cell<CurrentCall | undefined>(undefined);
  const newest = new Cell(history);
  const seen = new Cell(visible);
  const tones: (string | undefined)[] = [];
  const notices: string[] = [];
  let awake = 0;
  const signs = new CallSigns({
    me: alice,
    current,
    newest,
    nameOf: (whom) => (whom === bob ? 'Bob' : ''),
    isQuiet: () => false,
    visible: seen,
    play: (tone) => tones.push(tone),
    notices: {
      permission: new Cell('granted'),
      ask: () => Promise.resolve(),
      show: ({ title, body }: Notice) => {
        const shown = `${title}: ${body}`;
        notices.push(shown);
        return () => notices.splice(notices.indexOf(shown), 1);
      },
    },
    words: () => en.callNotices,
    keepAwake: () => {
      awake++;
      return () => awake--;
    },
    troubled: (reason) => expect.unreachable(String(reason)),
  });
  return { current, newest, seen, tones, notices, signs, isAwake: () => awake > 0 };
}

describe('alice hears', () => {
  it('bob ring until she answers', () => {
    const { current, tones } = page();
    current.set(ringing());
    current.set(talking);
    expect(tones).toEqual(['incoming', undefined]);
  });

  it('nothing of a call she does not want to be disturbed by', () => {
    const { current, tones } = page();
    current.set(ringing(true));
    current.set(over('missed'));
    expect(tones).not.toContain('incoming');
    expect(tones).not.toContain('ended');
  });

  it('that it rings at his end, only once it does', () => {
    const { current, tones } = page();
    current.set(calling(false));
    expect(tones).toEqual([]);
    current.set(calling(true));
    expect(tones).toEqual(['ringback']);
  });

  it('that a talk is over, to its last note', () => {
    const { current, tones } = page();
    current.set(talking);
    current.set(over());
    current.set(undefined);
    expect(tones).toEqual(['ended']);
  });

  it('silence once her account is closed', () => {
    const { current, tones, signs } = page();
    current.set(ringing());
    signs.close();
    expect(tones).toEqual(['incoming', undefined]);
  });
});

describe('when alice looks elsewhere', () => {
  it('the system tells of bob’s call as long as it rings', () => {
    const { current, notices } = page({ visible: false });
    current.set(ringing());
    expect(notices).toEqual(['Bob: Voice call']);
    current.set(talking);
    expect(notices).toEqual([]);
  });

  it('it tells of one that was ringing when she turned away', () => {
    const { current, seen, notices } = page();
    current.set(ringing());
    expect(notices).toEqual([]);
    seen.set(false);
    expect(notices).toEqual(['Bob: Voice call']);
  });

  it('it tells of a call she missed, and not of what was missed before', () => {
    const { newest, notices } = page({ visible: false, history: [record(1, 'missed')] });
    newest.set([record(1, 'missed')]);
    expect(notices).toEqual([]);
    newest.set([record(2, 'missed')]);
    expect(notices).toEqual(['Bob: Missed video call']);
  });

  it('it does not tell of calls she answered, or made', () => {
    const { newest, notices } = page({ visible: false });
    newest.set([record(2, 'answered')]);
    newest.set([record(3, 'missed', alice)]);
    expect(notices).toEqual([]);
  });
});

it('alice’s screen stays on while she talks, and no longer', () => {
  const { current, isAwake } = page();
  current.set(ringing());
  expect(isAwake()).toBe(false);
  current.set(talking);
  current.set({ ...talking });
  expect(isAwake()).toBe(true);
  current.set(over());
  expect(isAwake()).toBe(false);
});
