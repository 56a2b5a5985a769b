import { expect, test, type Page } from '@playwright/test';
import { BrowserProcess } from '../support/browser-process.ts';
import { serveShelfPage } from '../support/shelf-site.ts';
import type { Site } from '../support/site.ts';

let site: Site;
let browser: BrowserProcess;
let page: Page;

test.beforeAll(async () => {
  site = await serveShelfPage();
  browser = await BrowserProcess.start({ owner: 'alice' });
});

test.beforeEach(async () => {
  page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction(() => 'shelfPage' in window);
});

test.afterAll(async () => {
  await browser.close();
  await site.close();
});

test('a file alice takes in comes to bob chunk by chunk, opens there as it was, and is whole when his page comes back', async () => {
  const { kept, same, afterwards } = await page.evaluate(() => shelfPage.carryFile(16));
  expect({ kept, same }).toEqual({ kept: 256, same: true });
  expect(afterwards).toEqual({ hashes: 256, runs: [{ from: 0, to: 256 }] });
});

test('a worker that dies in the middle loses nothing it said it kept, whoever waits is told, and the next goes on', async () => {
  const { told, here, refused, whole, size } = await page.evaluate(() => shelfPage.dieInTheMiddle());
  expect(refused).toBe('storage-refused');
  expect(told).toBeGreaterThan(0);
  expect(here).toBeGreaterThanOrEqual(told);
  expect(here).toBeLessThan(size / 65_536);
  expect(whole).toBe(size);
});

test('what does not fit is refused, and leaves nothing; what was there stays', async () => {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 120 * 2 ** 20 });
  expect(await page.evaluate(() => shelfPage.overfill(200))).toEqual({ refused: 'disk-full', slots: ['small'], small: 2 ** 20 });
});

test('deleting an account deletes the bytes of its files', async () => {
  await page.evaluate(() => shelfPage.carryFile(1));
  const left = await page.evaluate(() => shelfPage.erase('bob'));
  expect(left).toContain('alice');
  expect(left).not.toContain('bob');
});
