/** Parley is an app: it can be installed, and starts without a network. */
import { LANGUAGES } from '../../src/i18n/languages.ts';
import { PASSWORD, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

interface Manifest {
  readonly name: string;
  readonly start_url: string;
  readonly display: string;
  readonly icons: readonly { readonly src: string; readonly sizes: string; readonly purpose?: string }[];
}

test('the manifest names the app and its icons, and every icon is there', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await alice.person.open(server.url);
  const href = await alice.person.page.locator('link[rel=manifest]').getAttribute('href');
  const address = new URL(href ?? '', server.url);
  const manifest = (await (await fetch(address)).json()) as Manifest;
  expect(manifest.name).toContain('Parley');
  expect(manifest.display).toBe('standalone');
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
  expect(manifest.icons.some(({ purpose }) => purpose?.includes('maskable'))).toBe(true);
  for (const icon of manifest.icons) {
    const answer = await fetch(new URL(icon.src, address));
    expect(answer.status, icon.src).toBe(200);
    expect(answer.headers.get('content-type'), icon.src).toMatch(/^image\//);
  }
});

test('Chromium finds nothing that keeps the app from being installed', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await alice.person.open(server.url);
  await alice.person.expectToRead((words) => words.entrance.slogan);
  const session = await alice.browser.context.newCDPSession(alice.browser.page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual([]);
});

test('after the first visit alice starts Parley with no server at all, in a browser opened anew', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await settle(alice, server.url);
  await alice.person.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await server.kill();
  await alice.restart();
  await alice.person.open(server.url);
  await alice.person.login('alice', PASSWORD);
  await alice.person.expectConnection('offline');
  await alice.person.setLanguage('zh');
  await expect(alice.person.page.getByText(LANGUAGES.zh.words.list.emptyTitle)).toBeVisible();
});
