/**
 * `first_frame`: from the moment a call is answered to the first picture of the other, cameras on already, against the plainest
 * RTCPeerConnection between the same pages (one track of each kind, nothing checked), signaled the same way. Then how a call of two
 * runs: frames per second, and cores that the browser uses for both ends of it.
 */
import type { Page } from '@playwright/test';
import { BrowserProcess } from '../support/browser-process.ts';
import { serveBuilt } from '../support/link-site.ts';
import { bundlePage } from './bench-people.ts';
import type { CallKind } from './call-page.ts';
import { median, report, round, spread } from './figure.ts';

const TRIALS = 15;
const TARGET = 1.5;
/** Encoders start small and grow: the first seconds say little. Milliseconds, as below. */
const WARM_UP_MS = 5_000;
const RUN_MS = 8_000;
const FLAGS = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'];

export async function benchCall(): Promise<void> {
  const site = await serveBuilt('media-page.ts');
  const script = await bundlePage('call-page.ts');
  const browser = await BrowserProcess.start({ owner: 'call', flags: FLAGS });
  try {
    const [alice, bob] = [await browser.newPage(), await browser.newPage()];
    for (const page of [alice, bob]) {
      await page.addInitScript(script);
      await page.goto(site.url);
      await page.evaluate(() => window.callBench.prepare());
    }
    const times: Readonly<Record<CallKind, number[]>> = { ours: [], raw: [] };
    for (let trial = 0; trial <= TRIALS; trial++) {
      for (const kind of ['raw', 'ours'] as const) {
        const took = await firstFrame(alice, bob, kind);
        // The first of each loads codecs and compiles code.
        if (trial > 0) times[kind].push(took);
      }
    }
    report({
      bench: 'call',
      figure: 'first_frame',
      ours: median(times.ours),
      peer: median(times.raw),
      against: 'RTCPeerConnection with one audio and one video track between the same pages, to the first frame drawn',
      unit: 'ms',
      target: TARGET,
      runs: TRIALS,
      detail: { ours: spread(times.ours), peer: spread(times.raw) },
    });
    const [raw, ours] = [await run(alice, bob, 'raw'), await run(alice, bob, 'ours')];
    report({
      bench: 'call',
      figure: 'cores_of_two',
      ours: ours.cores,
      peer: raw.cores,
      against: 'the same connection, both ends in one browser, 640×480 at 30, software codecs',
      unit: 'cores',
      target: TARGET,
      runs: 1,
      detail: { framesPerSecond: { ours: ours.framesPerSecond, peer: raw.framesPerSecond } },
    });
  } finally {
    await browser.close();
    await site.close();
  }
}

async function firstFrame(alice: Page, bob: Page, kind: CallKind): Promise<number> {
  await bob.evaluate((which) => window.callBench.answer(which), kind);
  const took = await alice.evaluate((which) => window.callBench.begin(which), kind);
  await end(alice, bob);
  return took;
}

async function run(alice: Page, bob: Page, kind: CallKind): Promise<{ readonly framesPerSecond: number; readonly cores: number }> {
  await bob.evaluate((which) => window.callBench.answer(which), kind);
  await alice.evaluate((which) => window.callBench.begin(which), kind);
  await alice.waitForTimeout(WARM_UP_MS);
  const before = await meter(alice);
  await alice.waitForTimeout(RUN_MS);
  const after = await meter(alice);
  await end(alice, bob);
  const seconds = (after.at - before.at) / 1_000;
  return { framesPerSecond: round((after.frames - before.frames) / seconds), cores: round((after.cpu - before.cpu) / seconds) };
}

/** `cpu`: seconds of all the browser's processes. */
async function meter(page: Page): Promise<{ readonly at: number; readonly frames: number; readonly cpu: number }> {
  const browser = page.context().browser();
  if (!browser) throw new Error('The browser is gone.');
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const cpu = processInfo.reduce((total, { cpuTime }) => total + cpuTime, 0);
  return { at: performance.now(), frames: await page.evaluate(() => window.callBench.frames()), cpu };
}

async function end(...pages: readonly Page[]): Promise<void> {
  for (const page of pages) await page.evaluate(() => window.callBench.end());
}
