/** Enter chooses a word while an input method composes; only afterwards does it send. */
import type { CDPSession, Page } from '@playwright/test';
import { expect, test } from './parley-test.ts';

test('Enter while alice composes 你好 never sends; the next one does', async ({ friends: [alice, bob] }) => {
  await alice.person.openChat('bob');
  const page = alice.person.page;
  const composer = await alice.person.composer();
  await composer.focus();
  const keyboard = await page.context().newCDPSession(page);

  await keyboard.send('Input.imeSetComposition', { text: 'ni hao', selectionStart: 6, selectionEnd: 6 });
  await pressEnterInside(page, keyboard);
  expect(await alice.person.messages('bob')).toEqual([]);

  await keyboard.send('Input.insertText', { text: '你好' });
  expect(await composer.inputValue()).toBe('你好');
  expect(await alice.person.messages('bob')).toEqual([]);

  await page.keyboard.press('Enter');
  await bob.person.expectMessage('alice', '你好');
  expect(await alice.person.messages('bob')).toEqual(['你好']);
});

test('the Enter that ends a composition does not send either, though Safari calls it an ordinary key', async ({ friends: [alice] }) => {
  await alice.person.openChat('bob');
  const composer = await alice.person.composer();
  await composer.fill('晤谈');
  // Safari tells of this key after `compositionend`, no longer composing, but with the key code of an input method.
  await composer.dispatchEvent('keydown', { key: 'Enter', code: 'Enter', keyCode: 229, which: 229, bubbles: true, cancelable: true });
  expect(await composer.inputValue()).toBe('晤谈');
  expect(await alice.person.messages('bob')).toEqual([]);
});

/** An Enter as an input method sees it: the page is told of a key, the browser takes no action of its own. */
async function pressEnterInside(page: Page, keyboard: CDPSession): Promise<void> {
  // Listening is settled before the key is sent: the two travel by different sessions and may overtake each other.
  const heard = await page.evaluateHandle(() => ({
    composing: new Promise<boolean>((resolve) =>
      document.addEventListener('keydown', (event) => resolve(event.isComposing), { once: true, capture: true }),
    ),
  }));
  await keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
  await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  expect(await heard.evaluate(({ composing }) => composing), 'the browser says it is composing').toBe(true);
}
