/**
 * Whether the timeline follows the talk. It follows until somebody scrolls up; sizes that change under way must not
 * look like that, so only a gesture, or a jump no layout explains, ends it.
 */
export type Following =
  | 'following'
  /** A gesture upwards was made, and the view has hardly moved yet. */
  | 'leaving'
  | 'away';

/** Within this many pixels of the end counts as the end: a line of text. */
const NEAR_END_PX = 24;

interface Scrolled {
  /** Pixels between the view and the end. */
  readonly left: number;
  readonly viewport: number;
  readonly isDownwards: boolean;
}

export function afterScroll(following: Following, { left, viewport, isDownwards }: Scrolled): Following {
  switch (following) {
    case 'following':
      // Found in the page: half a screen upwards is more than late measuring ever moves.
      return left > viewport / 2 && !isDownwards ? 'away' : 'following';
    case 'leaving':
      if (left > NEAR_END_PX) return 'away';
      return left <= 1 && isDownwards ? 'following' : 'leaving';
    case 'away':
      return left <= NEAR_END_PX ? 'following' : 'away';
  }
}

export function afterGestureUp(following: Following): Following {
  return following === 'following' ? 'leaving' : following;
}
