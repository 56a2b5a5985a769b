import { describe, expect, it } from 'vitest';
import { dayKey, makeFormat } from '../../src/i18n/format.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Wednesday noon, wherever this runs. */
const NOW = new Date(2026, 2, 4, 12).getTime();

describe('format', () => {
  const english = makeFormat('en');
  const chinese = makeFormat('zh-CN');

  it('writes the time of today, then names the day, then the date', () => {
    const ages = [0, 1, 3, 40, 400].map((days) => english.brief(NOW - days * DAY, NOW));
    expect(ages).toEqual(['12:00', 'Yesterday', 'Sun', 'Jan 23', '1/28/25']);
    expect([0, 1, 3].map((days) => chinese.brief(NOW - days * DAY, NOW))).toEqual(['12:00', '昨天', '周日']);
  });

  it('separates days by their names', () => {
    const names = [0, 1, 3, 40, 400].map((days) => english.day(NOW - days * DAY, NOW));
    expect(names).toEqual(['Today', 'Yesterday', 'Sunday', 'Friday, January 23', 'January 28, 2025']);
    expect(chinese.day(NOW - 40 * DAY, NOW)).toBe('1月23日星期五');
  });

  it('calls the minutes before midnight yesterday', () => {
    const justAfterMidnight = new Date(2026, 2, 4, 0, 1).getTime();
    expect(english.brief(justAfterMidnight - 2 * MINUTE, justAfterMidnight)).toBe('Yesterday');
  });

  it('does not call tomorrow a weekday of last week, when another clock is ahead', () => {
    expect(english.brief(NOW + DAY, NOW)).toBe('Mar 5');
  });

  it('writes midnight as 00', () => {
    expect(english.time(new Date(2026, 2, 4, 0, 5).getTime())).toBe('00:05');
  });

  it('counts down in minutes and seconds, and in hours where there are any', () => {
    expect([0, 900, 65_000, HOUR + 61_000].map((left) => english.countdown(left))).toEqual(['0:00', '0:01', '1:05', '1:01:01']);
  });

  it('calls nothing whole before it is', () => {
    expect([0, 0.426, 0.999, 1].map((part) => english.percent(part))).toEqual(['0%', '42%', '99%', '100%']);
  });

  it('names the day of a deadline only when it is not today', () => {
    expect([HOUR, 2 * DAY].map((left) => english.deadline(NOW + left, NOW))).toEqual(['13:00', 'March 6 at 12:00']);
    expect(chinese.deadline(NOW + 2 * DAY, NOW)).toBe('3月6日 12:00');
  });

  it('says how long something lasts in its largest unit', () => {
    const spans = [7 * DAY, 5 * HOUR, 20 * MINUTE, 10_000].map((span) => english.until(NOW + span, NOW));
    expect(spans).toEqual(['in 7 days', 'in 5 hours', 'in 20 minutes', 'in 1 minute']);
    expect(chinese.until(NOW + 7 * DAY, NOW)).toBe('7天后');
  });

  it('tells a wait in steps that are not too many to be read aloud', () => {
    const waits = [1, 10_000, 10_001, 60_000, 61_000, 3_600_000, 3_600_001].map((wait) => english.duration(wait));
    expect(waits).toEqual(['10 seconds', '10 seconds', '20 seconds', '60 seconds', '2 minutes', '60 minutes', '2 hours']);
    expect(chinese.duration(61_000)).toBe('2分钟');
  });

  it('tells how fast bytes come, how long a recording is and which month it was', () => {
    expect([english.speed(4_120_000), english.speed(900)]).toEqual(['4.12 MB/s', '900 byte/s']);
    expect([0, 12_900, 65_000, 3_605_000].map((length) => english.clock(length))).toEqual(['0:00', '0:12', '1:05', '1:00:05']);
    expect([english.month(Date.UTC(2026, 2, 15)), chinese.month(Date.UTC(2026, 2, 15))]).toEqual(['March 2026', '2026年3月']);
  });

  it('tells sizes by thousands, and never a thousand of one unit', () => {
    const sizes = [0, 980, 999.6, 1_400, 999_499, 999_600, 23e9, 5e15].map((bytes) => english.size(bytes));
    expect(sizes).toEqual(['0 bytes', '980 bytes', '1 kB', '1.4 kB', '999 kB', '1 MB', '23 GB', '5,000 TB']);
    expect(chinese.size(980)).toBe('980字节');
  });
});

describe('dayKey', () => {
  it('is the same from the first to the last minute of a day, and no longer', () => {
    const first = new Date(2026, 2, 4, 0, 0).getTime();
    const last = new Date(2026, 2, 4, 23, 59).getTime();
    expect(dayKey(last)).toBe(dayKey(first));
    expect(dayKey(last + MINUTE)).not.toBe(dayKey(first));
  });
});
