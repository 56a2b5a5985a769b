/**
 * How much memory somebody's tab takes: the resident memory (VmRSS of /proc, so on Linux only) of the largest renderer process of
 * their browser, with the workers in it. A service worker that was given a process of its own is not counted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { BrowserProcess } from './browser-process.ts';

/** A tab that took all of a file into memory at 20 MB/s would be seen long before it gave it back. */
const EVERY_MS = 1_000;

export class MemoryWatch {
  readonly #browser: BrowserProcess;
  readonly #idle: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;
  #isLooking = true;

  /** What the tabs take now counts as idle. Measures every second until `stop`, through crashes of the browser too. */
  constructor(browser: BrowserProcess) {
    this.#browser = browser;
    this.#idle = residentBytes(browser);
    this.#timer = setInterval(() => this.#measure(), EVERY_MS);
  }

  /** The most bytes above idle that were seen. */
  get aboveIdle(): number {
    return this.#most - this.#idle;
  }

  get idle(): number {
    return this.#idle;
  }

  /** Until `lookAgain`: a log-in has a worker of its own that takes what Argon2id wants, and goes with it. */
  lookAway(): void {
    this.#isLooking = false;
  }

  lookAgain(): void {
    this.#isLooking = true;
  }

  stop(): void {
    this.#measure();
    clearInterval(this.#timer);
  }

  #measure(): void {
    if (!this.#isLooking) return;
    this.#most = Math.max(this.#most, residentBytes(this.#browser));
  }
}

/** Whether this machine tells. */
export function canMeasureMemory(): boolean {
  return process.platform === 'linux';
}

/** 0 while the browser is down, and where nobody tells. */
function residentBytes({ processGroup }: BrowserProcess): number {
  if (processGroup === undefined || !canMeasureMemory()) return 0;
  const own = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && groupOf(name) === processGroup && isRenderer(name));
  return Math.max(0, ...own.map(residentOf));
}

function isRenderer(pid: string): boolean {
  return readOrNothing(`/proc/${pid}/cmdline`).includes('--type=renderer');
}

/** proc(5): after the name, in brackets, come state, parent and group. */
function groupOf(pid: string): number {
  return Number(/\) \S \d+ (\d+)/.exec(readOrNothing(`/proc/${pid}/stat`))?.[1]);
}

function residentOf(pid: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** A process may end between being listed and being looked at. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
