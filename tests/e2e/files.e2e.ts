/** Files between friends, from the picker of one to the screen of the other. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Words } from '../../src/i18n/en.ts';
import { digestFile, makeLargeFile } from '../support/large-file.ts';
import { befriend, PASSWORD, settle, type Someone, type SomeoneOptions } from '../support/people.ts';
import { expect, test as base } from './parley-test.ts';

/** The browser's own dialog for a place can be answered by nobody: it is saved as a download, as in other browsers. */
const NO_PLACES = 'delete window.showSaveFilePicker';
/** Above what comes by itself, and long enough on its way that somebody can change their mind twice. */
const FILM_BYTES = 256 * 2 ** 20;
/** Longer than such a file takes on two busy cores. */
const PATIENCE = { timeout: 60_000 };

const test = base.extend<{ readonly pair: readonly [alice: Someone, bob: Someone]; readonly folder: string; readonly as: SomeoneOptions }>({
  /** How their browsers are, but that they save without asking. */
  as: [{}, { option: true }],

  pair: async ({ server, arrive, as }, use) => {
    const options = { ...as, initScript: NO_PLACES };
    const [alice, bob] = await Promise.all([arrive('alice', options), arrive('bob', options)]);
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await befriend(alice, bob);
    await Promise.all([alice.person.openChat('bob'), bob.person.openChat('alice')]);
    await use([alice, bob]);
  },

  // eslint-disable-next-line no-empty-pattern -- Playwright reads from the pattern which fixtures this one needs: none.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-files-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

test('alice sends bob a picture and a letter: he sees the one, and saves the other as it was', async ({ pair: [alice, bob] }) => {
  const picture = await alice.person.page.screenshot();
  const letter = Buffer.from('Dear bob, '.repeat(200_000));
  await alice.person.sendFile('bob', [
    { name: 'view.png', mime: 'image/png', bytes: picture },
    { name: 'letter.txt', mime: 'text/plain', bytes: letter },
  ]);
  await expect((await bob.person.fileMessage('letter.txt')).first()).toBeVisible();
  await bob.person.expectFile('letter.txt', { complete: true });
  await bob.person.reload();
  await bob.person.openChat('alice');
  await bob.person.expectFile('letter.txt', { complete: true });
  const saved = await bob.person.saveFile('letter.txt');
  expect((await readFile(saved)).equals(letter)).toBe(true);
});

test('a file sent while bob is away arrives when he comes back, though both have reloaded in between', async ({
  server,
  pair: [alice, bob],
}) => {
  await bob.browser.quit();
  const letter = Buffer.from('Dear bob, '.repeat(200_000));
  await alice.person.sendFile('bob', { name: 'letter.txt', mime: 'text/plain', bytes: letter });
  await alice.person.reload();
  await bob.restart();
  await bob.person.open(server.url);
  await bob.person.login('bob', PASSWORD);
  await bob.person.reload();
  await bob.person.openChat('alice');
  await bob.person.expectFile('letter.txt', { complete: true });
  expect((await readFile(await bob.person.saveFile('letter.txt'))).equals(letter)).toBe(true);
});

test('a large file waits for bob’s word; he pauses it and goes on with it, and alice pauses it', async ({ pair: [alice, bob], folder }) => {
  test.setTimeout(240_000);
  const film = await makeLargeFile(folder, 'film.bin', FILM_BYTES, 11);
  await alice.person.sendFile('bob', film, PATIENCE);

  await test.step('bob is asked', async () => {
    await expectOf(bob, (state) => state.offered);
    await alice.person.expectNoTransfers();
    await bob.person.fetchFile('film.bin');
    await moreThan(bob, 0);
  });

  await test.step('bob pauses and goes on', async () => {
    await bob.person.pauseFile('film.bin');
    await expectOf(bob, (state) => state.paused);
    await Promise.all([alice, bob].map(({ person }) => person.expectNoTransfers()));
    const before = await bob.person.fileProgress('film.bin');
    await bob.person.resumeFile('film.bin');
    await moreThan(bob, before);
  });

  await test.step('alice pauses', async () => {
    await alice.person.pauseGiving('film.bin');
    await expectOf(bob, (state) => state.waitingFor('alice'));
    await bob.person.expectNoTransfers();
  });
});

test('bob’s disk is full midway: it is said, and goes on from there when there is room', async ({ server, pair: [alice, bob], folder }) => {
  test.setTimeout(180_000);
  const film = await makeLargeFile(folder, 'film.bin', FILM_BYTES, 12);
  await alice.person.sendFile('bob', film, PATIENCE);
  await bob.person.fetchFile('film.bin');
  await moreThan(bob, 0.1);
  const devtools = await bob.browser.context.newCDPSession(bob.person.page);
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin: server.url });
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: usage });
  await expectOf(bob, (state) => state.diskFull(''));
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: server.url });
  await bob.person.fetchFileAgain('film.bin', 'stopped');
  await moreThan(bob, 0.1);
  await bob.person.expectFile('film.bin', { complete: true, ...PATIENCE });
  expect(await digestFile(await bob.person.saveFile('film.bin', PATIENCE))).toBe(await digestFile(film));
});

test('bob passes a file on to carol without taking it in again', async ({ server, arrive, pair: [alice, bob] }) => {
  const carol = await arrive('carol', { initScript: NO_PLACES });
  await settle(carol, server.url);
  await befriend(bob, carol);
  const letter = Buffer.from('Dear all, '.repeat(200_000));
  await alice.person.sendFile('bob', { name: 'letter.txt', mime: 'text/plain', bytes: letter });
  await bob.person.openChat('alice');
  await bob.person.expectFile('letter.txt', { complete: true });
  await alice.browser.quit();
  const before = await shelved(bob);

  await bob.person.forwardFile('letter.txt', 'carol');
  await carol.person.openChat('bob');
  await carol.person.expectFile('letter.txt', { complete: true });
  expect((await readFile(await carol.person.saveFile('letter.txt'))).equals(letter)).toBe(true);
  expect(before).toHaveLength(1);
  expect(await shelved(bob)).toEqual(before);
});

test.describe('with a voice', () => {
  test.use({ as: { flags: ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'] } });

  test('alice speaks to bob, who hears it', async ({ pair: [alice, bob] }) => {
    await alice.person.recordVoice('bob', 2_000);
    await bob.person.playVoice();
    const words = await bob.person.words();
    // It plays to its end: then it can be played again.
    await bob.person.playVoice({ timeout: 15_000 });
    await expect(bob.person.page.getByText(words.files.failures.unplayable)).toHaveCount(0);
  });
});

test.describe('hostile', () => {
  const SCRIPT = '<script>parent.document.title = document.title = "owned"</script>';
  const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${SCRIPT}<rect width="64" height="64"/></svg>`;
  const PAGE = `<!doctype html><title>owned</title>${SCRIPT}`;

  test('pages and drawings are shown as files, whatever they call themselves', async ({ pair: [alice, bob] }) => {
    const files = [
      { name: 'drawing.svg', mime: 'image/svg+xml', bytes: Buffer.from(DRAWING) },
      { name: 'page.html', mime: 'text/html', bytes: Buffer.from(PAGE) },
      { name: 'cat.png', mime: 'image/png', bytes: Buffer.from(DRAWING) },
      { name: 'cat.jpg', mime: 'image/jpeg', bytes: Buffer.from(PAGE) },
    ];
    await alice.person.sendFile('bob', files);
    const { kinds, named, act, viewer } = (await bob.person.words()).files;
    for (const { name } of files) {
      await bob.person.expectFile(name, { complete: true });
      const message = await bob.person.fileMessage(name);
      await expect(message.locator('img, video, iframe, object, embed')).toHaveCount(0);
      await message.getByRole('button', { name: act.of(act.open, named(kinds.plain, name)), exact: true }).click();
      const dialog = bob.person.page.getByRole('dialog', { name, exact: true });
      await expect(dialog.getByText(viewer.nothing)).toBeVisible();
      await expect(dialog.locator('img, iframe, object, embed')).toHaveCount(0);
      await bob.person.closeDialog();
    }
    expect(await bob.person.page.title()).not.toContain('owned');
  });

  test('a picture that is none is not drawn, though alice’s browser swore that it is one', async ({ pair: [alice, bob] }) => {
    await alice.person.page.evaluate(liesAboutPictures, (await alice.person.page.screenshot()).toString('base64'));
    await alice.person.attachFiles('bob', { name: 'cat.png', mime: 'image/png', bytes: Buffer.from(DRAWING) });
    await alice.person.sendTray({ original: true });
    await bob.person.expectFile('cat.png', { complete: true });
    const { kinds, named } = (await bob.person.words()).files;
    const message = await bob.person.fileMessage('cat.png');
    // It came as a picture, and its place is kept; nothing is drawn there.
    await expect(message.getByRole('button', { name: named(kinds.picture, 'cat.png'), exact: true })).toBeVisible();
    const dialog = await bob.person.openPicture('cat.png');
    await expect(dialog).toBeVisible();
    for (const place of [message, dialog]) await expect(place.locator('img, iframe, object, embed')).toHaveCount(0);
    expect(await bob.person.page.title()).not.toContain('owned');
  });
});

/** Runs in alice's page: whatever she sends, the app takes it for this picture when it looks; what it sends is as it was. */
async function liesAboutPictures(encoded: string): Promise<void> {
  const picture = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([picture], { type: 'image/png' }));
  Blob.prototype.arrayBuffer = () => Promise.resolve(picture.slice().buffer);
  window.createImageBitmap = () => createImageBitmapOf(bitmap);

  function createImageBitmapOf({ width, height }: ImageBitmap): Promise<ImageBitmap> {
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    return Promise.resolve(canvas.transferToImageBitmap());
  }
}

/** Waits until it says so of the film at somebody's; of a sentence with figures in it, what stands before them. */
async function expectOf({ person }: Someone, sentence: (state: Words['files']['state']) => string): Promise<void> {
  const words = sentence((await person.words()).files.state);
  await expect(await person.fileMessage('film.bin')).toContainText(words.split(/ {2}|: {1}/)[0] ?? words);
}

async function moreThan({ person }: Someone, part: number): Promise<void> {
  await expect.poll(() => person.fileProgress('film.bin')).toBeGreaterThan(part);
}

/** Names and sizes of the files that lie sealed in somebody's browser. */
function shelved({ person }: Someone): Promise<readonly string[]> {
  return person.page.evaluate(async () => {
    const found: string[] = [];
    const shelves = await (await navigator.storage.getDirectory()).getDirectoryHandle('shelves');
    for await (const shelf of shelves.values()) {
      if (shelf.kind !== 'directory') continue;
      for await (const [name, file] of shelf.entries()) if (file.kind === 'file') found.push(`${name} ${(await file.getFile()).size}`);
    }
    return found.sort();
  });
}
