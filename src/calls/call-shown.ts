/** How a call looks to the screens: of what the machines and the live call say, one view. Pure. */
import { assertNever } from '../lib/assert.ts';
import type { CallOver, CallWith, CurrentCall, InCall, OwnMedia } from './call-view.ts';
import type { GroupState } from './group-call.ts';
import type { PairState } from './pair-call.ts';
import type { CallPeople } from './ports.ts';

export type OverView = Extract<CurrentCall, { phase: 'over' }>;
/** A call of either kind that there is. */
export type GoingCall = Exclude<PairState | GroupState, { phase: 'idle' }>;

/** What of it is not in the machine. */
export interface Surroundings {
  readonly people: Pick<CallPeople, 'isQuiet'>;
  readonly live: () => InCall | undefined;
  readonly own: () => OwnMedia;
}

/** Undefined when there is none. */
export function showPair(state: PairState, { people, live, own }: Surroundings): CurrentCall | undefined {
  if (state.phase === 'idle') return undefined;
  const base = { call: state.call, with: withWhom(state), media: state.media };
  switch (state.phase) {
    case 'calling':
      return { ...base, phase: 'calling', since: state.began, reached: state.reached, own: own() };
    case 'ringing': {
      const quiet = people.isQuiet({ contact: state.peer });
      return { ...base, phase: 'ringing', since: state.began, from: state.peer, quiet };
    }
    case 'in': {
      const inside = live();
      return inside && { ...base, ...inside };
    }
    default:
      return assertNever(state);
  }
}

/** Undefined when there is none. */
export function showGroup(state: GroupState, { people, live }: Surroundings): CurrentCall | undefined {
  if (state.phase === 'idle') return undefined;
  const base = { call: state.call, with: withWhom(state), media: state.media };
  if (state.phase === 'ringing')
    return { ...base, phase: 'ringing', since: state.since, from: state.from, quiet: people.isQuiet({ group: state.group }) };
  const inside = live();
  return inside && { ...base, ...inside };
}

/** Undefined when there is nothing to say to the person: they declined it themselves. */
export function showOver(call: GoingCall, why: CallOver, now: number): OverView | undefined {
  if (call.phase === 'ringing' && why === 'by-me') return undefined;
  const since = sinceWhen(call);
  const duration = since === undefined ? 0 : Math.max(0, now - since);
  return { phase: 'over', call: call.call, with: withWhom(call), media: call.media, why, duration };
}

export function withWhom(call: GoingCall): CallWith {
  return 'group' in call ? { kind: 'group', group: call.group } : { kind: 'contact', contact: call.peer };
}

/** When talking began; undefined when nobody did. */
function sinceWhen(call: GoingCall): number | undefined {
  if (call.phase !== 'in') return undefined;
  return 'group' in call ? call.since : call.answered;
}
