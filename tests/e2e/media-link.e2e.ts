import { expect, test, type Page } from '@playwright/test';
import type { LinkSample } from '../../src/calls/ports.ts';
import type { LinkSignal } from '../../src/session/ports.ts';
import { BrowserProcess } from '../support/browser-process.ts';
import { FAKE_DEVICES } from '../support/fake-devices.ts';
import { serveBuilt } from '../support/link-site.ts';
import type { Site } from '../support/site.ts';
import type { MediaPage } from '../support/media-page.ts';

let site: Site;
let browser: BrowserProcess;
const opened: Page[] = [];

test.beforeAll(async () => {
  site = await serveBuilt('media-page.ts');
  browser = await BrowserProcess.start({ owner: 'media', flags: FAKE_DEVICES });
});

test.afterEach(async () => {
  // Cameras of earlier tests would go on running beside this one's.
  for (const page of opened.splice(0)) await page.close();
});

test.afterAll(async () => {
  await browser.close();
  await site.close();
});

type Pages = readonly [alice: Page, bob: Page];
type Passing = (signal: LinkSignal) => LinkSignal | undefined;

async function openPages(): Promise<Pages> {
  const [alice, bob] = [await browser.newPage(), await browser.newPage()];
  opened.push(alice, bob);
  await Promise.all([alice, bob].map((page) => page.goto(site.url)));
  return [alice, bob];
}

/** Calls a function of the page's `mediaPage`. */
function call<Name extends keyof MediaPage>(
  page: Page,
  name: Name,
  ...args: Parameters<MediaPage[Name]>
): Promise<Awaited<ReturnType<MediaPage[Name]>>> {
  return page.evaluate(([key, given]) => (window.mediaPage[key] as (...args: unknown[]) => never)(...given), [name, args] as const);
}

/** The test carries what the two sides tell each other, and may change or lose it on the way. */
async function carry([alice, bob]: Pages, change: { fromAlice?: Passing; fromBob?: Passing } = {}): Promise<void> {
  const passTo =
    (page: Page, passing: Passing = (signal) => signal) =>
    async (signal: LinkSignal) => {
      const passed = passing(signal);
      if (passed) await call(page, 'signal', passed);
    };
  await alice.exposeFunction('sendMediaSignal', passTo(bob, change.fromAlice));
  await bob.exposeFunction('sendMediaSignal', passTo(alice, change.fromBob));
}

/** Both talk and see each other. */
async function connect(pages: Pages): Promise<void> {
  await carry(pages);
  for (const page of pages)
    expect([await call(page, 'turn', 'microphone', true), await call(page, 'turn', 'camera', true)]).toEqual([undefined, undefined]);
  const [alice, bob] = pages;
  await call(bob, 'make', { polite: true, offers: false });
  await call(alice, 'make', { polite: false, offers: true });
  await untilConnected(pages);
}

async function untilConnected(pages: Pages): Promise<void> {
  for (const page of pages) await expect.poll(async () => (await call(page, 'states')).at(-1)).toBe('connected');
}

async function sampleOf(page: Page): Promise<LinkSample> {
  const sample = await call(page, 'sample');
  if (!sample) throw new Error('the link is closed');
  return sample;
}

/** How many pictures and how many bytes of voice come within a second. */
async function flow(page: Page): Promise<{ readonly frames: number; readonly voice: number; readonly width: number }> {
  const before = await sampleOf(page);
  await page.waitForTimeout(1_000);
  const after = await sampleOf(page);
  return {
    frames: after.videoIn.framesDecoded - before.videoIn.framesDecoded,
    voice: after.voiceIn.bytes - before.voiceIn.bytes,
    width: after.videoIn.width,
  };
}

test('alice and bob see and hear each other, on lines that are there from the start', async () => {
  const pages = await openPages();
  await connect(pages);
  for (const page of pages) {
    expect(await call(page, 'slots')).toEqual(['microphone: audio', 'camera: video', 'screen: video', 'screen-sound: audio']);
    const picture = await call(page, 'picture', 'camera');
    expect(picture.colours, 'a picture, not a blank').toBeGreaterThan(3);
    expect(picture.width).toBeGreaterThan(0);
    await expect.poll(() => call(page, 'level'), { intervals: [50] }).toBeGreaterThan(0.001);
    await expect.poll(async () => (await flow(page)).frames).toBeGreaterThan(10);
    const sample = await sampleOf(page);
    expect(sample).toMatchObject({ relayed: false, videoIn: { freezes: 0 } });
    expect(sample.roundTrip).toBeLessThan(500);
    expect(sample.videoOut.framesEncoded).toBeGreaterThan(0);
    expect(await call(page, 'devices')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^microphone: ./), expect.stringMatching(/^camera: ./)]),
    );
  }
});

test('a description fits its frame, and asks for voice that can be mended and may be silent', async () => {
  const pages = await openPages();
  await connect(pages);
  for (const page of pages) {
    const [{ sdp } = { sdp: '' }] = await call(page, 'described');
    expect(sdp.length).toBeLessThan(12_000);
    expect(sdp).toMatch(/useinbandfec=1/);
    expect(sdp).toMatch(/a=rtpmap:\d+ red\/48000\/2/);
  }
});

test('a muted microphone is silent, and heard again when it is on', async () => {
  const pages = await openPages();
  await connect(pages);
  const [alice, bob] = pages;
  await expect.poll(() => call(bob, 'level'), { intervals: [50] }).toBeGreaterThan(0.001);
  await expect.poll(() => call(alice, 'ownLevel'), { intervals: [50] }).toBeGreaterThan(0.001);
  const loud = (await flow(bob)).voice;
  await call(alice, 'mute', true);
  await expect.poll(() => call(bob, 'level'), { intervals: [50] }).toBeLessThan(0.001);
  await expect.poll(async () => (await flow(bob)).voice).toBeLessThan(loud / 2);
  expect(await call(alice, 'ownLevel')).toBe(0);
  await call(alice, 'mute', false);
  await expect.poll(() => call(bob, 'level'), { intervals: [50] }).toBeGreaterThan(0.001);
});

test('a camera goes off and on, and a screen is seen beside it, without a new description', async () => {
  const pages = await openPages();
  await connect(pages);
  const [alice, bob] = pages;
  const told = (await call(alice, 'described')).length;
  await call(alice, 'turn', 'camera', false);
  await expect.poll(async () => (await flow(bob)).frames).toBe(0);
  await call(alice, 'turn', 'camera', true);
  await expect.poll(async () => (await flow(bob)).frames).toBeGreaterThan(5);
  await alice.bringToFront();
  expect(await call(alice, 'turn', 'screen', true)).toBeUndefined();
  expect((await call(bob, 'picture', 'screen')).width).toBeGreaterThan(0);
  expect((await call(alice, 'described')).length).toBe(told);
});

test('no more is sent than is allowed, down to nothing', async () => {
  const pages = await openPages();
  await connect(pages);
  const [alice, bob] = pages;
  await call(alice, 'limit', 'camera', { bitrate: 150_000, framesPerSecond: 10, scale: 2 });
  await expect.poll(async () => (await flow(bob)).width).toBe(320);
  await expect.poll(async () => (await flow(bob)).frames).toBeLessThanOrEqual(12);
  await call(alice, 'limit', 'camera', 'nothing');
  await expect.poll(async () => (await flow(bob)).frames).toBe(0);
  await call(alice, 'limit', 'camera', { bitrate: 700_000, framesPerSecond: 30, scale: 1 });
  await expect.poll(async () => (await flow(bob)).width).toBe(640);
});

test('a link finds another way, and goes on', async () => {
  const pages = await openPages();
  await connect(pages);
  const [alice, bob] = pages;
  const ufrag = (sdp: string | undefined) => /a=ice-ufrag:(\S+)/.exec(sdp ?? '')?.[1];
  const first = ufrag((await call(bob, 'described'))[0]?.sdp);
  await call(alice, 'restart');
  await expect.poll(async () => (await call(bob, 'described')).length).toBe(2);
  expect(ufrag((await call(bob, 'described'))[1]?.sdp)).not.toBe(first);
  await untilConnected(pages);
  await expect.poll(async () => (await flow(bob)).frames).toBeGreaterThan(5);
  expect(await call(bob, 'states')).not.toContain('closed');
});

test('two offers that cross make one link, whoever was first', async () => {
  const pages = await openPages();
  await carry(pages);
  const [alice, bob] = pages;
  for (const page of pages) await call(page, 'turn', 'camera', true);
  await Promise.all([call(bob, 'make', { polite: true, offers: true }), call(alice, 'make', { polite: false, offers: true })]);
  await untilConnected(pages);
  for (const page of pages) await expect.poll(async () => (await flow(page)).frames).toBeGreaterThan(5);
  await Promise.all([call(bob, 'restart'), call(alice, 'restart')]);
  await expect.poll(async () => (await flow(bob)).frames).toBeGreaterThan(5);
  await untilConnected(pages);
});

test('an offer that was lost is told again when it is asked for', async () => {
  const pages = await openPages();
  let lost = 0;
  await carry(pages, { fromAlice: (signal) => (signal.type === 'offer' && lost++ === 0 ? undefined : signal) });
  const [alice, bob] = pages;
  await call(alice, 'turn', 'camera', true);
  await call(bob, 'make', { polite: true, offers: false });
  await call(alice, 'make', { polite: false, offers: true });
  await expect.poll(async () => (await call(alice, 'described')).length).toBe(1);
  await call(alice, 'restart');
  await untilConnected(pages);
  await expect.poll(async () => (await flow(bob)).frames).toBeGreaterThan(5);
});

test('whoever shows another certificate than described is neither seen nor heard', async () => {
  const pages = await openPages();
  const [alice, bob] = pages;
  const swap: Passing = (signal) =>
    signal.type === 'candidates'
      ? signal
      : { ...signal, sdp: signal.sdp.replaceAll(/^(a=fingerprint:sha-256 )..:/gm, (_, start: string) => `${start}00:`) };
  await carry(pages, { fromAlice: swap });
  for (const page of pages) await call(page, 'turn', 'camera', true);
  await call(bob, 'make', { polite: true, offers: false });
  await call(alice, 'make', { polite: false, offers: true });
  await expect.poll(async () => (await call(bob, 'states')).at(-1), { timeout: 20_000 }).toBe('closed');
  expect(await call(bob, 'states')).not.toContain('connected');
  expect(await call(bob, 'sample')).toBeUndefined();
});

test('a later description with another certificate ends the link', async () => {
  const pages = await openPages();
  await connect(pages);
  const [, bob] = pages;
  const [offer] = await call(pages[0], 'described');
  const forged = (offer?.sdp ?? '').replaceAll(/^(a=fingerprint:sha-256 )..:/gm, (_, start: string) => `${start}00:`);
  await call(bob, 'signal', { type: 'offer', sdp: forged });
  await expect.poll(async () => (await call(bob, 'states')).at(-1)).toBe('closed');
});

test('nonsense changes nothing', async () => {
  const pages = await openPages();
  await connect(pages);
  const [alice, bob] = pages;
  const [offer] = await call(alice, 'described');
  const sdp = offer?.sdp ?? '';
  const nonsense: LinkSignal[] = [
    { type: 'offer', sdp: '' },
    { type: 'answer', sdp: 'v=0\r\n' },
    { type: 'answer', sdp },
    { type: 'offer', sdp: sdp.replaceAll('a=setup:', 'a=upset:').replaceAll('a=ice-pwd:', 'a=ice-pw:') },
    { type: 'offer', sdp: sdp.replaceAll(/a=rtpmap:.*\r\n/g, '') },
    { type: 'candidates', candidates: [{ candidate: 'candidate:x', mid: '0', line: 0 }] },
  ];
  for (const signal of nonsense) await call(bob, 'signal', signal);
  await expect.poll(async () => (await flow(bob)).frames).toBeGreaterThan(5);
  expect((await call(bob, 'states')).at(-1)).toBe('connected');
});

test('with WebRTC switched off a link is closed at once', async () => {
  const [alice] = await openPages();
  await alice.evaluate(() => {
    Reflect.deleteProperty(window, 'RTCPeerConnection');
    window.mediaPage.make({ polite: true, offers: true });
  });
  await expect.poll(() => call(alice, 'states')).toEqual(['closed']);
});
