import { expect, test, type Page } from '@playwright/test';
import { BrowserProcess } from '../support/browser-process.ts';
import { LINK_CONTRACT } from '../support/link-contract.ts';
import type { LinkPage } from '../support/link-page.ts';
import { serveBuilt, serveByDevServer } from '../support/link-site.ts';
import type { Site } from '../support/site.ts';

/** Frames in the bulk test: 16 MiB. */
const BULK_FRAMES = 256;
/** What a sender who heeds back-pressure lets wait, and one frame. */
const MOST_WAITING_BYTES = 1024 * 1024 + 65_536;

let site: Site;
let browsers: readonly BrowserProcess[];

test.beforeAll(async () => {
  site = await serveBuilt('link-page.ts');
  browsers = await Promise.all(['alice', 'bob'].map((owner) => BrowserProcess.start({ owner })));
});

test.afterAll(async () => {
  for (const browser of browsers) await browser.close();
  await site.close();
});

/** A new page in each of the two browsers. */
async function openPages(): Promise<readonly [alice: Page, bob: Page]> {
  const [alice, bob] = await Promise.all(browsers.map((browser) => browser.newPage()));
  if (!alice || !bob) throw new Error('two browsers were started');
  await Promise.all([alice, bob].map((page) => page.goto(site.url)));
  return [alice, bob];
}

/** Calls a function of the page's `linkPage`. */
function call<Name extends keyof LinkPage>(
  page: Page,
  name: Name,
  ...args: LinkPage[Name] extends (...args: infer Args) => unknown ? Args : []
): Promise<LinkPage[Name] extends (...args: never) => infer Result ? Awaited<Result> : never> {
  return page.evaluate(([key, given]) => (window.linkPage[key] as (...args: unknown[]) => never)(...given), [name, args] as const);
}

/** A link between two browser processes, open; the test carries its signals. */
async function link([alice, bob]: readonly [Page, Page]) {
  await begin([alice, bob]);
  const [atAlice, atBob] = await Promise.all([call(alice, 'opened'), call(bob, 'opened')]);
  return { atAlice, atBob };
}

/** The same, not yet open. */
async function begin([alice, bob]: readonly [Page, Page]): Promise<void> {
  await alice.exposeFunction('sendSignal', (signal: never) => call(bob, 'signal', signal));
  await bob.exposeFunction('sendSignal', (signal: never) => call(alice, 'signal', signal));
  await call(bob, 'make', 'answerer');
  await call(alice, 'make', 'offerer');
}

test.describe('a link: over WebRTC, both ends in one page', () => {
  for (const rule of Object.keys(LINK_CONTRACT)) {
    test(rule, async () => {
      const [alice] = await openPages();
      expect(await call(alice, 'keep', rule)).toBeUndefined();
    });
  }
});

test.describe('between two browsers', () => {
  test('alice and bob see each other’s certificates crosswise, on a direct path', async () => {
    const pages = await openPages();
    const { atAlice, atBob } = await link(pages);
    expect(atAlice).toEqual([...atBob].reverse());
    expect(atAlice[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await call(pages[0], 'relayed')).toBe(false);
  });

  test('full frames arrive whole and in order both ways, and no more waits than allowed', async () => {
    const [alice, bob] = await openPages();
    await link([alice, bob]);
    const [fromAlice, fromBob, atAlice, atBob] = await Promise.all([
      call(alice, 'sendFrames', BULK_FRAMES),
      call(bob, 'sendFrames', BULK_FRAMES),
      call(alice, 'framesCame', BULK_FRAMES),
      call(bob, 'framesCame', BULK_FRAMES),
    ]);
    expect([atAlice, atBob]).toEqual([true, true]);
    expect(Math.max(fromAlice, fromBob)).toBeLessThanOrEqual(MOST_WAITING_BYTES);
  });

  test('when alice closes, bob is told', async () => {
    const [alice, bob] = await openPages();
    await link([alice, bob]);
    await call(alice, 'close');
    expect(await Promise.all([call(alice, 'closed'), call(bob, 'closed')])).toEqual([{ reason: 'closed' }, { reason: 'closed' }]);
  });

  test('when alice’s page goes away, bob is told', async () => {
    const [alice, bob] = await openPages();
    await link([alice, bob]);
    await alice.goto('about:blank');
    expect(await call(bob, 'closed')).toEqual({ reason: 'closed' });
  });
});

test('what alice sends before bob knows her certificate reaches him after he does', async () => {
  const [alice, bob] = await openPages();
  let tellThatSent: (longestQueue: number) => void = () => undefined;
  const sent = new Promise<number>((resolve) => (tellThatSent = resolve));
  await bob.exposeFunction('aliceHasSent', () => sent);
  await bob.evaluate(() => {
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    crypto.subtle.digest = async (...args) => {
      await (window as unknown as { aliceHasSent(): Promise<void> }).aliceHasSent();
      return digest(...args);
    };
  });
  await begin([alice, bob]);
  tellThatSent(await call(alice, 'sendFrames', 3));
  expect(await call(bob, 'framesCame', 3)).toBe(true);
});

test('an offer that asks for audio as well is refused before the browser sees it', async () => {
  const [alice] = await openPages();
  const closure = await alice.evaluate(async () => {
    const stranger = new RTCPeerConnection();
    stranger.createDataChannel('x', { negotiated: true, id: 0 });
    stranger.addTransceiver('audio');
    const { sdp = '' } = await stranger.createOffer();
    window.sendSignal = () => Promise.resolve();
    window.linkPage.make('answerer');
    window.linkPage.signal({ type: 'offer', sdp });
    stranger.close();
    return window.linkPage.closed();
  });
  expect(closure).toEqual({ reason: 'error', detail: 'unacceptable offer: not-one-data-channel' });
});

test('a channel the other side opens by itself ends the link', async () => {
  const [alice, bob] = await openPages();
  await alice.addInitScript(() => {
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        this.addEventListener('connectionstatechange', () => {
          if (this.connectionState === 'connected') this.createDataChannel('uninvited');
        });
      }
    };
  });
  await alice.reload();
  await begin([alice, bob]);
  expect(await call(bob, 'closed')).toEqual({ reason: 'error', detail: 'uninvited channel' });
});

test('with WebRTC switched off a link is unsupported', async () => {
  const [alice] = await openPages();
  const closure = await alice.evaluate(() => {
    Reflect.deleteProperty(window, 'RTCPeerConnection');
    window.linkPage.make('offerer');
    return window.linkPage.closed();
  });
  expect(closure).toEqual({ reason: 'unsupported' });
});

test('an answer that never comes is waited for twenty seconds', async () => {
  const [alice] = await openPages();
  await alice.clock.install();
  await alice.reload();
  await alice.evaluate(() => {
    window.sendSignal = () => Promise.resolve();
    window.linkPage.make('offerer');
  });
  await alice.clock.runFor(20_000);
  expect(await call(alice, 'closed')).toEqual({ reason: 'timeout' });
});

test('links open in the dev server’s page as well', async () => {
  const devSite = await serveByDevServer('link-page.ts');
  const [page] = await openPages();
  await page.goto(devSite.url);
  await page.waitForFunction(() => 'linkPage' in window);
  expect(await call(page, 'keep', 'every signal twice is as good as once')).toBeUndefined();
  await page.goto('about:blank');
  await devSite.close();
});
