/** The screens of groups, before canned people: anybody can read and work them, by every verb, on a desk and in a hand. */
import { LANGUAGES, type LanguageName } from '../../src/i18n/languages.ts';
import { lookAt } from '../support/looking.ts';
import type { Person } from '../support/person.ts';
import type { Site } from '../support/site.ts';
import { expect, test } from './harness-test.ts';

/** What the canned people and groups are called (tests/ui/fake-groups.ts). */
const CAST = {
  en: {
    me: 'Alice',
    bob: 'Bob Sinclair',
    carol: 'Carol',
    eve: 'Eve',
    henrik: 'Henrik',
    walkers: 'Saturday walkers',
    chess: 'Chess club',
    bakers: 'Bread bakers',
  },
  zh: {
    me: '林黛玉',
    bob: '王小明',
    carol: '陈静',
    eve: '周杰',
    henrik: '老韩',
    walkers: '周末徒步小队',
    chess: '围棋社',
    bakers: '面包烘焙群',
  },
} as const;
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const HAND = { width: 390, height: 844 };

function sceneOf(harness: Site, scene: string, language: LanguageName, theme = 'light'): string {
  return `${harness.url}?scene=${scene}&lang=${language}&theme=${theme}`;
}

for (const [language, theme] of [
  ['en', 'light'],
  ['zh', 'dark'],
] as const) {
  test(`every screen of groups can be read, ${language}, ${theme}`, async ({ alice: { person }, harness }) => {
    test.setTimeout(300_000);
    const { walkers, chess, bob } = CAST[language];
    const { page } = person;
    const look = (name: string) => lookAt(page, `group-${name}-${language}-${theme}`);
    const open = (scene: string) => person.open(sceneOf(harness, scene, language, theme));

    await open('inside');
    await person.expectGroupPhase(chess, 'applied');
    await look('list');
    await person.openChat(chess);
    await look('waiting');

    await open('groups');
    await person.openChat(walkers);
    await look('chat');
    for (const tab of ['members', 'invites', 'settings'] as const) {
      await person.openGroupInfo(walkers, tab);
      if (tab === 'invites') await person.makeGroupLink(walkers);
      await look(tab);
    }
    await person.closeGroupInfo();
    await (await person.composer()).pressSequentially('@');
    await look('mention');

    for (const scene of ['group-alerts', 'group-muted']) {
      await open(scene);
      await expect(page.getByRole('main', { name: walkers, exact: true })).toBeVisible();
      await look(scene);
    }
    await open('group-big');
    await expect(page.getByRole('tabpanel').getByText(LANGUAGES[language].words.groups.members(256), { exact: true })).toBeVisible();
    await look('big');
    await open('board');
    await person.expectAtBoard(walkers, bob);
    await look('board');
    for (const scene of ['new-group', 'join']) {
      await open(scene);
      await expect(page.getByRole('dialog')).toBeVisible();
      await look(scene);
    }
  });
}

for (const [language, size] of [
  ['en', undefined],
  ['zh', HAND],
] as const) {
  test(`what can be done in a group is done by its verb, ${language}, ${size ? 'in a hand' : 'on a desk'}`, async ({
    alice: { person },
    harness,
  }) => {
    test.setTimeout(180_000);
    if (size) await person.page.setViewportSize(size);
    await person.open(sceneOf(harness, 'groups', language));
    await rule(person, language);
    await talk(person, language);
    await end(person, language);
  });

  test(`how one comes into a group, ${language}, ${size ? 'in a hand' : 'on a desk'}`, async ({ alice: { person }, harness }) => {
    if (size) await person.page.setViewportSize(size);
    const { me, bob, carol, bakers, chess } = CAST[language];
    await person.open(sceneOf(harness, 'inside', language));
    await person.createGroup('Book club', { friends: [bob], history: 7, picture: PICTURE });
    await person.expectMembers('Book club', [me, bob]);
    await person.inviteToGroup('Book club', carol);
    await person.expectMembers('Book club', [me, bob, carol]);

    await person.open(sceneOf(harness, 'groups', language));
    await person.acceptGroupInvitation(bakers);
    await person.expectGroupPhase(bakers, 'applied');
    await person.withdrawApplication(chess);
    await person.pasteGroupLink('not a link at all');
    await person.expectToRead((words) => words.groups.join.notAnInvite);
    await person.closeDialog();
    await person.pasteGroupLink('https://parley.example/#g=chess');
    await person.joinShownGroup('hello');
    await person.expectGroupPhase(chess, 'applied');

    await person.open(sceneOf(harness, 'group-alerts', language));
    await person.acceptOwnership(CAST[language].walkers);
    await person.open(sceneOf(harness, 'group-muted', language));
    await person.leaveGroup(CAST[language].walkers);
    await person.expectCannotWrite(CAST[language].walkers, (closed) => closed.left);
  });
}

async function rule(person: Person, language: LanguageName): Promise<void> {
  const { me, bob, carol, eve, henrik, walkers } = CAST[language];
  await person.expectApplication(walkers, henrik);
  await person.approve(walkers, henrik);
  await person.expectRole(walkers, me, 'owner');
  await person.kick(walkers, eve);
  await person.mute(walkers, carol, 'hour');
  await person.unmute(walkers, carol);
  await person.takeAdmin(walkers, carol);
  await person.expectRole(walkers, carol, 'member');
  await person.makeAdmin(walkers, carol);
  await person.expectRole(walkers, carol, 'admin');
  await person.muteAll(walkers);
  await person.muteAll(walkers, false);
  await person.setTopic(walkers, 'Hills');
  await person.setNickname(walkers, 'Captain');
  await person.setGroupPicture(walkers, PICTURE);
  await person.setHistory(walkers, 30);
  await person.setWhoInvites(walkers, 'everybody');
  await person.setNotify(walkers, 'mentions');
  await person.announce(walkers, 'News for all');
  await person.transfer(walkers, bob);
  expect(await person.makeGroupLink(walkers, { mode: 'auto', days: 1, uses: 10 })).toContain('#g=');
  await person.revokeGroupLinks(walkers);
  await person.closeGroupInfo();
  await person.expectAnnouncement(walkers, 'News for all');
}

async function talk(person: Person, language: LanguageName): Promise<void> {
  const { bob, carol, walkers } = CAST[language];
  await person.sendToGroup(walkers, 'hello all');
  await person.expectGroupMessage(walkers, bob, 'hello all?');
  await person.pin(walkers, bob, 'hello all?');
  await person.expectPinned(walkers, 'hello all?');
  await person.unpin(walkers, bob, 'hello all?');
  await person.expectSpread(walkers, 'me', 'hello all', { held: 4, of: 7, readBy: [bob] });
  await person.mention(walkers, carol, 'are you there');
  await person.mention(walkers, 'all', 'listen');
  await person.writeOnBoard(walkers, 'Zed');
  await person.expectBoard(walkers, /Zed/);
  await person.expectAtBoard(walkers, bob);
  await person.closeBoard();
}

async function end(person: Person, language: LanguageName): Promise<void> {
  const { you } = LANGUAGES[language].words.groups;
  await person.rename(CAST[language].walkers, 'Walkers');
  await person.closeGroupInfo();
  await person.expectEvent('Walkers', (events) => events.renamed(you.subject, 'Walkers'));
  await person.disband('Walkers');
  await person.closeGroupInfo();
  await person.expectCannotWrite('Walkers', (closed) => closed.disbanded);
  await person.forgetGroup('Walkers');
}

test('an input method takes its own Enter while a name is being looked for', async ({ alice: { person }, harness }) => {
  await person.open(sceneOf(harness, 'group', 'zh'));
  const composer = await person.composer();
  await composer.pressSequentially('你好@');
  const list = person.page.getByRole('listbox');
  await expect(list).toBeVisible();
  const keyboard = await person.page.context().newCDPSession(person.page);
  await keyboard.send('Input.imeSetComposition', { text: 'wang', selectionStart: 4, selectionEnd: 4 });
  await composer.dispatchEvent('keydown', { key: 'Enter', code: 'Enter', keyCode: 229, which: 229, bubbles: true, cancelable: true });
  await expect(composer).toHaveValue('你好@wang');
  await keyboard.send('Input.insertText', { text: '王' });
  await expect(list.getByRole('option')).toHaveCount(1);
  await person.page.keyboard.press('Enter');
  await expect(composer).toHaveValue('你好@王小明 ');
  await expect(list).toHaveCount(0);
});

test('a pinned message of long ago is found', async ({ alice: { person }, harness }) => {
  await person.open(sceneOf(harness, 'group', 'en'));
  const { pinned } = LANGUAGES.en.words.groups;
  const bar = person.page.getByRole('region', { name: pinned.region, exact: true });
  await bar.getByRole('button', { name: pinned.next, exact: true }).click();
  await bar.getByRole('button', { name: /Count me in/ }).click();
  await expect(person.page.getByRole('log').getByText('Count me in.').first()).toBeInViewport();
});

test('256 members: only those on screen are in the page, and the search finds the others', async ({ alice: { person }, harness }) => {
  await person.open(sceneOf(harness, 'group-big', 'en'));
  const { panel } = LANGUAGES.en.words.groups;
  const list = person.page.getByRole('list', { name: panel.members, exact: true });
  await expect(list.getByRole('listitem').first()).toBeVisible();
  expect(await list.getByRole('listitem').count()).toBeLessThan(60);
  await person.page.getByRole('searchbox', { name: panel.search, exact: true }).fill('hopper 252');
  await expect(list.getByRole('listitem')).toHaveCount(1);
});
