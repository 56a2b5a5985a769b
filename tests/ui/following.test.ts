import { describe, expect, it } from 'vitest';
import { afterGestureUp, afterScroll } from '../../src/ui/chat/following.ts';

const up = (left: number) => ({ left, viewport: 600, isDownwards: false });
const down = (left: number) => ({ left, viewport: 600, isDownwards: true });

describe('the timeline', () => {
  it('keeps following while late measuring moves it', () => {
    expect(afterScroll('following', up(90))).toBe('following');
  });

  it('stops following at the first pixel of a scroll up', () => {
    const leaving = afterGestureUp('following');
    expect(leaving).not.toBe('following');
    expect(afterScroll(leaving, up(3))).not.toBe('following');
    expect(afterScroll(leaving, up(60))).toBe('away');
  });

  it('keeps following on its way down a talk that has just been opened', () => {
    expect(afterScroll('following', down(2000))).toBe('following');
  });

  it('stops following when the browser jumps to something it found', () => {
    expect(afterScroll('following', up(301))).toBe('away');
  });

  it('follows again near the end', () => {
    expect(afterScroll('away', down(200))).toBe('away');
    expect(afterScroll('away', down(20))).toBe('following');
  });

  it('follows again when somebody set out and came straight back', () => {
    expect(afterScroll('leaving', down(0))).toBe('following');
  });
});
