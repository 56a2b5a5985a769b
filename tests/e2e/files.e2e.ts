/** Files between friends, from the picker of one to the screen of the other. */
import { readFile } from 'node:fs/promises';
import { befriend, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

/** The browser's own dialog for a place can be answered by nobody: it is saved as a download, as in other browsers. */
const NO_PLACES = 'delete window.showSaveFilePicker';

test.describe('files', () => {
  test('alice sends bob a picture and a letter: he sees the one, and saves the other as it was', async ({ server, arrive }) => {
    const [alice, bob] = [await arrive('alice'), await arrive('bob', { initScript: NO_PLACES })];
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await befriend(alice, bob);
    const picture = await alice.person.page.screenshot();
    const letter = Buffer.from('Dear bob, '.repeat(200_000));
    await alice.person.sendFile('bob', [
      { name: 'view.png', mime: 'image/png', bytes: picture },
      { name: 'letter.txt', mime: 'text/plain', bytes: letter },
    ]);
    await bob.person.openChat('alice');
    await expect((await bob.person.fileMessage('letter.txt')).first()).toBeVisible();
    await bob.person.expectFile('letter.txt', { complete: true });
    await bob.person.reload();
    await bob.person.openChat('alice');
    await bob.person.expectFile('letter.txt', { complete: true });
    const saved = await bob.person.saveFile('letter.txt');
    expect((await readFile(saved)).equals(letter)).toBe(true);
    for (const { complaints } of [alice, bob]) expect(complaints).toEqual([]);
  });
});
