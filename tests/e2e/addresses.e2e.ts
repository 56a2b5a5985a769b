/** Files under addresses of their own, in a real browser: shown, played while they arrive, saved, and never rendered. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Page } from '@playwright/test';
import { bundlePage } from '../support/bundle-page.ts';
import type { PageFile } from '../support/platform-page.ts';
import type { Someone } from '../support/people.ts';
import { expect, test as base } from './parley-test.ts';

const MEGABYTE = 1_048_576;

interface Desk {
  readonly alice: Someone;
  /** A page of the app with platform-page.ts in it, served by the worker. */
  readonly page: Page;
  readonly publish: (file: PageFile) => Promise<string>;
}

const test = base.extend<{ desk: Desk }>({
  desk: async ({ server, arrive }, use) => {
    const script = await bundlePage('platform-page.ts');
    const alice = await arrive('alice', {
      flags: ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
    });
    await alice.person.open(server.url);
    const { page } = alice.person;
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    // A page of this origin without the app in it, whose own addresses would answer first.
    await page.goto(`${server.url}icon-192.png`);
    await page.evaluate(script);
    await use({
      alice,
      page,
      publish: async (file) => {
        const url = await page.evaluate((published) => window.platformPage.publish(published), file);
        if (url === undefined) throw new Error('There is no worker.');
        return url;
      },
    });
    // The browser's own page around a picture has styles that the policy of this origin refuses.
    alice.forgive(/Applying inline style/);
  },
});

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const PDF = ascii('%PDF-1.7\n');

/** Sound for a minute and more: 44.1 kHz, two channels, sixteen bits. */
function waveHeader(size: number): number[] {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(size - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(44_100, 24);
  header.writeUInt32LE(176_400, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(size - 44, 40);
  return [...header];
}

async function fetchPart(page: Page, url: string, range?: string) {
  return page.evaluate(
    async ({ url, range }) => {
      const answer = await fetch(url, range === undefined ? {} : { headers: { range } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        bytes: [...bytes.subarray(0, 64)],
        length: bytes.length,
      };
    },
    { url, range },
  );
}

test('whole and in parts: every range is answered as a server would', async ({ desk: { page, publish } }) => {
  const url = await publish({ name: 'Ü "x".pdf', head: PDF, size: MEGABYTE + 5, disposition: 'inline' });
  const whole = await fetchPart(page, url);
  expect(whole).toMatchObject({ status: 200, length: MEGABYTE + 5 });
  expect(whole.bytes.slice(0, PDF.length)).toEqual(PDF);
  expect(whole.headers).toMatchObject({
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'content-disposition': `inline; filename*=UTF-8''%C3%9C%20%22x%22.pdf`,
    'content-length': String(MEGABYTE + 5),
    'content-type': 'application/pdf',
    'x-content-type-options': 'nosniff',
  });
  const part = await fetchPart(page, url, 'bytes=262140-262149');
  expect(part).toMatchObject({ status: 206, length: 10, headers: { 'content-range': `bytes 262140-262149/${MEGABYTE + 5}` } });
  expect(part.bytes).toEqual(await page.evaluate(() => [...window.platformPage.patternOf(262_140, 262_150)]));
  expect(await fetchPart(page, url, 'bytes=-7')).toMatchObject({ status: 206, length: 7 });
  expect(await fetchPart(page, url, 'bytes=99999999-')).toMatchObject({
    status: 416,
    headers: { 'content-range': `bytes */${MEGABYTE + 5}` },
  });
});

test('an address is good for the page that made it, and until it is disposed of', async ({ desk: { alice, page, publish }, server }) => {
  const url = await publish({ name: 'a.pdf', head: PDF, size: 1000, disposition: 'inline' });
  const bob = await alice.openTab();
  await bob.page.goto(`${server.url}icon-192.png`);
  await bob.page.evaluate(await bundlePage('platform-page.ts'));
  expect((await fetchPart(bob.page, url)).status).toBe(404);
  expect((await fetchPart(page, url)).status).toBe(200);
  expect((await fetchPart(page, `${url}x`)).status).toBe(404);
  await page.evaluate((url) => window.platformPage.dispose(url), url);
  expect((await fetchPart(page, url)).status).toBe(404);
});

test('the worker may be stopped in between', async ({ desk: { alice, page, publish } }) => {
  const url = await publish({ name: 'a.pdf', head: PDF, size: 1000, disposition: 'inline' });
  expect((await fetchPart(page, url)).status).toBe(200);
  const session = await alice.browser.context.newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  expect((await fetchPart(page, url)).status).toBe(200);
});

test('what is HTML, SVG or a script is for saving, whatever it says it is', async ({ desk: { page, publish } }) => {
  for (const text of [
    '<!doctype html><script>parent.document.title="owned"</script>',
    '<svg xmlns="http://www.w3.org/2000/svg"><script>parent.document.title="owned"</script></svg>',
    'parent.document.title="owned"',
  ]) {
    const url = await publish({ name: 'cat.png', head: ascii(text), size: text.length, disposition: 'inline' });
    const { headers } = await fetchPart(page, url);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''cat.png`,
      'content-security-policy': "sandbox; default-src 'none'",
    });
    const download = page.waitForEvent('download');
    await page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    }, url);
    expect((await download).suggestedFilename()).toBe('cat.png');
    expect(await page.title()).not.toContain('owned');
  }
});

test('sound plays while it is still arriving, and the part that is wanted next is asked for', async ({ desk: { page, publish } }) => {
  const size = 20 * MEGABYTE;
  const url = await publish({ name: 'a.wav', head: waveHeader(size), size, here: 2 * MEGABYTE, disposition: 'inline' });
  await page.evaluate(async (url) => {
    const player = document.createElement('audio');
    player.id = 'player';
    player.muted = true;
    player.src = url;
    document.body.append(player);
    await player.play();
  }, url);
  const time = () => page.evaluate(() => document.querySelector<HTMLAudioElement>('#player')?.currentTime ?? 0);
  await expect.poll(time).toBeGreaterThan(1);
  expect(await page.evaluate(() => document.querySelector<HTMLAudioElement>('#player')?.duration)).toBeCloseTo((size - 44) / 176_400, 1);
  await page.evaluate(() => {
    const player = document.querySelector<HTMLAudioElement>('#player');
    if (player) player.currentTime = 100;
  });
  const asked = () => page.evaluate((url) => Math.max(...window.platformPage.asked(url).map(({ from }) => from)), url);
  await expect.poll(asked).toBeGreaterThan(16 * MEGABYTE);
  await page.evaluate(({ url, size }) => window.platformPage.arrive(url, size), { url, size });
  await expect.poll(time).toBeGreaterThan(100.5);
});

test('alice saves 50 MB through the worker, piece by piece, and it is what it was', async ({ desk: { page } }) => {
  const size = 50_000_000;
  const download = page.waitForEvent('download');
  const saved = page.evaluate(async (size) => {
    const { addresses, clock, patternOf, saveFile } = window.platformPage;
    const parts: number[] = [];
    let largest = 0;
    const read = (from: number, to: number) => {
      largest = Math.max(largest, to - from);
      return Promise.resolve(patternOf(from, to));
    };
    const surroundings = { pickPlace: undefined, addresses, page: document, clock };
    const result = await saveFile({ name: 'big.bin', size, read }, (part) => parts.push(part), new AbortController().signal, surroundings);
    return { result, largest, last: parts.at(-1) };
  }, size);
  const path = await (await download).path();
  expect(await saved).toEqual({ result: { ok: true, value: undefined }, largest: 262_144, last: 1 });
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const expected = createHash('sha256');
  for (let from = 0; from < size; from += MEGABYTE) expected.update(patternOf(from, Math.min(size, from + MEGABYTE)));
  expect(hash.digest('hex')).toBe(expected.digest('hex'));
});

test('a picture loses what the camera wrote into it, and stands upright', async ({ desk: { page } }) => {
  const prepared = await page.evaluate(async () => {
    const { preparePicture } = window.platformPage;
    const canvas = new OffscreenCanvas(3000, 1000);
    const pen = canvas.getContext('2d');
    if (!pen) throw new Error('no canvas');
    pen.fillStyle = '#c04020';
    pen.fillRect(0, 0, 1500, 1000);
    const photo = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer());
    // Exif: lying on its side (6), and a word that must not travel.
    const word = 'SECRET PLACE';
    const letters = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
    const tiff = letters(`MM\0*\0\0\0\b\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0${word}`);
    const segment = [...letters('Exif\0\0'), ...tiff];
    const exif = new Uint8Array([0xff, 0xe1, 0, segment.length + 2, ...segment]);
    const file = new Blob([photo.subarray(0, 2), exif, photo.subarray(2)], { type: 'image/jpeg' });
    const describe = async (original: boolean) => {
      const picture = await preparePicture(file, { original, thumbnailLimit: 16_384 });
      if (picture.kind !== 'picture') return picture;
      const text = await picture.blob.text();
      const { width, height, mime, change, thumbnail } = picture;
      return { width, height, mime, change, tells: text.includes(word), thumbnail: thumbnail.length > 0 && thumbnail.length <= 16_384 };
    };
    return [await describe(false), await describe(true)];
  });
  expect(prepared).toEqual([
    { width: 853, height: 2560, mime: 'image/jpeg', change: 'made-anew', tells: false, thumbnail: true },
    { width: 1000, height: 3000, mime: 'image/jpeg', change: 'as-is', tells: true, thumbnail: true },
  ]);
});

test('a drawing keeps its edges and what is transparent; a picture that claims too much is not decoded', async ({ desk: { page } }) => {
  const prepared = await page.evaluate(async () => {
    const { preparePicture } = window.platformPage;
    const canvas = new OffscreenCanvas(400, 200);
    const pen = canvas.getContext('2d');
    if (!pen) throw new Error('no canvas');
    pen.fillStyle = '#204080';
    pen.fillRect(13, 17, 99, 55);
    const drawing = await canvas.convertToBlob({ type: 'image/png' });
    const options = { original: false, thumbnailLimit: 16_384 };
    const drawn = await preparePicture(drawing, options);
    if (drawn.kind !== 'picture') throw new Error(drawn.why);
    const again = new OffscreenCanvas(400, 200);
    const look = again.getContext('2d');
    look?.drawImage(await createImageBitmap(drawn.blob), 0, 0);
    const [edge, outside] = [look?.getImageData(13, 17, 1, 1).data, look?.getImageData(12, 17, 1, 1).data];
    const bomb = new Uint8Array(await drawing.arrayBuffer());
    new DataView(bomb.buffer).setUint32(16, 60_000);
    return { edge: [...(edge ?? [])], outside: [...(outside ?? [])], bomb: await preparePicture(new Blob([bomb]), options) };
  });
  expect(prepared).toEqual({ edge: [0x20, 0x40, 0x80, 255], outside: [0, 0, 0, 0], bomb: { kind: 'plain', why: 'too-many-pixels' } });
});

test('a voice is recorded with pauses, knows how long it is, and can be sought in', async ({ desk: { page } }) => {
  const voice = await page.evaluate(async () => {
    const { clock, createVoiceRecorder, describeMedia } = window.platformPage;
    const recorder = createVoiceRecorder({ devices: navigator.mediaDevices, clock, now: () => performance.now() });
    const begun = await recorder?.begin();
    if (!begun?.ok) throw new Error('no microphone');
    const recording = begun.value;
    const reaches = (duration: number) =>
      new Promise<void>((resolve) => {
        recording.progress.subscribe((now) => {
          if (now.duration >= duration) resolve();
        });
      });
    await reaches(2000);
    recording.pause();
    const soFar = await describeMedia(await recording.soFar(), { page: document, clock, thumbnailLimit: 1 });
    recording.resume();
    await reaches(4000);
    const { blob, duration, waveform } = await recording.finish();
    const facts = await describeMedia(blob, { page: document, clock, thumbnailLimit: 1 });
    const player = document.createElement('audio');
    player.src = URL.createObjectURL(blob);
    player.muted = true;
    await new Promise((resolve) => player.addEventListener('loadedmetadata', resolve, { once: true }));
    const shown = player.duration;
    player.currentTime = 3;
    await new Promise((resolve) => player.addEventListener('seeked', resolve, { once: true }));
    await player.play();
    await new Promise((resolve) => player.addEventListener('ended', resolve, { once: true }));
    return {
      type: blob.type,
      soFar,
      duration,
      facts,
      shown,
      loud: Math.max(...waveform),
      values: waveform.length,
      end: player.currentTime,
    };
  });
  expect(voice).toMatchObject({ type: 'audio/webm', loud: 255, values: 64, soFar: { kind: 'audio' }, facts: { kind: 'audio' } });
  expect(voice.duration).toBeGreaterThanOrEqual(4000);
  expect(voice.duration).toBeLessThan(6000);
  expect(voice.shown * 1000).toBeCloseTo(voice.duration, -1);
  expect(Math.abs(voice.end * 1000 - voice.duration)).toBeLessThan(700);
});

/** The same as in the page. */
function patternOf(from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  for (let index = 0; index < bytes.length; index++) bytes[index] = ((from + index) * 31 + ((from + index) >> 12)) & 0xff;
  return bytes;
}
