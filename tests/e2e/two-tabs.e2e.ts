/** One tab owns the account; another may ask for it. */
import { PASSWORD, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

test('alice opens a second tab, is told of the first, and uses Parley in the second instead', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await settle(alice, server.url);
  const second = await alice.openTab();
  await second.open(server.url);
  await second.expectToRead((words) => words.elsewhere.title);
  await second.useHere();
  await alice.person.expectNotInside();
  await second.login('alice', PASSWORD);
  await second.expectInside();
});

test('alice leaves the second tab alone, and goes on in the first', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await settle(alice, server.url);
  const second = await alice.openTab();
  await second.open(server.url);
  await second.expectToRead((words) => words.elsewhere.title);
  await second.stayElsewhere();
  await second.tryToLogIn('alice', PASSWORD);
  await second.expectToRead((words) => words.elsewhere.title);
  await second.stayElsewhere();
  await second.expectNotInside();
  await alice.person.expectInside();
});

test('messages sent while alice changes tabs arrive once, in the tab she uses', async ({ server, friends: [alice, bob] }) => {
  await bob.person.openChat('alice');
  const second = await alice.openTab();
  await second.open(server.url);
  await second.expectToRead((words) => words.elsewhere.title);
  await bob.person.send('alice', 'before the change');
  await second.useHere();
  await bob.person.send('alice', 'during the change');
  await second.login('alice', PASSWORD);
  await second.expectInside();
  await bob.person.send('alice', 'after the change');
  await second.expectMessage('bob', 'after the change');
  expect(await second.messages('bob')).toEqual(['before the change', 'during the change', 'after the change']);
});
