/** The screens that show files, before canned people: anybody can read and work them. */
import { LANGUAGES } from '../../src/i18n/languages.ts';
import { lookAt } from '../support/looking.ts';
import { expect, test } from './harness-test.ts';

const CAST = { en: { bob: 'Bob Sinclair', walkers: 'Saturday walkers' }, zh: { bob: '王小明', walkers: '周末徒步小队' } } as const;
const FILM = { name: 'film.mov', mime: 'video/quicktime', bytes: new Uint8Array(1_000) };

for (const [language, theme] of [
  ['en', 'light'],
  ['zh', 'dark'],
] as const) {
  test(`every screen of files can be read, ${language}, ${theme}`, async ({ alice: { person }, harness }) => {
    const { page } = person;
    const { bob, walkers } = CAST[language];
    const { files } = LANGUAGES[language].words;
    const look = (name: string) => lookAt(page, `files-${name}-${language}-${theme}`);
    await person.open(`${harness.url}?scene=files-still&lang=${language}&theme=${theme}`);

    await person.openChat(walkers);
    await page.getByRole('button', { name: files.takers.some(2, 5) }).click();
    await look('takers');
    await page.keyboard.press('Escape');

    await person.openChat(bob);
    await look('talk');
    await person.openPicture('walk-1.jpg');
    await look('picture');
    await page.keyboard.press('Escape');
    await person.attachFiles(bob, FILM);
    await person.expectToRead(LANGUAGES[language].words.sending.tray.traces(FILM.name));
    await look('tray');
    await person.removeFromTray(FILM.name);

    await person.openMedia(bob);
    await look('media');
    await page
      .getByRole('button', { name: /\.pdf$/ })
      .first()
      .click();
    await expect(page.getByRole('img', { name: files.viewer.page(1, 2) })).toBeVisible();
    await look('pdf');
    await page.keyboard.press('Escape');
    await person.closeContactInfo();

    const storage = await person.openStorage();
    await look('storage');
    await storage.getByRole('listitem').getByRole('button').first().click();
    await look('storage-of-a-talk');
  });
}

test('a full disk leads to what takes room, and what is deleted there is gone from the talk', async ({ alice: { person }, harness }) => {
  const { page } = person;
  const { files } = LANGUAGES.en.words;
  await person.open(`${harness.url}?scene=files-still&lang=en`);
  await person.openMedia(CAST.en.bob);
  await page.getByRole('button', { name: files.act.of(files.act.jump, 'model.stl') }).click();
  await page.getByRole('button', { name: files.act.of(files.act.room, 'model.stl') }).click();
  const storage = page.getByRole('dialog', { name: files.storage.title });
  await storage.getByRole('button', { name: new RegExp(CAST.en.bob) }).click();
  await page
    .getByRole('checkbox', { name: /Notes of Tuesday/ })
    .first()
    .check();
  await page.getByRole('button', { name: files.storage.delete }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: files.storage.deleteConfirm }).click();
  await expect(page.getByRole('checkbox', { name: /Notes of Tuesday\.txt/ })).toHaveCount(0);
});
