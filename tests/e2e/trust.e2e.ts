/** Keys, passwords, backups, and being sure of somebody: what only real browsers can show. */
import { copyFile } from 'node:fs/promises';
import { befriend, PASSWORD, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

const NEXT_PASSWORD = 'granite-violin-harbour-27';
const FILE_PASSWORD = 'ember-cactus-saddle-61';

test.describe('getting in', () => {
  test('alice is in again after a reload; set to ask every time, she is asked', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.reload();
    await alice.person.expectInside();
    await alice.person.setLogInLasts(0);
    await alice.person.reload();
    await alice.person.expectNotInside();
    await alice.person.login('alice', PASSWORD);
    await alice.person.lock();
    await alice.person.reload();
    await alice.person.expectNotInside();
  });

  test('alice changes her password: the old one is refused, the new one opens', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.changePassword(PASSWORD, NEXT_PASSWORD);
    await alice.person.lock();
    await alice.person.tryToUnlock(PASSWORD);
    await alice.person.expectToRead(/./u);
    await alice.person.expectNotInside();
    await alice.person.unlock(NEXT_PASSWORD);
  });

  test('alice has forgotten her password and comes back with her 24 words', async ({ server, friends: [alice, bob], arrive }) => {
    await bob.person.send('alice', 'before');
    const carol = await arrive('carol');
    await carol.person.open(server.url);
    const words = await carol.person.register('carol', PASSWORD);
    await befriend(carol, alice);
    await alice.person.send('carol', 'remember this');
    await carol.person.expectMessage('alice', 'remember this');
    await carol.person.logOut();
    await carol.person.recover('carol', words, NEXT_PASSWORD);
    expect(await carol.person.messages('alice')).toEqual(['remember this']);
    await carol.person.lock();
    await carol.person.unlock(NEXT_PASSWORD);
  });

  test('after too many wrong passwords alice has to wait, and reloading the page does not help', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.lock();
    const words = await alice.person.words();
    const unlock = alice.person.page.getByRole('button', { name: words.logIn.unlock });
    const haveToWait = alice.person.page.getByText(words.logIn.lockedOut('').replace(/\W+$/u, ''));
    // Five are free: the sixth at the latest is answered with the wait.
    for (let tries = 1; tries <= 6 && !(await haveToWait.isVisible()); tries++) {
      await alice.person.tryToUnlock(`wrong ${tries} wrong wrong`);
      await expect(unlock.and(alice.person.page.locator(':not([aria-busy="true"])'))).toBeVisible();
    }
    await expect(haveToWait).toBeVisible();
    await alice.person.reload();
    await alice.person.tryToLogIn('alice', PASSWORD);
    await expect(haveToWait).toBeVisible();
    await alice.person.expectNotInside();
  });

  test('alice opens her account by passkey', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url.replace('127.0.0.1', 'localhost'));
    const session = await alice.person.page.context().newCDPSession(alice.person.page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        hasPrf: true,
        isUserVerified: true,
      },
    });
    await alice.person.addPasskey();
    await alice.person.lock();
    await alice.person.logInWithPasskey('alice');
  });

  test('alice deletes her account: nothing of it is left, and the name is free', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    await alice.person.deleteAccount(PASSWORD);
    await alice.person.open(server.url);
    await alice.person.register('alice', NEXT_PASSWORD);
    await alice.person.expectContacts();
  });

  test('two accounts in one browser know nothing of each other', async ({ server, friends: [alice, bob] }) => {
    await bob.person.send('alice', 'for alice alone');
    await alice.person.logOut();
    await alice.person.open(server.url);
    await alice.person.register('alicia', NEXT_PASSWORD);
    await alice.person.expectContacts();
    await alice.person.logOut();
    await alice.person.login('alice', PASSWORD);
    expect(await alice.person.messages('bob')).toEqual(['for alice alone']);
  });
});

test.describe('backup', () => {
  test('alice backs up in one browser, restores in a fresh one, and the talk goes on both ways', async ({ server, friends, arrive }) => {
    const [alice, bob] = friends;
    await alice.person.send('bob', 'said before');
    await alice.person.expectStatus('said before', 'delivered');
    const file = test.info().outputPath('alice.parley');
    // What a browser has downloaded goes when it does.
    await copyFile(await alice.person.backUp(FILE_PASSWORD), file);
    await alice.browser.kill();

    const again = await arrive('alice');
    await again.person.open(server.url);
    await again.person.restore(file, { password: FILE_PASSWORD });
    expect(await again.person.messages('bob')).toEqual(['said before']);
    await again.person.send('bob', 'back again');
    await bob.person.expectMessage('alice', 'back again');
    await bob.person.send('alice', 'good to see you');
    await again.person.expectMessage('bob', 'good to see you');
    await again.person.expectStatus('back again', 'delivered');
  });

  test('a wrong password for the file changes nothing', async ({ server, arrive }) => {
    const alice = await arrive('alice');
    await settle(alice, server.url);
    const file = await alice.person.backUp(FILE_PASSWORD);
    const again = await arrive('alice');
    await again.person.open(server.url);
    await again.person.tryToRestore(file, { password: 'not-the-password-99-x' });
    await again.person.expectToRead((words) => words.failures['backup-wrong-key']);
    await again.person.expectNotInside();
  });
});

test.describe('being sure of somebody', () => {
  test('the safety numbers of alice and bob are equal; scanning each other makes both verified', async ({ friends: [alice, bob] }) => {
    const seen = await alice.person.safetyNumber('bob');
    expect(seen).toMatch(/^(\d{5} ){11}\d{5}$/u);
    expect(await bob.person.safetyNumber('alice')).toBe(seen);
    await bob.person.scanSafetyCode('alice', await alice.person.safetyCode('bob'));
    await bob.person.closeDialog();
    await bob.person.expectVerified('alice');
    await alice.person.expectVerified('bob', false);
    await alice.person.verify('bob');
  });

  test('mallory stands between alice and bob under their names: the numbers differ', async ({ server, arrive }) => {
    const [alice, bob] = [await arrive('alice'), await arrive('bob')];
    const [falseBob, falseAlice] = [await arrive('bob'), await arrive('alice')];
    for (const someone of [alice, bob, falseBob, falseAlice]) await settle(someone, server.url);
    // Mallory came by alice's link to bob, took it herself, and handed bob one of her own.
    await falseBob.person.accept(await alice.person.invite());
    await bob.person.accept(await falseAlice.person.invite());
    expect(await alice.person.safetyNumber('bob')).not.toBe(await bob.person.safetyNumber('alice'));
  });

  test('somebody else called bob comes: alice is asked who it is before anything is sent', async ({ server, friends: [alice], arrive }) => {
    await alice.person.verify('bob');
    const other = await arrive('bob');
    await settle(other, server.url);
    await other.person.accept(await alice.person.invite());
    // The newest talk stands on top of the list.
    const rows = alice.person.page.getByRole('navigation').getByRole('button', { name: 'bob', exact: true });
    await expect(rows).toHaveCount(2);
    await rows.first().click();
    await alice.person.expectToRead((words) => words.review.title('bob'));
  });
});
