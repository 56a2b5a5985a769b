/** Groups from their making to their end, by people at four browsers, in two languages. */
import { befriend, gather, PASSWORD, scan, settle, type Someone } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

/** Four browsers on two cores, and many things one after another. */
const STORY_TIMEOUT_MS = 240_000;
test.describe.configure({ timeout: STORY_TIMEOUT_MS });

const CHINESE = { locale: 'zh-CN' };

test('alice makes a group of friends, dave applies and is let in, they talk, and write on one board', async ({
  server,
  arrive,
  friends: [alice, bob],
}) => {
  const [carol, dave] = await Promise.all([arrive('carol', CHINESE), arrive('dave', CHINESE)]);
  await Promise.all([settle(carol, server.url), settle(dave, server.url)]);
  await befriend(alice, carol);

  await test.step('alice asks bob and carol in, and both come', async () => {
    await alice.person.createGroup('Harbour walk', { friends: ['bob', 'carol'], picture: await paintPicture(alice) });
    for (const { person } of [bob, carol]) await person.acceptGroupInvitation('Harbour walk');
    for (const { person } of [alice, bob, carol]) {
      await person.expectGroupPhase('Harbour walk', 'active');
      await person.expectMembers('Harbour walk', ['alice', 'bob', 'carol']);
    }
    await alice.person.expectEvent('Harbour walk', (events) => events.admitted('You', 'bob'));
    await bob.person.expectEvent('Harbour walk', (events) => events.admitted('alice', 'you'));
    await carol.person.expectRole('Harbour walk', 'alice', 'owner');
  });

  await test.step('they talk, call each other, and see how far it has come', async () => {
    await alice.person.sendToGroup('Harbour walk', 'We meet at the lighthouse.');
    for (const { person } of [bob, carol]) await person.expectGroupMessage('Harbour walk', 'alice', 'We meet at the lighthouse.');
    await alice.person.expectStatus('We meet at the lighthouse.', 'delivered');
    await alice.person.expectSpread('Harbour walk', 'me', 'We meet at the lighthouse.', { held: 2, of: 2, readBy: ['bob', 'carol'] });
    await bob.person.openChat('alice');
    await carol.person.mention('Harbour walk', 'bob', '你带相机吗？');
    await bob.person.expectMentioned('Harbour walk');
    await bob.person.expectGroupMessage('Harbour walk', 'carol', '@bob 你带相机吗？');
    await bob.person.expectMentioned('Harbour walk', false);
  });

  await test.step('dave comes by a link and waits until alice lets him in', async () => {
    const link = await alice.person.makeGroupLink('Harbour walk', { mode: 'approval', days: 7 });
    await dave.person.joinGroup(link, '我是 carol 的同事');
    await dave.person.expectGroupPhase('Harbour walk', 'applied');
    await alice.person.expectApplicationsWaiting('Harbour walk', 1);
    await alice.person.expectApplication('Harbour walk', 'dave', '我是 carol 的同事');
    await alice.person.approve('Harbour walk', 'dave');
    await alice.person.expectApplicationsWaiting('Harbour walk', 0);
    await dave.person.expectGroupPhase('Harbour walk', 'active');
    for (const { person } of [alice, bob, carol, dave]) await person.expectMembers('Harbour walk', ['alice', 'bob', 'carol', 'dave']);
    await carol.person.expectEvent('Harbour walk', (events) => events.admitted('alice', 'dave'));
  });

  await test.step('dave takes a name of his own; alice pins, announces and renames', async () => {
    await dave.person.setNickname('Harbour walk', '小戴');
    await alice.person.expectMembers('Harbour walk', ['alice', 'bob', 'carol', '小戴']);
    await dave.person.sendToGroup('Harbour walk', '大家好');
    await bob.person.expectGroupMessage('Harbour walk', '小戴', '大家好');
    await alice.person.pin('Harbour walk', 'me', 'We meet at the lighthouse.');
    await carol.person.expectPinned('Harbour walk', 'We meet at the lighthouse.');
    await alice.person.setTopic('Harbour walk', 'Every Sunday, whatever the weather');
    await alice.person.announce('Harbour walk', 'No walk on the 5th.');
    for (const { person } of [bob, carol, dave]) await person.expectAnnouncement('Harbour walk', 'No walk on the 5th.');
    await alice.person.expectAnnouncementReadBy('Harbour walk', 3, 3);
    await alice.person.rename('Harbour walk', 'Sunday walk');
    await carol.person.expectEvent('Sunday walk', (events) => events.renamed('alice', 'Sunday walk'));
    await bob.person.expectEvent('Sunday walk', (events) => events['topic-changed']('alice', 'Every Sunday, whatever the weather'));
    await dave.person.expectEvent('Sunday walk', (events) => events.pinned('alice'));
  });

  await test.step('bob and carol write on the board at the same time', async () => {
    await bob.person.writeOnBoard('Sunday walk', 'Bring: ');
    await carol.person.expectBoard('Sunday walk', 'Bring: ');
    await carol.person.writeOnBoard('Sunday walk', '');
    await Promise.all([bob.person.expectAtBoard('Sunday walk', 'carol'), carol.person.expectAtBoard('Sunday walk', 'bob')]);
    await Promise.all([bob.person.writeOnBoard('Sunday walk', 'a camera'), carol.person.writeOnBoard('Sunday walk', '一把雨伞')]);
    // Whoever writes into the midst of the other, nothing of either is lost.
    const letters = lettersOf('Bring: a camera一把雨伞');
    const boards = [bob, carol, dave].map(
      ({ person }) =>
        () =>
          person.board('Sunday walk'),
    );
    for (const board of boards) await expect.poll(async () => lettersOf(await board())).toBe(letters);
    expect(new Set(await Promise.all(boards.map((board) => board()))).size).toBe(1);
  });
});

test('who may do what: muting, removing, leaving, handing over, disbanding, and everybody sees who did it', async ({ server, arrive }) => {
  const [alice, bob, carol, dave] = await settleFour(server.url, arrive);
  const everybody = [alice, bob, carol, dave];
  await gather(alice, 'Chess', carol, dave);
  const { picture, link } = await alice.person.makeGroupCode('Chess');
  expect(await scan(picture, bob.person.page)).toBe(link);
  await bob.person.joinGroup(link);
  for (const { person } of everybody) await person.expectMembers('Chess', ['alice', 'bob', 'carol', 'dave']);

  await test.step('a member is offered nothing that only admins may do', async () => {
    const { member, settings, invites } = (await carol.person.words()).groups;
    expect(await carol.person.actsOn('Chess', 'bob')).toEqual([member.mention]);
    const info = await carol.person.openGroupInfo('Chess', 'settings');
    await expect(info.getByText(settings.adminsOnly)).toBeVisible();
    await expect(info.getByRole('textbox', { name: settings.name, exact: true })).toBeDisabled();
    await expect(info.getByRole('checkbox', { name: settings.muteAll, exact: true })).toBeDisabled();
    await expect(info.getByRole('button', { name: settings.disband, exact: true })).toHaveCount(0);
    await expect((await carol.person.openGroupInfo('Chess', 'invites')).getByText(invites.notAllowed)).toBeVisible();
  });

  await test.step('bob becomes an admin: over members, not over the owner', async () => {
    await alice.person.makeAdmin('Chess', 'bob');
    await carol.person.expectEvent('Chess', (events) => events['made-admin']('alice', 'bob'));
    await dave.person.expectRole('Chess', 'bob', 'admin');
    const { member } = (await bob.person.words()).groups;
    await expect.poll(() => bob.person.actsOn('Chess', 'carol')).toEqual([member.mention, member.mute, member.remove]);
    expect(await bob.person.actsOn('Chess', 'alice')).toEqual([member.mention]);
  });

  await test.step('bob mutes carol, who is told why, and unmutes her', async () => {
    await bob.person.mute('Chess', 'carol');
    await carol.person.expectCannotWrite('Chess', (closed) => closed.mutedForGood);
    await alice.person.expectEvent('Chess', (events) => events['muted-for-good']('bob', 'carol'));
    await carol.person.expectEvent('Chess', (events) => events['muted-for-good']('bob', '你'));
    await bob.person.unmute('Chess', 'carol');
    await carol.person.expectCanWrite('Chess');
    await carol.person.sendToGroup('Chess', '谢谢');
    await dave.person.expectGroupMessage('Chess', 'carol', '谢谢');
  });

  await test.step('alice mutes all but the admins', async () => {
    await alice.person.muteAll('Chess');
    await dave.person.expectCannotWrite('Chess', (closed) => closed.allMuted);
    await bob.person.expectCanWrite('Chess');
    await bob.person.sendToGroup('Chess', 'An admin may speak.');
    await dave.person.expectGroupMessage('Chess', 'bob', 'An admin may speak.');
    await alice.person.muteAll('Chess', false);
    await dave.person.expectCanWrite('Chess');
    await dave.person.expectEvent('Chess', (events) => events['all-unmuted']('alice'));
  });

  await test.step('bob removes dave, who reads it, and reads nothing that is said afterwards', async () => {
    await dave.person.sendToGroup('Chess', 'My last word');
    await alice.person.expectGroupMessage('Chess', 'dave', 'My last word');
    await bob.person.kick('Chess', 'dave');
    await dave.person.expectCannotWrite('Chess', (closed) => closed.removed);
    await dave.person.expectGroupPhase('Chess', 'removed');
    await dave.person.expectEvent('Chess', (events) => events.removed('bob', '你'));
    await alice.person.expectEvent('Chess', (events) => events.removed('bob', 'dave'));
    await alice.person.expectMembers('Chess', ['alice', 'bob', 'carol']);
    await alice.person.sendToGroup('Chess', 'Said without dave');
    await carol.person.expectGroupMessage('Chess', 'alice', 'Said without dave');
    await alice.person.expectSpread('Chess', 'me', 'Said without dave', { held: 2, of: 2 });

    await dave.restart();
    await dave.person.open(server.url);
    await dave.person.login('dave', PASSWORD);
    await dave.person.expectConnection('online');
    await dave.person.expectCannotWrite('Chess', (closed) => closed.removed);
    // Were there a way to him, what is said now would take it.
    await carol.person.sendToGroup('Chess', '他回来了吗？');
    await bob.person.expectGroupMessage('Chess', 'carol', '他回来了吗？');
    const heard = (await dave.person.groupTalk('Chess')).map(({ text }) => text);
    expect(heard).toContain('My last word');
    expect(heard).not.toContain('Said without dave');
    expect(heard).not.toContain('他回来了吗？');
    await dave.person.forgetGroup('Chess');
  });

  await test.step('carol leaves', async () => {
    await carol.person.leaveGroup('Chess');
    await carol.person.expectGroupPhase('Chess', 'left');
    await carol.person.expectCannotWrite('Chess', (closed) => closed.left);
    await alice.person.expectEvent('Chess', (events) => events.left('carol'));
    await bob.person.expectMembers('Chess', ['alice', 'bob']);
  });

  await test.step('alice hands the group over to bob, who disbands it', async () => {
    await alice.person.transfer('Chess', 'bob');
    await bob.person.acceptOwnership('Chess');
    await alice.person.expectEvent('Chess', (events) => events['became-owner']('bob'));
    await alice.person.expectRole('Chess', 'bob', 'owner');
    await alice.person.expectRole('Chess', 'alice', 'admin');
    const info = await alice.person.openGroupInfo('Chess', 'settings');
    await expect(info.getByRole('button', { name: (await alice.person.words()).groups.settings.disband, exact: true })).toHaveCount(0);
    await bob.person.disband('Chess');
    for (const { person } of [alice, bob]) {
      await person.expectCannotWrite('Chess', (closed) => closed.disbanded);
      await person.expectGroupPhase('Chess', 'disbanded');
    }
    await alice.person.expectEvent('Chess', (events) => events.disbanded('bob'));
  });
});

test('carol comes back when only bob is online, and has from him what alice said', async ({ server, arrive }) => {
  const [alice, bob, carol] = await Promise.all([arrive('alice'), arrive('bob'), arrive('carol', CHINESE)]);
  await Promise.all([alice, bob, carol].map((each) => settle(each, server.url)));
  await gather(alice, 'Letters', bob, carol);
  await carol.person.sendToGroup('Letters', '我先走了');
  for (const { person } of [alice, bob]) await person.expectGroupMessage('Letters', 'carol', '我先走了');
  await carol.browser.quit();

  const said = ['The first thing you missed', 'The second', 'And the third'];
  for (const text of said) await alice.person.sendToGroup('Letters', text);
  await alice.person.rename('Letters', 'Old letters');
  await bob.person.expectGroupMessage('Old letters', 'alice', 'And the third');
  await alice.person.expectSpread('Old letters', 'me', 'And the third', { held: 1, of: 2, readBy: ['bob'] });
  await alice.person.expectStatus('And the third', 'sent');
  await alice.browser.quit();

  await carol.restart();
  await carol.person.open(server.url);
  await carol.person.login('carol', PASSWORD);
  await carol.person.expectGroupMessage('Old letters', 'alice', 'And the third');
  const heard = await carol.person.groupTalk('Old letters');
  expect(heard.filter(({ by }) => by === 'alice').map(({ text }) => text)).toEqual(said);
  await bob.person.expectSpread('Old letters', 'alice', 'And the third', { held: 2, of: 2, readBy: ['carol'] });

  await alice.restart();
  await alice.person.open(server.url);
  await alice.person.login('alice', PASSWORD);
  await alice.person.openChat('Old letters');
  await alice.person.expectStatus('And the third', 'delivered');
});

/** Two who read English, two who read Chinese; nobody knows anybody. */
async function settleFour(
  url: string,
  arrive: (name: string, options?: typeof CHINESE) => Promise<Someone>,
): Promise<readonly [alice: Someone, bob: Someone, carol: Someone, dave: Someone]> {
  const four = await Promise.all([arrive('alice'), arrive('bob'), arrive('carol', CHINESE), arrive('dave', CHINESE)]);
  await Promise.all(four.map((each) => settle(each, url)));
  return four;
}

/** All letters of a text, in an order of their own. */
function lettersOf(text: string): string {
  return Array.from(text).sort().join('');
}

/** A lighthouse, as somebody might draw it; their browser serves as the brush. */
async function paintPicture({ person }: Someone): Promise<Buffer> {
  const encoded = await person.page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 320;
    const brush = canvas.getContext('2d');
    if (brush === null) throw new Error('No canvas.');
    const paint = (colour: string, ...[x, y, width, height]: [number, number, number, number]) => {
      brush.fillStyle = colour;
      brush.fillRect(x, y, width, height);
    };
    paint('#9fc4d8', 0, 0, 320, 220);
    paint('#2f5d73', 0, 220, 320, 100);
    paint('#f4efe6', 130, 90, 60, 160);
    paint('#b5402c', 130, 130, 60, 40);
    paint('#f2c14e', 140, 60, 40, 30);
    return canvas.toDataURL('image/png').replace('data:image/png;base64,', '');
  });
  return Buffer.from(encoded, 'base64');
}
