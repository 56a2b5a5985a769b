import { expect, test, type Page } from '@playwright/test';
import { startServer } from '../../signaling/server.ts';
import { BrowserProcess } from '../support/browser-process.ts';
import type { Carried } from '../support/carriage-page.ts';
import { serveBuilt, serveByDevServer } from '../support/link-site.ts';
import type { Site } from '../support/site.ts';

let site: Site;
let browsers: readonly BrowserProcess[];

test.beforeAll(async () => {
  site = await serveBuilt('carriage-page.ts');
  browsers = await Promise.all(['alice', 'bob'].map((owner) => BrowserProcess.start({ owner })));
});

test.afterAll(async () => {
  for (const browser of browsers) await browser.close();
  await site.close();
});

declare global {
  interface Window {
    /** What the page has made of each, since it was opened. */
    made: { connections: number; broadcastChannels: number };
  }
}

/** Runs in the page before anything of its own. */
function countWhatIsMade(): void {
  const made = { connections: 0, broadcastChannels: 0 };
  window.made = made;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.connections++;
    }
  };
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      made.broadcastChannels++;
    }
  };
}

/** A new page in one of the browsers; anything it writes to its console is a failure. */
async function openPage(url = site.url, browser = browsers[0]): Promise<{ page: Page; noise: string[] }> {
  const page = await browser?.newPage();
  if (!page) throw new Error('a browser was started');
  const noise: string[] = [];
  page.on('console', (message) => message.type() !== 'debug' && noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(String(error)));
  await page.addInitScript(countWhatIsMade);
  await page.goto(url);
  await page.waitForFunction(() => 'carriagePage' in window);
  return { page, noise };
}

test('twenty documents travel over one connection, and over nothing that others in this browser could hear', async () => {
  const { page, noise } = await openPage();
  expect(await page.evaluate(() => window.carriagePage.carry(20, 50))).toMatchObject({ complete: 20 });
  // One connection has two ends, and both are in this page.
  expect(await page.evaluate(() => window.made)).toEqual({ connections: 2, broadcastChannels: 0 });
  expect(noise).toEqual([]);
});

test('a document of five megabytes arrives, which is twenty times what a browser takes as one message', async () => {
  const { page } = await openPage();
  const carried: Carried = await page.evaluate(() => window.carriagePage.carry(1, 12_500));
  expect(carried.complete).toBe(1);
});

test('documents are carried in the dev server’s page as well, at the first load', async () => {
  const devSite = await serveByDevServer('carriage-page.ts');
  const { page, noise } = await openPage(devSite.url);
  expect(await page.evaluate(() => window.carriagePage.carry(2, 10))).toMatchObject({ complete: 2 });
  expect(noise).toEqual([]);
  await page.goto('about:blank');
  await devSite.close();
});

test('pages of an app made with stock y-webrtc find each other at /y', async () => {
  const server = await startServer({ address: '127.0.0.1', port: 0, logLevel: 'silent', origins: [new URL(site.url).origin] });
  const pages = await Promise.all(browsers.map((browser) => openPage(site.url, browser)));
  const url = `ws://127.0.0.1:${server.port}/y`;
  for (const [index, { page }] of pages.entries())
    await page.evaluate(([address, word]) => window.carriagePage.joinStock(address, 'a room of theirs', word), [
      url,
      `word ${index}`,
    ] as const);
  const lists = await Promise.all(pages.map(({ page }) => page.evaluate(() => window.carriagePage.stockList(2))));
  expect(lists[0]?.toSorted()).toEqual(['word 0', 'word 1']);
  expect(lists[1]).toEqual(lists[0]);
  // It opens what we keep out: so the count above counts.
  expect(await pages[0]?.page.evaluate(() => window.made.broadcastChannels)).toBeGreaterThan(0);
  await server.close();
});
