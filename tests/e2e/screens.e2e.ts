/** Every main screen in both languages, light and dark, on a desk and in a hand: nothing sticks out, and anybody can read it. */
import { LANGUAGE_NAMES } from '../../src/i18n/languages.ts';
import { lookAt } from '../support/looking.ts';
import { PASSWORD, type Someone } from '../support/people.ts';
import type { Person } from '../support/person.ts';
import { test } from './parley-test.ts';

const THEMES = ['light', 'dark'] as const;

for (const language of LANGUAGE_NAMES) {
  for (const theme of THEMES) {
    test(`screens outside, ${language}, ${theme}`, async ({ server, arrive }) => {
      const alice = await arrive('alice', { locale: language === 'zh' ? 'zh-CN' : 'en-US' });
      await alice.person.open(server.url);
      await alice.person.page.emulateMedia({ colorScheme: theme });
      const look = (name: string) => lookAt(alice.person.page, `${name}-${language}-${theme}`);
      await look('welcome');
      await alice.person.beginRegistration();
      await alice.person.typeUserName('alice');
      await alice.person.typePassword('123456');
      await alice.person.submitRegistration();
      await alice.person.expectToRead((words) => words.failures['password-weak']);
      await look('register');
      const phrase = await alice.person.registerUpToWords('alice', PASSWORD);
      await look('words');
      await alice.person.giveBackWords(phrase);
      await alice.person.expectInside();
      await look('nobody-yet');
      await alice.person.lock();
      await look('locked');
    });
  }
}

test('screens inside, in every language, theme and size', async ({ friends: [alice, bob] }) => {
  test.setTimeout(240_000);
  await converse(alice, bob);
  const person = alice.person;
  for (const language of LANGUAGE_NAMES) {
    await person.setLanguage(language);
    for (const theme of THEMES) {
      await person.page.emulateMedia({ colorScheme: theme });
      const look = (name: string) => lookAt(person.page, `${name}-${language}-${theme}`);
      for (const [name, visit] of insideScreens(person)) {
        await visit(() => look(name));
      }
    }
  }
});

/** Each screen, and how to get there and back. */
function insideScreens(person: Person): readonly (readonly [string, (look: () => Promise<void>) => Promise<void>])[] {
  return [
    [
      'chat',
      async (look) => {
        await person.openChat('bob');
        await look();
      },
    ],
    [
      'contact',
      async (look) => {
        await person.openContactInfo('bob');
        await look();
        await person.closeContactInfo();
      },
    ],
    [
      'invite',
      async (look) => {
        await person.showInvite();
        await look();
        await person.closeDialog();
      },
    ],
    [
      'about',
      async (look) => {
        await person.openAbout();
        await look();
        await person.closeDialog();
      },
    ],
  ];
}

async function converse(alice: Someone, bob: Someone): Promise<void> {
  await alice.person.send('bob', '你好！昨天的会议记录在这里，今天下午三点我们见面谈。');
  await bob.person.send('alice', 'Three is fine. I will bring the plans, and coffee.');
  await alice.person.send(
    'bob',
    `A long word: ${'Donaudampfschifffahrtsgesellschaft'.repeat(4)} and an address: https://example.org/${'a'.repeat(120)}`,
  );
  await bob.person.send('alice', 'עברית and English in one line, 然后是中文。');
  await alice.person.expectMessage('bob', 'עברית and English in one line, 然后是中文。');
}
