/** Where a finger that holds the microphone button has slid to, and so what letting go will do. */
export type Slide = 'stay' | 'cancel' | 'lock';

/** Far enough to be meant, near enough for a thumb; CSS pixels. */
const CANCEL_PX = 88;
const LOCK_PX = 64;

/** `right`, `down`: pixels from where it was pressed. Of a slide both ways the longer one counts. */
export function slideOf(right: number, down: number): Slide {
  const left = -right / CANCEL_PX;
  const up = -down / LOCK_PX;
  if (left < 1 && up < 1) return 'stay';
  return left >= up ? 'cancel' : 'lock';
}
