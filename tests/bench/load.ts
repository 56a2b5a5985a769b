/** `bytes_to_login`, `time_to_login`: what a first visit costs until one can log in. */
import { brotliCompressSync } from 'node:zlib';
import type { Response } from '@playwright/test';
import { buildIfStale } from '../support/build.ts';
import { Someone } from '../support/people.ts';
import { ServerProcess } from '../support/server.ts';
import { median, report, spread } from './figure.ts';

const TRIALS = 7;
const BUDGET_BYTES = 110_000;
/** Under a second, a page is there before the thought of it is gone. */
const BUDGET_MS = 1_000;

export async function benchLoad(): Promise<void> {
  buildIfStale();
  const server = await ServerProcess.start();
  try {
    const visits = [];
    for (let trial = 0; trial < TRIALS; trial++) visits.push(await firstVisit(server.url));
    const bytes = visits.map((visit) => visit.bytes);
    const times = visits.map((visit) => visit.ms);
    report({
      bench: 'load',
      figure: 'bytes_to_login',
      ours: median(bytes),
      peer: BUDGET_BYTES,
      against: 'the budget: brotli bytes of JS and CSS asked for until the first screen can be used',
      unit: 'bytes',
      target: 1,
      runs: TRIALS,
      detail: { ours: spread(bytes), files: visits[0]?.files },
    });
    report({
      bench: 'load',
      figure: 'time_to_login',
      ours: median(times),
      peer: BUDGET_MS,
      against: 'the budget: from the navigation to a first screen that can be used, server on the same machine',
      unit: 'ms',
      target: 1,
      runs: TRIALS,
      detail: { ours: spread(times) },
    });
  } finally {
    await server.kill();
  }
}

interface Visit {
  readonly bytes: number;
  readonly ms: number;
  readonly files: Readonly<Record<string, number>>;
}

/** In a browser that has never been here. */
async function firstVisit(url: string): Promise<Visit> {
  const visitor = await Someone.arrive('visitor');
  try {
    const page = visitor.browser.page;
    const answers: Response[] = [];
    page.on('response', (answer) => answers.push(answer));
    await visitor.person.open(url);
    const ms = await page.evaluate(() => performance.now());
    const files: Record<string, number> = {};
    for (const answer of answers.slice()) {
      const type = answer.headers()['content-type'] ?? '';
      if (!/javascript|css/.test(type)) continue;
      files[new URL(answer.url()).pathname] = brotliCompressSync(await answer.body()).length;
    }
    return { bytes: Object.values(files).reduce((sum, size) => sum + size, 0), ms, files };
  } finally {
    await visitor.close();
  }
}
