/** What is said of a call between two once it is over: by its caller, in the timeline of both. Pure. */
import { bytesOf } from '../protocol/ids.ts';
import type { CallOutcome } from '../protocol/call-word.ts';
import type { CallOver } from './call-view.ts';
import type { PairState } from './pair-call.ts';
import type { FinishedCall, OngoingCall } from './ports.ts';

type Live = Exclude<PairState, { phase: 'idle' }>;
type OngoingPair = Extract<OngoingCall, { kind: 'two' }>;

/** Undefined when it is for the other side to say. */
export function finishedAs(call: Live, why: CallOver, now: number): FinishedCall | undefined {
  if (call.phase === 'ringing' || (call.phase === 'in' && !call.isCaller)) return undefined;
  const answered = call.phase === 'in' ? call.answered : undefined;
  return {
    call: bytesOf(call.call),
    media: call.media,
    outcome: answered === undefined ? outcomeOf(why) : 'answered',
    began: call.began,
    duration: answered === undefined ? 0 : Math.max(0, now - answered),
  };
}

/** Of a call that the end of the page cut off, as far as is known. */
export function cutOff(call: OngoingPair): FinishedCall {
  const { media, began, answered, alive, rang } = call;
  const outcome = answered !== undefined ? 'answered' : rang ? 'cancelled' : 'unreachable';
  return { call: bytesOf(call.call), media, outcome, began, duration: answered === undefined ? 0 : Math.max(0, alive - answered) };
}

/** What has to be known of it should the page end now; undefined when it is for the other side to say. */
export function ongoingOf(call: PairState, now: number): OngoingPair | undefined {
  if (call.phase === 'idle' || call.phase === 'ringing' || (call.phase === 'in' && !call.isCaller)) return undefined;
  const { call: id, peer, media, began } = call;
  const answered = call.phase === 'in' ? call.answered : undefined;
  const rang = call.phase === 'in' || call.reached;
  return { kind: 'two', call: id, contact: peer, media, began, answered, alive: now, rang };
}

function outcomeOf(why: CallOver): CallOutcome {
  switch (why) {
    case 'declined':
    case 'busy':
    case 'unreachable':
      return why;
    case 'no-answer':
      return 'missed';
    case 'by-me':
      return 'cancelled';
    default:
      return 'unreachable';
  }
}
