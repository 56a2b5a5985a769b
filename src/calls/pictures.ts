/** How much of my pictures goes to each, and whose I want to see: from the rung of the ladder and from wishes. Pure. */
import type { VideoWish } from '../protocol/call-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import { MAX_SPEAKERS_SEEN, rungAt, SPEAKERS_RUNG, VOICE_RUNG } from './ladder.ts';
import type { PictureSize, SendLimit } from './ports.ts';

/** As one picture of many. */
const SMALL = { height: 240, framesPerSecond: 15, bitrate: 180_000 };

/** Of a screen, by rung: text is to be read, so it loses frames before it loses lines. */
const SCREENS: readonly SendLimit[] = [
  { bitrate: 2_000_000, framesPerSecond: 15, scale: 1 },
  { bitrate: 1_200_000, framesPerSecond: 15, scale: 1 },
  { bitrate: 800_000, framesPerSecond: 10, scale: 1 },
  { bitrate: 500_000, framesPerSecond: 8, scale: 1.5 },
  { bitrate: 300_000, framesPerSecond: 5, scale: 1.5 },
  'nothing',
];

export interface CameraCase {
  readonly rung: number;
  readonly wish: VideoWish;
  /** How the picture is taken. */
  readonly captured: PictureSize;
  /** Whether I may be seen where only who talks is: by the number of people it is for the others to choose. */
  readonly mayBeSeen: boolean;
}

/** What of my camera goes to somebody. */
export function cameraLimit({ rung, wish, captured, mayBeSeen }: CameraCase): SendLimit {
  if (wish === 'none' || rung >= VOICE_RUNG || (rung === SPEAKERS_RUNG && !mayBeSeen)) return 'nothing';
  const { size, bitrate } = rungAt(rung);
  const most = wish === 'small' ? SMALL : { ...size, bitrate };
  return {
    bitrate: Math.min(bitrate, most.bitrate),
    framesPerSecond: Math.min(size.framesPerSecond, most.framesPerSecond),
    scale: Math.max(1, captured.height / Math.min(size.height, most.height)),
  };
}

/** What of my screen goes to somebody. */
export function screenLimit(rung: number, wish: VideoWish): SendLimit {
  const limit = SCREENS[Math.min(rung, VOICE_RUNG)] ?? 'nothing';
  if (wish === 'none' || limit === 'nothing') return 'nothing';
  return wish === 'full' ? limit : { bitrate: limit.bitrate / 2, framesPerSecond: limit.framesPerSecond, scale: limit.scale * 2 };
}

export interface SightCase {
  readonly rung: number;
  /** What is on screen, by the person's choice; empty: everybody alike. */
  readonly shown: ReadonlyMap<AccountId, VideoWish>;
  /** Who talks or talked, the latest first. */
  readonly speakers: readonly AccountId[];
}

/** How I want to see somebody's camera. */
export function wishFor(account: AccountId, { rung, shown, speakers }: SightCase): VideoWish {
  const wish = shown.get(account) ?? (shown.size === 0 ? 'full' : 'small');
  if (rung >= VOICE_RUNG) return 'none';
  if (rung < SPEAKERS_RUNG) return wish;
  const large = [...shown].filter(([, each]) => each === 'full').map(([each]) => each);
  // Where several are large nobody was chosen: whoever talks comes first.
  const inTurn = large.length > 1 ? [...speakers, ...large] : [...large, ...speakers];
  const seen = [...new Set(inTurn)].slice(0, MAX_SPEAKERS_SEEN);
  return seen.includes(account) ? wish : 'none';
}
