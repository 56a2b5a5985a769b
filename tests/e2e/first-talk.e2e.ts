/** The first slice, story by story: coming in, meeting, being seen, talking, and being away. */
import { LANGUAGES } from '../../src/i18n/languages.ts';
import { befriend, PASSWORD, scan, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

/** What "at once" means between friends (the issue's own word: within a second). */
const PROMPTLY = { timeout: 1_000 };

test.describe('coming in', () => {
  test('alice comes in with Chinese, bob with English, each by their own words', async ({ server, arrive }) => {
    const alice = await arrive('alice', { locale: 'zh-CN' });
    await alice.person.open(server.url);
    expect(await alice.person.language()).toBe('zh');
    await alice.person.register('爱丽丝', PASSWORD);
    await expect(alice.person.page.getByText(LANGUAGES.zh.words.list.emptyTitle)).toBeVisible();

    const bob = await arrive('bob', { locale: 'zh-CN' });
    await bob.person.open(server.url);
    await bob.person.setLanguage('en');
    await bob.person.register('bob', PASSWORD);
    await expect(bob.person.page.getByText(LANGUAGES.en.words.list.emptyTitle)).toBeVisible();
  });

  test('alice changes the language while she is in, and it stays over a reload', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.setLanguage('zh');
    await expect(alice.person.page.getByText(LANGUAGES.zh.words.list.emptyTitle)).toBeVisible();
    await alice.person.reload();
    expect(await alice.person.language()).toBe('zh');
    await alice.person.login('alice', PASSWORD);
  });

  test('a second alice is told at once that the name is taken in this browser', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.logOut();
    await alice.person.beginRegistration();
    await alice.person.typeUserName('alice');
    await alice.person.expectToRead((words) => words.failures['name-taken']);
    await alice.person.typeUserName('ALICE ');
    await alice.person.expectToRead((words) => words.failures['name-taken']);
  });

  test('alice is told that her password is weak, and is not let in with it', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await alice.person.open(server.url);
    await alice.person.beginRegistration();
    await alice.person.typeUserName('alice');
    for (const weak of ['123456', 'alice2024', 'password1']) {
      await alice.person.typePassword(weak);
      await alice.person.submitRegistration();
      await alice.person.expectToRead((words) => words.failures['password-weak']);
    }
  });

  test('alice must give back the right words before she is in', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await alice.person.open(server.url);
    const phrase = await alice.person.registerUpToWords('alice', PASSWORD);
    expect(phrase).toHaveLength(24);
    await alice.person.giveBackWords(phrase.map(() => 'zebra'));
    await alice.person.expectToRead((words) => words.phrase.wrong);
    await alice.person.giveBackWords(phrase);
    await alice.person.expectInside();
  });

  test('a wrong password is refused plainly, and the right one opens', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.lock();
    await alice.person.tryToUnlock('not the password at all');
    await alice.person.expectToRead((words) => words.failures['wrong-password']);
    await alice.person.unlock(PASSWORD);
    await alice.person.logOut();
    await alice.person.tryToLogIn('alice', 'not the password at all');
    await alice.person.expectToRead((words) => words.failures['wrong-password']);
    await alice.person.tryToLogIn('nobody', PASSWORD);
    await alice.person.expectToRead((words) => words.failures['no-such-account']);
    await alice.person.login('alice', PASSWORD);
  });
});

test.describe('meeting', () => {
  test("bob scans alice's code, accepts, and both see each other online", async ({ strangers: [alice, bob] }) => {
    const { picture, link } = await alice.person.inviteByCode();
    const scanned = await scan(picture, bob.browser.page);
    expect(scanned).toBe(link);
    await bob.person.accept(scanned);
    await alice.person.expectPresence('bob', 'online');
    await bob.person.expectPresence('alice', 'online');
  });

  test('bob, who has no account yet, opens the link, makes one and is asked about the invitation', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    const link = await alice.person.invite();
    const bob = await arrive('bob');
    await bob.person.open(link);
    await bob.person.register('bob', PASSWORD);
    await bob.person.acceptShownInvite();
    await alice.person.expectPresence('bob', 'online');
    await bob.person.expectPresence('alice', 'online');
  });

  test('bob declines, and nobody becomes a contact', async ({ strangers: [alice, bob] }) => {
    const link = await alice.person.invite();
    await bob.person.decline(link);
    await bob.person.expectContacts();
    await alice.person.expectContacts();
  });

  test('alice removes bob, and he is gone from her list with all they said', async ({ friends: [alice, bob] }) => {
    await alice.person.send('bob', 'we will not talk again');
    await bob.person.expectMessage('alice', 'we will not talk again');
    await alice.person.removeContact('bob');
    await alice.person.expectContacts();
    await bob.person.expectPresence('alice', 'offline');
  });
});

test.describe('being seen', () => {
  test("bob sees each change of alice's presence within a second", async ({ friends: [alice, bob] }) => {
    for (const presence of ['away', 'busy', 'online'] as const) {
      await alice.person.setPresence(presence);
      await bob.person.expectPresence('alice', presence, PROMPTLY);
    }
    await alice.person.setPresence('invisible');
    await bob.person.expectPresence('alice', 'offline', PROMPTLY);
    await alice.person.expectPresence('bob', 'online');
    await alice.person.setPresence('online');
    await bob.person.expectPresence('alice', 'online', PROMPTLY);
  });

  test('alice locks Parley, and bob sees her go offline within a second', async ({ friends: [alice, bob] }) => {
    await alice.person.lock();
    await bob.person.expectPresence('alice', 'offline', PROMPTLY);
    await alice.person.unlock(PASSWORD);
    await bob.person.expectPresence('alice', 'online');
  });

  test('alice does nothing for five minutes and is away; she moves and is back', async ({ strangers: [alice, bob] }) => {
    await alice.person.page.clock.install();
    await alice.person.reload();
    await alice.person.login('alice', PASSWORD);
    await befriend(alice, bob);
    await alice.person.page.clock.fastForward('05:30');
    await bob.person.expectPresence('alice', 'away');
    await alice.person.page.mouse.move(200, 200);
    await bob.person.expectPresence('alice', 'online');
  });
});

test.describe('talking', () => {
  test('messages appear at once, are delivered, and keep their order on both sides', async ({ friends: [alice, bob] }) => {
    const said: string[] = [];
    for (let number = 1; number <= 10; number++) {
      const [speaker, listener] = number % 2 === 1 ? [alice, bob] : [bob, alice];
      said.push(`number ${number} from ${speaker.name}`);
      await speaker.person.send(listener.name, `number ${number} from ${speaker.name}`);
      await listener.person.expectMessage(speaker.name, `number ${number} from ${speaker.name}`);
    }
    await alice.person.expectStatus('number 9 from alice', 'delivered');
    await bob.person.expectStatus('number 10 from bob', 'delivered');
    expect(await alice.person.messages('bob')).toEqual(said);
    expect(await bob.person.messages('alice')).toEqual(said);
  });

  test('alice writes several lines with Shift+Enter, and they arrive as she wrote them', async ({ friends: [alice, bob] }) => {
    await alice.person.typeDraft('bob', 'first line');
    const composer = await alice.person.composer();
    await composer.press('Shift+Enter');
    await composer.press('Shift+Enter');
    await composer.pressSequentially('  third line, indented');
    await alice.person.pressSend();
    await bob.person.expectMessage('alice', 'first line\n\n  third line, indented');
    expect(await bob.person.messages('alice')).toEqual(['first line\n\n  third line, indented']);
  });

  test('alice, looking elsewhere, sees how many messages wait for her, until she reads them', async ({ friends: [alice, bob] }) => {
    await bob.person.send('alice', 'one');
    await bob.person.send('alice', 'two');
    await alice.person.expectUnread('bob', 2);
    await alice.person.openChat('bob');
    await alice.person.expectUnread('bob', 0);
  });

  test('what was said survives a reload and a locked vault', async ({ friends: [alice, bob] }) => {
    await alice.person.send('bob', 'remember this');
    await bob.person.send('alice', 'I will');
    await alice.person.expectMessage('bob', 'I will');
    const said = await alice.person.messages('bob');
    await alice.person.reload();
    await alice.person.login('alice', PASSWORD);
    expect(await alice.person.messages('bob')).toEqual(said);
    await alice.person.lock();
    await expect(alice.person.page.getByText('remember this')).toHaveCount(0);
    await alice.person.unlock(PASSWORD);
    expect(await alice.person.messages('bob')).toEqual(said);
  });
});

test.describe('being away', () => {
  test('what alice writes while bob is locked out waits, and is delivered when he is back', async ({ friends: [alice, bob] }) => {
    await bob.person.lock();
    await alice.person.expectPresence('bob', 'offline');
    await alice.person.send('bob', 'for when you are back');
    await alice.person.expectStatus('for when you are back', 'queued');
    await bob.person.unlock(PASSWORD);
    await bob.person.expectMessage('alice', 'for when you are back');
    await alice.person.expectStatus('for when you are back', 'delivered');
  });

  test('both close their browsers, alice opens hers first and bob later, and the message arrives', async ({
    server,
    friends: [alice, bob],
  }) => {
    await alice.person.openChat('bob');
    await bob.browser.quit();
    await alice.person.expectPresence('bob', 'offline', { timeout: 40_000 });
    await alice.person.send('bob', 'written to a closed browser');
    await alice.person.expectStatus('written to a closed browser', 'queued');
    await alice.browser.quit();

    await alice.restart();
    await alice.person.open(server.url);
    await alice.person.login('alice', PASSWORD);
    expect(await alice.person.messages('bob')).toEqual(['written to a closed browser']);
    await bob.restart();
    await bob.person.open(server.url);
    await bob.person.login('bob', PASSWORD);
    await bob.person.expectMessage('alice', 'written to a closed browser');
    await alice.person.expectStatus('written to a closed browser', 'delivered');
  });

  test('with the server gone alice still opens Parley, reads everything and writes; it is delivered when the server is back', async ({
    server,
    friends: [alice, bob],
  }) => {
    await alice.person.send('bob', 'before the server went');
    await bob.person.expectMessage('alice', 'before the server went');
    await server.kill();
    await Promise.all([alice.restart(), bob.restart()]);

    await alice.person.open(server.url);
    await alice.person.login('alice', PASSWORD);
    await alice.person.expectConnection('offline');
    expect(await alice.person.messages('bob')).toEqual(['before the server went']);
    await alice.person.send('bob', 'while the server was gone');
    await alice.person.expectStatus('while the server was gone', 'queued');

    await bob.person.open(server.url);
    await bob.person.login('bob', PASSWORD);
    await server.start();
    await alice.person.expectConnection('online', { timeout: 60_000 });
    await bob.person.expectMessage('alice', 'while the server was gone', { timeout: 60_000 });
    await alice.person.expectStatus('while the server was gone', 'delivered');
  });
});
