/** What is said of a file's way here, in one line. */
import type { Words } from '../../i18n/en.ts';
import type { Format } from '../../i18n/format.ts';
import { assertNever } from '../../lib/assert.ts';
import type { FileState, FileTaker, Speed } from './contract.ts';

interface Telling {
  readonly words: Words['files'];
  readonly format: Format;
  /** Of whom it is waited for, where there is only one; undefined in a group. */
  readonly giver: string | undefined;
}

const BETWEEN = ' · ';
/** Milliseconds in a second: what remains is told in seconds, lengths of time in milliseconds. */
const SECOND_MS = 1_000;

export function stateSentence({ size, here, phase }: FileState, { words, format, giver }: Telling): string {
  const whole = format.size(size);
  const part = here > 0 ? words.state.partOf(format.size(here), whole) : whole;
  switch (phase.kind) {
    case 'offered':
      return [whole, words.state.offered].join(BETWEEN);
    case 'waiting':
      return [part, giver === undefined ? words.state.waiting : words.state.waitingFor(giver)].join(BETWEEN);
    case 'arriving':
      return [part, speedSentence(phase.speed, { words, format })].join(BETWEEN);
    case 'paused':
      return [part, words.state.paused].join(BETWEEN);
    case 'stopped':
      return phase.why === 'disk-full' ? words.state.diskFull(format.size(phase.needed)) : words.state[phase.why];
    case 'removed':
      return [whole, words.state.removed].join(BETWEEN);
    case 'complete':
      return whole;
    default:
      return assertNever(phase);
  }
}

/** "4.1 MB/s · 3 minutes left"; without the second where it cannot be said yet. */
export function speedSentence({ bytesPerSecond, remaining }: Speed, { words, format }: Pick<Telling, 'words' | 'format'>): string {
  const left = remaining === undefined ? [] : [words.state.left(format.duration(Math.max(remaining, 1) * SECOND_MS))];
  return [format.speed(bytesPerSecond), ...left].join(BETWEEN);
}

/** 0 to 1; undefined when there is no progress to show. */
export function partHere({ size, here, phase }: FileState): number | undefined {
  const moves = phase.kind === 'arriving' || phase.kind === 'paused' || (phase.kind === 'waiting' && here > 0);
  return moves && size > 0 ? here / size : undefined;
}

/** How far giving it has come, all takers together; undefined when nobody takes it, or all have it. */
export function partThere({ size, takers }: Pick<FileState, 'size' | 'takers'>): number | undefined {
  if (!isGoing({ size, takers })) return undefined;
  return takers.reduce((sum, taker) => sum + partAt(taker, size), 0) / takers.length;
}

/** How far it has come to one of them, 0 to 1. Nothing of an empty file is missing. */
export function partAt({ there }: FileTaker, size: number): number {
  return size === 0 ? 1 : Math.min(there / size, 1);
}

/** Whether it is going to somebody, or stopped on its way to them. */
export function isGoing({ size, takers }: Pick<FileState, 'size' | 'takers'>): boolean {
  return takers.some((taker) => !hasAll(taker, size));
}

export function hasAll({ there }: FileTaker, size: number): boolean {
  return there >= size;
}
