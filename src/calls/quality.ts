/** How good a connection is, in three words and with the reason. Pure. */
import type { Quality } from './call-view.ts';
import type { LinkWindow } from './link-window.ts';

/** Loss as Jitsi Meet publishes it: good below 6 %, fair to 8 %, poor above. */
const LOSS = { fair: 0.06, poor: 0.08 };
/** There and back, milliseconds: ITU-T G.114 has 150 one way as good for nearly all talk, and 400 as the limit. */
const ROUND_TRIP = { fair: 300, poor: 800 };
/** Of sound: from 1 % on it is heard, from 5 % on it is hard to follow. */
const CONCEALED = { fair: 0.01, poor: 0.05 };
/** Of pictures that came and were not shown in time. */
const DROPPED = { fair: 0.2, poor: 0.5 };

type Grade = Quality['grade'];
type Limits = { readonly fair: number; readonly poor: number };

const RANK: Readonly<Record<Grade, number>> = { good: 0, fair: 1, poor: 2 };

/** `window`: of the last few seconds, so that one late packet is no verdict. */
export function qualityOf(window: LinkWindow): Quality {
  const loss = Math.max(window.lossIn, window.lossOut);
  const missing = grade(window.concealed, CONCEALED);
  // Sound that is missing although the line lost next to nothing was lost on this machine.
  const isLocal = loss < LOSS.fair / 2;
  const verdicts: readonly { readonly grade: Grade; readonly reason: NonNullable<Quality['reason']> }[] = [
    { grade: grade(loss, LOSS), reason: 'loss' },
    { grade: missing, reason: isLocal ? 'cpu' : 'loss' },
    { grade: grade(window.roundTrip ?? 0, ROUND_TRIP), reason: 'round-trip' },
    { grade: grade(window.dropped, DROPPED), reason: 'cpu' },
  ];
  const worst = verdicts.reduce((best, each) => (RANK[each.grade] > RANK[best.grade] ? each : best));
  return {
    grade: worst.grade,
    reason: worst.grade === 'good' ? undefined : worst.reason,
    route: window.relayed === undefined ? undefined : window.relayed ? 'relayed' : 'direct',
    loss,
    roundTrip: window.roundTrip,
    concealed: window.concealed,
  };
}

function grade(value: number, limits: Limits): Grade {
  if (value > limits.poor) return 'poor';
  return value >= limits.fair ? 'fair' : 'good';
}
