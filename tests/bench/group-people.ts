/** People for the group benchmarks: pages in which a member is, without screens. */
import type { Page } from '@playwright/test';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { buildIfStale } from '../support/build.ts';
import { Someone } from '../support/people.ts';
import { ServerProcess } from '../support/server.ts';
import { bundlePage } from './bench-people.ts';

/** A page of the app's own origin on which the app itself does not run. */
const QUIET_PAGE = 'manifest.webmanifest';
/** All people of a benchmark come from one address, and stock y-webrtc has much to say at once. */
const FLAGS = ['--connects-per-second', '1000', '--messages-per-second', '10000', '--y-message-burst', '100000'];

/** Calls `measure` with alice's page and bob's, each in a browser process of its own, and sees them off whatever happens. */
export async function withTwo(measure: (alice: Page, bob: Page) => Promise<void>): Promise<void> {
  await withServer(async (url, everyone) => {
    const initScript = await bundlePage('group-page.ts');
    for (const name of ['alice', 'bob']) everyone.push(await Someone.arrive(name, { initScript }));
    const [alice, bob] = everyone.map(({ browser }) => browser.page);
    if (!alice || !bob) throw new Error('Somebody is missing.');
    for (const page of [alice, bob]) await page.goto(new URL(QUIET_PAGE, url).href);
    await measure(alice, bob);
  });
}

/** The same with so many pages in one browser process, each with storage and channels of its own, as if they were apart. */
export async function withMany(count: number, measure: (pages: readonly Page[]) => Promise<void>): Promise<void> {
  await withServer(async (url, everyone) => {
    const host = await Someone.arrive('everybody');
    everyone.push(host);
    const initScript = await bundlePage('group-page.ts');
    const browser = host.browser.context.browser();
    if (!browser) throw new Error('There is no browser.');
    const pages: Page[] = [];
    for (let index = 0; index < count; index++) {
      const context = await browser.newContext();
      await context.addInitScript(initScript);
      const page = await context.newPage();
      await page.goto(new URL(QUIET_PAGE, url).href);
      pages.push(page);
    }
    await measure(pages);
  });
}

async function withServer(measure: (url: string, everyone: Someone[]) => Promise<void>): Promise<void> {
  await sodiumReady();
  buildIfStale();
  const server = await ServerProcess.start({ flags: FLAGS });
  const everyone: Someone[] = [];
  try {
    await measure(server.url, everyone);
  } finally {
    for (const someone of everyone) await someone.close();
    await server.kill();
  }
}
