/**
 * A call in a group: who is in it with me (PROTOCOL.md V10–V12). Pure. The roster in the group's log says who came and went; the words
 * on the links say who is really there, and theirs is what counts.
 */
import { assertNever } from '../lib/assert.ts';
import { bytesOf, type AccountId, type CallId, type GroupId } from '../protocol/ids.ts';
import type { CallAct, CallMedia, CallWordBody } from '../protocol/call-word.ts';
import type { CallRoster } from '../session/call-entry.ts';
import type { CallOver } from './call-view.ts';
import { REPEAT_MS, SILENCE_MS } from './pair-call.ts';

/** Everybody sends to everybody: with more, even voices are too much for many machines. Myself included. */
export const MAX_IN_CALL = 16;
/** How long a call that has begun in a group calls people to it. Milliseconds. */
const GROUP_RING_MS = 30_000;

export type GroupState =
  | { readonly phase: 'idle' }
  | (Place & { readonly phase: 'ringing'; readonly from: AccountId; readonly since: number })
  | (Place & {
      readonly phase: 'in';
      readonly since: number;
      /** Who is there, and when they were last heard. */
      readonly people: ReadonlyMap<AccountId, number>;
      /** Who should be there by the log. */
      readonly expected: readonly AccountId[];
      readonly toldAt: number;
    });

interface Place {
  readonly group: GroupId;
  readonly call: CallId;
  readonly media: CallMedia;
}

export type GroupCallEvent =
  /** Somebody has begun it. */
  | (Place & { readonly type: 'ring'; readonly from: AccountId })
  /** `act`: what this is to the call. */
  | (Place & { readonly type: 'join'; readonly act: 'started' | 'joined'; readonly expected: readonly AccountId[] })
  | { readonly type: 'leave'; readonly why: CallOver }
  /** The calls of this very group that are not over, each with those who can be there and are no strangers. Myself not among them. */
  | { readonly type: 'rosters'; readonly rosters: readonly CallRoster[] }
  | { readonly type: 'linked'; readonly account: AccountId }
  /** From a member of the group; `present` of another call is of one in the same group. */
  | { readonly type: 'word'; readonly from: AccountId; readonly call: CallId; readonly word: CallWordBody }
  /** Is no member any more. */
  | { readonly type: 'gone'; readonly account: AccountId }
  /** At least once a second, with those something comes from over a media link. */
  | { readonly type: 'tick'; readonly connected: ReadonlySet<AccountId> };

export type GroupEffect =
  | { readonly type: 'tell'; readonly to: AccountId; readonly call: CallId; readonly word: CallWordBody }
  /** Into the group's log. */
  | (Place & { readonly type: 'act'; readonly act: CallAct })
  | { readonly type: 'admit'; readonly account: AccountId }
  | { readonly type: 'dismiss'; readonly account: AccountId }
  | { readonly type: 'over'; readonly call: Exclude<GroupState, { phase: 'idle' }>; readonly why: CallOver };

export interface GroupStep {
  readonly next: GroupState;
  readonly effects: readonly GroupEffect[];
}

type Called = Extract<GroupState, { phase: 'ringing' }>;
type In = Extract<GroupState, { phase: 'in' }>;

export const NO_GROUP_CALL: GroupState = { phase: 'idle' };

export function advanceGroup(before: GroupState, event: GroupCallEvent, now: number): GroupStep {
  switch (event.type) {
    case 'ring': {
      const { group, call, media, from } = event;
      return before.phase === 'idle' ? stay({ phase: 'ringing', group, call, media, from, since: now }) : stay(before);
    }
    case 'join':
      return before.phase === 'in' ? stay(before) : join(event, now);
    case 'leave':
      return leave(before, event.why);
    case 'rosters':
      return roster(before, event.rosters, now);
    case 'linked':
      return before.phase === 'in' && isAwaited(before, event.account)
        ? { next: before, effects: [present(before, event.account)] }
        : stay(before);
    case 'word':
      return before.phase === 'in' ? hear(before, event, now) : stay(before);
    case 'gone':
      return before.phase === 'in' ? dismiss(before, event.account) : stay(before);
    case 'tick':
      return tick(before, event.connected, now);
    default:
      return assertNever(event);
  }
}

/** Whom a link is wanted to. */
export function awaited(state: GroupState): readonly AccountId[] {
  return state.phase === 'in' ? [...new Set([...state.people.keys(), ...state.expected])] : [];
}

function join({ group, call, media, act, expected }: Extract<GroupCallEvent, { type: 'join' }>, now: number): GroupStep {
  const next: In = { phase: 'in', group, call, media, since: now, people: new Map(), expected, toldAt: now };
  return { next, effects: [{ type: 'act', group, call, media, act }, ...expected.map((account) => present(next, account))] };
}

function leave(before: GroupState, why: CallOver): GroupStep {
  if (before.phase === 'idle') return stay(before);
  const over: GroupEffect = { type: 'over', call: before, why };
  return { next: NO_GROUP_CALL, effects: before.phase === 'in' ? [...farewell(before), over] : [over] };
}

/** Says everywhere that I am not in it any more. */
function farewell(state: In): readonly GroupEffect[] {
  const { group, call, media } = state;
  const isLast = state.people.size === 0 && state.expected.length === 0;
  return [
    ...awaited(state).map((to): GroupEffect => ({ type: 'tell', to, call, word: { type: 'end', reason: 'hung-up' } })),
    { type: 'act', group, call, media, act: isLast ? 'ended' : 'left' },
  ];
}

function roster(before: GroupState, rosters: readonly CallRoster[], now: number): GroupStep {
  if (before.phase === 'idle') return stay(before);
  const own = rosters.find(({ call }) => call === before.call);
  if (before.phase === 'ringing') return own && own.people.length > 0 ? stay(before) : leave(before, 'missed');
  const [smallest] = rosters
    .filter(({ call, people }) => call < before.call && people.length > 0)
    .toSorted((a, b) => (a.call < b.call ? -1 : 1));
  if (smallest) return moveTo(before, smallest, now);
  const expected = own?.people ?? [];
  const newcomers = expected.filter((account) => !before.expected.includes(account) && !before.people.has(account));
  const next: In = { ...before, expected };
  return { next, effects: newcomers.map((account) => present(next, account)) };
}

/** Of two calls in one group the smaller id remains (V12). */
function moveTo(
  before: In,
  to: { readonly call: CallId; readonly media: CallMedia; readonly people: readonly AccountId[] },
  now: number,
): GroupStep {
  const { next, effects } = join(
    { type: 'join', group: before.group, call: to.call, media: to.media, act: 'joined', expected: to.people },
    now,
  );
  return {
    next: next.phase === 'in' ? { ...next, since: before.since } : next,
    effects: [...farewell(before), ...[...before.people.keys()].map((account): GroupEffect => ({ type: 'dismiss', account })), ...effects],
  };
}

function hear(before: In, { from, call, word }: Extract<GroupCallEvent, { type: 'word' }>, now: number): GroupStep {
  if (call !== before.call) return hearOther(before, { from, call, word }, now);
  if (word.type === 'end') {
    const { next, effects } = dismiss(before, from);
    // They say so themselves, whatever the log has said until now.
    return { next: next.phase === 'in' ? { ...next, expected: next.expected.filter((account) => account !== from) } : next, effects };
  }
  return admit(before, from, now);
}

function hearOther(before: In, { from, call, word }: { from: AccountId; call: CallId; word: CallWordBody }, now: number): GroupStep {
  if (word.type !== 'present') return stay(before);
  if (call < before.call) {
    const moved = moveTo(before, { call, media: before.media, people: [from] }, now);
    const admitted = moved.next.phase === 'in' ? admit(moved.next, from, now) : moved;
    return { next: admitted.next, effects: [...moved.effects, ...admitted.effects] };
  }
  return { next: before, effects: [present(before, from)] };
}

function admit(before: In, account: AccountId, now: number): GroupStep {
  const isNew = !before.people.has(account);
  if (isNew && before.people.size + 1 >= MAX_IN_CALL) return stay(before);
  const next: In = { ...before, people: new Map(before.people).set(account, now) };
  // So that they have me too, should my word before have been lost.
  return { next, effects: isNew ? [{ type: 'admit', account }, present(next, account)] : [] };
}

function dismiss(before: In, account: AccountId): GroupStep {
  if (!before.people.has(account)) return stay(before);
  const people = new Map(before.people);
  people.delete(account);
  return { next: { ...before, people }, effects: [{ type: 'dismiss', account }] };
}

function tick(before: GroupState, connected: ReadonlySet<AccountId>, now: number): GroupStep {
  if (before.phase === 'idle') return stay(before);
  if (before.phase === 'ringing') return now - before.since >= GROUP_RING_MS ? leave(before, 'missed') : stay(before);
  const people = new Map([...before.people].map(([account, heardAt]) => [account, connected.has(account) ? now : heardAt]));
  const silent = [...people].filter(([, heardAt]) => now - heardAt >= SILENCE_MS).map(([account]) => account);
  for (const account of silent) people.delete(account);
  const isDue = now - before.toldAt >= REPEAT_MS;
  const next: In = { ...before, people, toldAt: isDue ? now : before.toldAt };
  const effects: GroupEffect[] = silent.map((account) => ({ type: 'dismiss', account }));
  return { next, effects: isDue ? [...effects, ...awaited(next).map((account) => present(next, account))] : effects };
}

function isAwaited(state: In, account: AccountId): boolean {
  return state.people.has(account) || state.expected.includes(account);
}

function present({ group, call, since }: In, to: AccountId): GroupEffect {
  return { type: 'tell', to, call, word: { type: 'present', group: bytesOf(group), since } };
}

function stay(state: GroupState | Called): GroupStep {
  return { next: state, effects: [] };
}
