/**
 * A call between two, from the first ring to its end (PROTOCOL.md V3–V5, V8). Pure: what happens goes in, where it stands and what
 * to tell comes out. Any word may be lost, come late or cross another; everything that matters is told again until it is answered.
 */
import { assertNever } from '../lib/assert.ts';
import type { CallEnd, CallMedia, CallWordBody } from '../protocol/call-word.ts';
import type { AccountId, CallId } from '../protocol/ids.ts';
import type { CallOver } from './call-view.ts';

/** Told again so often: soon enough for a person, and nothing for the line. Milliseconds, as all here. */
export const REPEAT_MS = 3_000;
/** How long it rings before the caller gives up. */
export const RING_MS = 45_000;
/** Without a word and without anything over the media link they are gone; as long as a change of networks takes, and more. */
export const SILENCE_MS = 30_000;
/** Calls that are over and may still be spoken of by somebody who does not know. */
const MAX_REMEMBERED = 32;

export type PairState =
  | { readonly phase: 'idle' }
  /** I ring them. `reached`: it rings there. */
  | (Ringing & { readonly phase: 'calling'; readonly reached: boolean; readonly toldAt: number })
  /** They ring me. */
  | (Ringing & { readonly phase: 'ringing'; readonly heardAt: number })
  | (Ringing & {
      readonly phase: 'in';
      /** Whether I was the one who rang, in the call that remained. */
      readonly isCaller: boolean;
      readonly answered: number;
      /** They know that I am in it. */
      readonly confirmed: boolean;
      readonly heardAt: number;
      readonly toldAt: number;
    });

interface Ringing {
  readonly call: CallId;
  readonly peer: AccountId;
  readonly media: CallMedia;
  /** When it began to ring, on this side. */
  readonly began: number;
}

export interface PairCall {
  readonly state: PairState;
  /** How calls ended that are over, newest last. */
  readonly ended: readonly { readonly call: CallId; readonly reason: CallEnd }[];
}

export const NO_CALL: PairCall = { state: { phase: 'idle' }, ended: [] };

export type PairEvent =
  | { readonly type: 'start'; readonly call: CallId; readonly peer: AccountId; readonly media: CallMedia }
  | { readonly type: 'answer'; readonly media: CallMedia }
  /** Give up, decline or hang up, whichever it is. */
  | { readonly type: 'leave' }
  /** The proven link to them is there (again). */
  | { readonly type: 'linked'; readonly account: AccountId }
  | { readonly type: 'word'; readonly from: AccountId; readonly call: CallId; readonly word: CallWordBody }
  /** At least once a second. `connected`: something comes over the media link. */
  | { readonly type: 'tick'; readonly connected: boolean };

export type PairEffect =
  | { readonly type: 'tell'; readonly to: AccountId; readonly call: CallId; readonly word: CallWordBody }
  /** `call`: as it stood when it ended. */
  | { readonly type: 'over'; readonly call: Exclude<PairState, { phase: 'idle' }>; readonly why: CallOver };

export interface PairStep {
  readonly next: PairCall;
  readonly effects: readonly PairEffect[];
}

type Calling = Extract<PairState, { phase: 'calling' }>;
type Called = Extract<PairState, { phase: 'ringing' }>;
type In = Extract<PairState, { phase: 'in' }>;
type Live = Calling | Called | In;

/** `now`: milliseconds of a clock that only goes forward, or nearly. */
export function advancePair(before: PairCall, event: PairEvent, now: number): PairStep {
  const { state } = before;
  switch (event.type) {
    case 'start':
      return start(before, event, now);
    case 'answer':
      return state.phase === 'ringing' ? enter(before, state, { now, isCaller: false }, accept(state, event.media)) : stay(before);
    case 'leave':
      return state.phase === 'idle' ? stay(before) : leave(before, state);
    case 'linked':
      return state.phase !== 'idle' && state.peer === event.account ? tellAgain(before, state, now) : stay(before);
    case 'word':
      return hear(before, event, now);
    case 'tick':
      return state.phase === 'idle' ? stay(before) : tick(before, state, { now, connected: event.connected });
    default:
      return assertNever(event);
  }
}

function start(before: PairCall, { call, peer, media }: Extract<PairEvent, { type: 'start' }>, now: number): PairStep {
  if (before.state.phase !== 'idle') return stay(before);
  const state: Calling = { phase: 'calling', call, peer, media, began: now, reached: false, toldAt: now };
  return move(before, state, [tell(state, { type: 'ring', media })]);
}

// ————— words —————

function hear(before: PairCall, event: Extract<PairEvent, { type: 'word' }>, now: number): PairStep {
  const { state } = before;
  const { from, call, word } = event;
  if (state.phase !== 'idle' && state.peer === from && state.call === call) return hearOf(before, state, word, now);
  if (word.type === 'end') return { next: remember(before, call, word.reason), effects: [] };
  const known = before.ended.find((each) => each.call === call);
  if (known) return { next: before, effects: [{ type: 'tell', to: from, call, word: { type: 'end', reason: known.reason } }] };
  if (word.type !== 'ring') return { next: before, effects: [{ type: 'tell', to: from, call, word: { type: 'end', reason: 'failed' } }] };
  return hearRing(before, { from, call, media: word.media }, now);
}

/** A call that is new to us. */
function hearRing(before: PairCall, ring: { from: AccountId; call: CallId; media: CallMedia }, now: number): PairStep {
  const { state } = before;
  const { from, call, media } = ring;
  const called: Called = { phase: 'ringing', call, peer: from, media, began: now, heardAt: now };
  if (state.phase === 'idle') return move(before, called, [tell(called, { type: 'ringing' })]);
  if (state.peer !== from) return { next: before, effects: [{ type: 'tell', to: from, call, word: { type: 'end', reason: 'busy' } }] };
  switch (state.phase) {
    case 'calling':
      // Both rang (V5). With the larger id they accept ours as soon as they hear of it.
      return call < state.call
        ? enter(remember(before, state.call, 'cancelled'), called, { now, isCaller: false }, accept(called, state.media))
        : stay(before);
    case 'ringing':
      // They gave up and ring again, and the word of the first end was lost.
      return move(remember(before, state.call, 'cancelled'), { ...called, began: state.began }, [tell(called, { type: 'ringing' })]);
    case 'in':
      // Either an old word from before we were both in; or they have lost this call, and say so when they hear of it. Then their next ring rings.
      return { next: before, effects: [tell(state, { type: 'accept', media: state.media })] };
    default:
      return assertNever(state);
  }
}

function hearOf(before: PairCall, state: Live, word: CallWordBody, now: number): PairStep {
  if (word.type === 'end') return over(before, state, whyOf(state, word.reason), word.reason);
  switch (state.phase) {
    case 'calling':
      if (word.type === 'ring') return stay(before);
      if (word.type === 'ringing') return { next: { ...before, state: { ...state, reached: true } }, effects: [] };
      // Whatever else they say of it, they have answered.
      return enter(before, state, { now, isCaller: true }, []);
    case 'ringing':
      return {
        next: { ...before, state: { ...state, heardAt: now } },
        effects: word.type === 'ring' ? [tell(state, { type: 'ringing' })] : [],
      };
    case 'in':
      return hearIn(before, state, word, now);
    default:
      return assertNever(state);
  }
}

function hearIn(before: PairCall, state: In, word: CallWordBody, now: number): PairStep {
  // An old `ringing` says nothing of whether they know that we are in; a `ring` says they do not.
  const heard: In = {
    ...state,
    heardAt: now,
    confirmed: word.type === 'ring' ? state.confirmed : state.confirmed || word.type !== 'ringing',
  };
  const answer = word.type === 'ring' ? [tell(state, { type: 'accept', media: state.media })] : [];
  return { next: { ...before, state: heard }, effects: answer };
}

// ————— time —————

function tick(before: PairCall, state: Live, { now, connected }: { readonly now: number; readonly connected: boolean }): PairStep {
  switch (state.phase) {
    case 'calling':
      if (now - state.began >= RING_MS) return end(before, state, state.reached ? 'no-answer' : 'unreachable', 'no-answer');
      break;
    case 'ringing':
      if (now - state.heardAt >= SILENCE_MS || now - state.began >= RING_MS + REPEAT_MS) return end(before, state, 'missed', 'no-answer');
      return stay(before);
    case 'in':
      if (now - state.heardAt >= SILENCE_MS && !connected) return end(before, state, 'lost', 'failed');
      if (connected) return repeat(before, { ...state, heardAt: now }, now);
      break;
    default:
      return assertNever(state);
  }
  return repeat(before, state, now);
}

function repeat(before: PairCall, state: Calling | In, now: number): PairStep {
  return now - state.toldAt >= REPEAT_MS ? tellAgain(before, state, now) : { next: { ...before, state }, effects: [] };
}

/** What they have to know of where I stand, unless they do. */
function tellAgain(before: PairCall, state: Live, now: number): PairStep {
  if (state.phase === 'calling') return move(before, { ...state, toldAt: now }, [tell(state, { type: 'ring', media: state.media })]);
  if (state.phase === 'ringing') return { next: before, effects: [tell(state, { type: 'ringing' })] };
  const effects = state.confirmed ? [] : [tell(state, { type: 'accept', media: state.media })];
  return move(before, { ...state, toldAt: now }, effects);
}

// ————— moves —————

function stay(before: PairCall): PairStep {
  return { next: before, effects: [] };
}

function move(before: PairCall, state: PairState, effects: readonly PairEffect[]): PairStep {
  return { next: { ...before, state }, effects };
}

function enter(
  before: PairCall,
  { call, peer, media, began }: Ringing,
  { now, isCaller }: { readonly now: number; readonly isCaller: boolean },
  effects: readonly PairEffect[],
): PairStep {
  return move(
    before,
    { phase: 'in', call, peer, media, began, isCaller, answered: now, confirmed: isCaller, heardAt: now, toldAt: now },
    effects,
  );
}

function leave(before: PairCall, state: Live): PairStep {
  switch (state.phase) {
    case 'calling':
      return end(before, state, 'by-me', 'cancelled');
    case 'ringing':
      return end(before, state, 'by-me', 'declined');
    case 'in':
      return end(before, state, 'by-me', 'hung-up');
    default:
      return assertNever(state);
  }
}

/** Ends it here, and says so. */
function end(before: PairCall, state: Live, why: CallOver, reason: CallEnd): PairStep {
  const { next, effects } = over(before, state, why, reason);
  return { next, effects: [tell(state, { type: 'end', reason }), ...effects] };
}

function over(before: PairCall, state: Live, why: CallOver, reason: CallEnd): PairStep {
  const next = remember({ ...before, state: { phase: 'idle' } }, state.call, reason);
  return { next, effects: [{ type: 'over', call: state, why }] };
}

function remember(before: PairCall, call: CallId, reason: CallEnd): PairCall {
  if (before.ended.some((each) => each.call === call)) return before;
  return { ...before, ended: [...before.ended, { call, reason }].slice(-MAX_REMEMBERED) };
}

function whyOf(state: Live, reason: CallEnd): CallOver {
  switch (state.phase) {
    case 'calling':
      if (reason === 'declined' || reason === 'busy' || reason === 'no-answer') return reason;
      return reason === 'hung-up' ? 'by-them' : 'unreachable';
    case 'ringing':
      return 'missed';
    case 'in':
      return reason === 'failed' ? 'lost' : 'by-them';
    default:
      return assertNever(state);
  }
}

function accept(state: Ringing, media: CallMedia): readonly PairEffect[] {
  return [tell(state, { type: 'accept', media })];
}

function tell({ peer, call }: Pick<Ringing, 'peer' | 'call'>, word: CallWordBody): PairEffect {
  return { type: 'tell', to: peer, call, word };
}
