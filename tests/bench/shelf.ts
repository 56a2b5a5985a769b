/**
 * `shelf_put`, `shelf_take_in`, `shelf_read_plain`: what the shelf does in a second, beside a worker that does nothing but write as
 * many bytes into the same file system and bring them to the disk as often. Sealing, hashing and the way from page to worker
 * and back are what is between the two.
 */
import { BrowserProcess } from '../support/browser-process.ts';
import { serveShelfPage } from '../support/shelf-site.ts';
import { median, report, spread } from './figure.ts';

const MEBIBYTES = 128;
const TRIALS = 5;
/** Shares of raw writing that are good enough. A link carries a tenth of what these are. */
const TARGETS = { put: 0.2, takeIn: 0.2, readPlain: 0.2 } as const;
const FIGURES = { put: 'shelf_put', takeIn: 'shelf_take_in', readPlain: 'shelf_read_plain' } as const;

export async function benchShelf(): Promise<void> {
  const site = await serveShelfPage();
  const browser = await BrowserProcess.start({ owner: 'alice' });
  try {
    const { page } = browser;
    await page.goto(site.url);
    await page.waitForFunction(() => 'shelfPage' in window);
    const runs: Awaited<ReturnType<typeof shelfPage.speeds>>[] = [];
    const raw: number[] = [];
    for (let trial = -1; trial < TRIALS; trial++) {
      const written = await page.evaluate((size) => shelfPage.rawWrites(size), MEBIBYTES);
      const run = await page.evaluate((size) => shelfPage.speeds(size), MEBIBYTES);
      if (trial < 0) continue;
      raw.push(written / 1e6);
      runs.push(run);
    }
    for (const what of ['put', 'takeIn', 'readPlain'] as const) {
      const rates = runs.map((run) => run[what] / 1e6);
      report({
        bench: 'shelf',
        figure: FIGURES[what],
        ours: median(rates),
        peer: median(raw),
        against: 'a worker that writes the same into the origin’s file system, flushed as often, and does nothing else',
        unit: 'MB/s',
        target: TARGETS[what],
        better: 'more',
        runs: TRIALS,
        detail: { rates: spread(rates), raw: spread(raw), mebibytes: MEBIBYTES },
      });
    }
  } finally {
    await browser.close();
    await site.close();
  }
}
