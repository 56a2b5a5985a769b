/** What a thief of the disk, and whoever runs the server, can read: nothing that anybody typed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './parley-test.ts';

/** Words that occur nowhere else, so that finding one is finding a leak. */
const CANARIES = {
  alice: 'canary-qx7-alice',
  bob: 'canary-qx7-bob',
  password: 'canary-qx7-password-violet-anvil',
  first: 'canary-qx7-first message',
  second: 'canary-qx7-第二条消息',
  draft: 'canary-qx7-draft never sent',
};

/**
 * Chromium remembers what was typed into a field for user names, to offer it again, and which name a tab had in its form:
 * that is the browser's own doing, for every site, and may hold the user's name. Nothing else may be there either.
 */
const BROWSERS_OWN_MEMORY = /Default\/(Web Data|Login Data|Sessions\/\w+)(-journal)?: (alice|bob)$/;

test('neither what the browser keeps nor what passed the server has a word of what alice and bob typed', async ({ tap, arrive }) => {
  const [alice, bob] = [await arrive('alice'), await arrive('bob')];
  for (const [someone, name] of [
    [alice, CANARIES.alice],
    [bob, CANARIES.bob],
  ] as const) {
    await someone.person.open(tap.url);
    await someone.person.register(name, CANARIES.password);
  }
  // Pasted rather than opened: what a browser writes into its history of addresses is its own affair.
  await bob.person.pasteInvite(await alice.person.invite());
  await bob.person.acceptShownInvite();
  await alice.person.expectPresence(CANARIES.bob, 'online');
  await alice.person.send(CANARIES.bob, CANARIES.first);
  await bob.person.expectMessage(CANARIES.alice, CANARIES.first);
  await bob.person.send(CANARIES.alice, CANARIES.second);
  await alice.person.expectMessage(CANARIES.bob, CANARIES.second);
  await alice.person.typeDraft(CANARIES.bob, CANARIES.draft);
  await alice.person.lock();

  const wire = tap.heard();
  expect(wire.length, 'something did pass the server').toBeGreaterThan(1000);
  expect(canariesIn(wire), 'in what passed the server').toEqual([]);

  for (const someone of [alice, bob]) {
    const kept = await everythingKept(someone.person.page);
    expect(kept.length, 'something is kept').toBeGreaterThan(1000);
    expect(canariesIn(Buffer.from(kept)), `in ${someone.name}'s storage`).toEqual([]);
    await someone.browser.quit();
    const found = filesWithCanaries(join(someone.browser.profile, 'Default')).filter((leak) => !BROWSERS_OWN_MEMORY.test(leak));
    expect(found, `in the files of ${someone.name}'s profile`).toEqual([]);
  }
});

test('the finder finds: a canary put into storage in the open is seen', async ({ server, arrive }) => {
  const alice = await arrive('alice');
  await alice.person.open(server.url);
  await alice.person.page.evaluate((canary) => localStorage.setItem('planted', canary), CANARIES.first);
  expect(canariesIn(Buffer.from(await everythingKept(alice.person.page)))).toEqual(['first']);
  await alice.browser.quit();
  expect(filesWithCanaries(join(alice.browser.profile, 'Default'))).not.toEqual([]);
});

function canariesIn(bytes: Buffer): string[] {
  return Object.entries(CANARIES)
    .filter(([, canary]) => disguises(canary).some((form) => bytes.includes(form)))
    .map(([name]) => name);
}

/** The forms in which a text may lie about unsealed: UTF-8, UTF-16, hexadecimal, and base64 at each of its three alignments. */
function disguises(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const aligned = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // The first and last groups also carry the neighbours' bits.
    return whole.slice(shift === 0 ? 0 : 4, -4);
  });
  const url = aligned.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    bytes,
    Buffer.from(text, 'utf16le'),
    ...[bytes.toString('hex'), JSON.stringify(text).slice(1, -1), ...aligned, ...url].map((form) => Buffer.from(form)),
  ];
}

/** All that the page's origin keeps, as one text: IndexedDB, local and session storage, caches (addresses and bodies). */
async function everythingKept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const parts: string[] = [JSON.stringify(Object.entries(localStorage)), JSON.stringify(Object.entries(sessionStorage)), document.cookie];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) parts.push(request.url, (await (await cache.match(request))?.text()) ?? '');
    }
    const legible = (_key: string, value: unknown): unknown => {
      const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
      return bytes instanceof Uint8Array ? String.fromCharCode(...bytes) : bytes;
    };
    for (const { name = '' } of await indexedDB.databases()) {
      parts.push(name);
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(new Error(`${name} cannot be opened.`));
      });
      for (const store of database.objectStoreNames) {
        const reading = database.transaction(store).objectStore(store);
        for (const request of [reading.getAll(), reading.getAllKeys()]) {
          const rows = await new Promise<unknown[]>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(new Error(`${store} cannot be read.`));
          });
          parts.push(store, JSON.stringify(rows, legible));
        }
      }
      database.close();
    }
    return parts.join('\n');
  });
}

function filesWithCanaries(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => canariesIn(readFileSync(path)).map((canary) => `${path}: ${canary}`));
}
