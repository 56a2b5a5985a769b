/** The screens that send files and voices, before canned people: worked by the page object's verbs, in both languages. */
import type { LanguageName } from '../../src/i18n/languages.ts';
import { expect, test } from './harness-test.ts';

const BOB = { en: 'Bob Sinclair', zh: '王小明' } as const;
const file = (name: string, mime = 'application/zip') => ({ name, mime, bytes: new Uint8Array(1_000) });

for (const language of ['en', 'zh'] as const satisfies readonly LanguageName[]) {
  test(`files are attached, pasted and dropped, come back when they cannot be sent, and voices are recorded (${language})`, async ({
    harness,
    alice,
  }) => {
    const { person } = alice;
    const bob = BOB[language];
    await person.open(`${harness.url}?scene=files&lang=${language}`);

    await person.sendFile(bob, [file('one.zip'), file('two.zip')], { caption: 'both of them' });
    await expect(await person.message('me', 'both of them')).toContainText('one.zip');
    await person.expectFile('two.zip', { complete: true });

    await person.pasteFile(bob, file('pasted.zip'));
    await person.dropFiles(bob, file('gone.zip'));
    await person.removeFromTray('pasted.zip');
    await person.pressSend();
    await person.expectNotSent('gone.zip', ({ unreadable }) => unreadable);
    await person.removeFromTray('gone.zip');

    await person.recordVoice(bob, 1_000);
    await person.playVoice();
  });
}

test('it is said why no voice can be recorded', async ({ harness, alice }) => {
  const { person } = alice;
  await person.open(`${harness.url}?scene=files-deaf&lang=en`);
  await person.openChat(BOB.en);
  await person.page.getByRole('button', { name: (await person.words()).sending.voice.record, exact: true }).click();
  await person.expectNoVoice(({ refused }) => refused);
});
