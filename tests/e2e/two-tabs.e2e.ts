/** One tab owns the account; another may ask for it. */
import { PASSWORD, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

test('alice opens a second tab, is told of the first at once, and uses Parley in the second instead', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await settle(alice, server.url);
  const second = await alice.openTab();
  await second.open(server.url);
  await second.expectToRead((words) => words.elsewhere.title);
  await second.useHere();
  await second.login('alice', PASSWORD);
  await alice.person.expectNotInside();
  await alice.person.expectToRead((words) => words.elsewhere.title);
});

test('alice leaves the second tab as it is and goes on in the first; asked again later, it takes over', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await settle(alice, server.url);
  const second = await alice.openTab();
  await second.open(server.url);
  await second.stayElsewhere();
  await alice.person.expectInside();
  await second.tryToLogIn('alice', PASSWORD);
  await second.expectToRead((words) => words.elsewhere.title);
  await alice.person.expectInside();
  await second.useHere();
  await second.expectInside();
  await alice.person.expectNotInside();
});

test('messages sent while alice changes tabs arrive once, in the tab she uses', async ({ server, friends: [alice, bob] }) => {
  await bob.person.openChat('alice');
  const second = await alice.openTab();
  await second.open(server.url);
  await bob.person.send('alice', 'before the change');
  await second.useHere();
  await bob.person.send('alice', 'during the change');
  await second.login('alice', PASSWORD);
  await bob.person.send('alice', 'after the change');
  await second.expectMessage('bob', 'after the change');
  expect(await second.messages('bob')).toEqual(['before the change', 'during the change', 'after the change']);
});
