/** Dates, times and counts as each language writes them. Milliseconds since 1970 in, text out. */
import type { LanguageTag } from './languages.ts';

const SECOND = 1_000;
const TEN_SECONDS = 10 * SECOND;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Format {
  /** 14:03 */
  time(at: number): string;
  /** Tuesday, 4 March 2026, at 14:03 */
  moment(at: number): string;
  /** 4 March 2026 */
  date(at: number): string;
  /** Today, yesterday, a weekday within the last week, else the date: what a day separator says. */
  day(at: number, now: number): string;
  /** As short as a list row needs: the time today, then yesterday, a weekday, a date. */
  brief(at: number, now: number): string;
  /** 14:03 while it is today, else the day as well: 4 March, 14:03. What a deadline needs. */
  deadline(at: number, now: number): string;
  /** How long until `at`, in its largest unit: "in 7 days". */
  until(at: number, now: number): string;
  /** A length of time in its largest unit, rounded up; under a minute in steps of ten seconds, so that it is not read aloud every second. */
  duration(milliseconds: number): string;
  /** For the eye alone, told every second: 1:05, or 1:00:05. */
  countdown(milliseconds: number): string;
  /** A part of a whole, 0 to 1: 42% */
  percent(part: number): string;
  count(value: number): string;
  /** Bytes in the unit that suits them, by thousands as file managers count: 980 bytes, 1.4 MB, 23 GB. */
  size(bytes: number): string;
  /** 4.1 MB/s */
  speed(bytesPerSecond: number): string;
  /** How long a recording is, or how far it has been played: 0:12, or 1:00:05. */
  clock(milliseconds: number): string;
  /** March 2026 */
  month(at: number): string;
}

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Makes the formatters once: building an Intl object costs more than using it. */
export function makeFormat(language: LanguageTag): Format {
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short', hourCycle: 'h23' });
  const longWeekday = new Intl.DateTimeFormat(language, { weekday: 'long' });
  const shortWeekday = new Intl.DateTimeFormat(language, { weekday: 'short' });
  const dayOfYear = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' });
  const fullDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric' });
  const shortDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
  const shortDate = new Intl.DateTimeFormat(language, { dateStyle: 'short' });
  const dayAndTime = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const month = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: 'percent' });

  const sizes = SIZE_UNITS.map((name) => amountOf(name, language));
  const speeds = SIZE_UNITS.map((name) => amountOf(`${name}-per-second`, language));

  const unit = (value: number, name: 'hour' | 'minute' | 'second'): string =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'long' }).format(value);

  return {
    time: (at) => time.format(at),
    moment: (at) => moment.format(at),
    date: (at) => fullDay.format(at),
    day(at, now) {
      const age = calendarDays(at, now);
      if (age === 0 || age === 1) return capitalize(relative.format(-age, 'day'), language);
      if (age > 1 && age < 7) return longWeekday.format(at);
      return sameYear(at, now) ? dayOfYear.format(at) : fullDay.format(at);
    },
    brief(at, now) {
      const age = calendarDays(at, now);
      if (age === 0) return time.format(at);
      if (age === 1) return capitalize(relative.format(-1, 'day'), language);
      if (age > 1 && age < 7) return shortWeekday.format(at);
      return sameYear(at, now) ? shortDay.format(at) : shortDate.format(at);
    },
    deadline: (at, now) => (dayKey(at) === dayKey(now) ? time : dayAndTime).format(at),
    until(at, now) {
      const left = Math.max(at - now, 0);
      if (left >= DAY) return relative.format(Math.round(left / DAY), 'day');
      if (left >= HOUR) return relative.format(Math.round(left / HOUR), 'hour');
      return relative.format(Math.ceil(left / MINUTE), 'minute');
    },
    duration(length) {
      if (length > HOUR) return unit(Math.ceil(length / HOUR), 'hour');
      if (length > MINUTE) return unit(Math.ceil(length / MINUTE), 'minute');
      return unit(Math.ceil(length / TEN_SECONDS) * 10, 'second');
    },
    countdown: (length) => colons(Math.ceil(length / SECOND)),
    // Rounded down: a whole is only what is done.
    percent: (part) => percent.format(Math.floor(part * 100) / 100),
    count: (value) => number.format(value),
    size: (bytes) => amount(bytes, sizes),
    speed: (bytes) => amount(bytes, speeds),
    clock: (length) => colons(Math.floor(length / SECOND)),
    month: (at) => month.format(at),
  };
}

function amountOf(unit: string, language: LanguageTag): Intl.NumberFormat {
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumSignificantDigits: 3,
  });
}

function amount(bytes: number, units: readonly Intl.NumberFormat[]): string {
  // Of what rounds to a thousand, the next unit has one.
  const step = units.findIndex((_, at) => bytes < 999.5 * 1_000 ** at);
  const at = step < 0 ? units.length - 1 : step;
  return units[at]?.format(bytes / 1_000 ** at) ?? '';
}

/** 1:05, or 1:00:05. */
function colons(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** A day as the calendar counts it where this device is: equal for two moments of one day. */
export function dayKey(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

function calendarDays(at: number, now: number): number {
  const from = new Date(at);
  const to = new Date(now);
  // By UTC noon of the local dates: a day with a clock change in it still counts as one.
  const noon = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate(), 12);
  return Math.round((noon(to) - noon(from)) / DAY);
}

function sameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

function capitalize(text: string, language: LanguageTag): string {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
