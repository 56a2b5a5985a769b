/** What goes wrong from outside is told in a clear sentence, and nothing is lost. */
import { randomBytes } from 'node:crypto';
import { PASSWORD, settle } from '../support/people.ts';
import type { Frame } from '../support/tap.ts';
import { expect, test } from './parley-test.ts';

const MEGABYTE = 1024 * 1024;

test.describe('invites', () => {
  test('alice pastes something that is no invite, and half of one', async ({ strangers: [alice, bob] }) => {
    const link = await bob.person.invite();
    await alice.person.pasteInvite('https://example.org/nothing');
    await alice.person.expectToRead((words) => words.failures['not-an-invite']);
    await alice.person.pasteInvite(link.slice(0, -20));
    await alice.person.expectToRead((words) => words.failures['invite-damaged']);
    await alice.person.closeDialog();
    await alice.person.openInvite(link.slice(0, -20));
    await alice.person.expectToRead((words) => words.failures['invite-damaged']);
  });

  test('alice opens her own invite', async ({ strangers: [alice] }) => {
    const link = await alice.person.invite();
    await alice.person.openInvite(link);
    await alice.person.expectToRead((words) => words.failures['invite-own']);
    await alice.person.expectContacts();
  });

  test('carol comes with an invite that bob has used: she is told, and alice has one contact', async ({
    server,
    arrive,
    strangers: [alice, bob],
  }) => {
    const link = await alice.person.invite();
    await bob.person.accept(link);
    await alice.person.expectPresence('bob', 'online');
    const carol = await arrive('carol');
    await settle(carol, server.url);
    await carol.person.accept(link);
    await carol.person.expectToRead((words) => words.acceptFailures['invite-used']('alice'));
    await alice.person.expectContacts('bob');
  });

  test('bob opens an invite a month later', async ({ strangers: [alice, bob] }) => {
    const link = await alice.person.invite();
    await bob.person.page.clock.setFixedTime(Date.now() + 31 * 24 * 3600 * 1000);
    await bob.person.openInvite(link);
    await bob.person.expectToRead((words) => words.failures['invite-expired']);
  });

  test('bob accepts an invite of alice although they are in contact already: they stay one contact each, and talk on', async ({
    friends: [alice, bob],
  }) => {
    await alice.person.send('bob', 'before');
    await bob.person.expectMessage('alice', 'before');
    await bob.person.accept(await alice.person.invite());
    await bob.person.expectContacts('alice');
    await alice.person.expectContacts('bob');
    await bob.person.send('alice', 'after');
    await alice.person.expectMessage('bob', 'after');
    await bob.person.expectStatus('after', 'delivered');
    expect(await bob.person.messages('alice')).toEqual(['before', 'after']);
  });
});

test.describe('texts', () => {
  test('a message of a megabyte is refused in words, and stays in the field', async ({ friends: [alice, bob] }) => {
    await alice.person.typeDraft('bob', 'x'.repeat(MEGABYTE));
    await alice.person.pressSend();
    await alice.person.expectToRead(/This message is too long: 1024\.0 of at most \d+\.\d KB/);
    expect((await (await alice.person.composer()).inputValue()).length).toBe(MEGABYTE);
    await alice.person.send('bob', 'in short');
    await bob.person.expectMessage('alice', 'in short');
    expect(await bob.person.messages('alice')).toEqual(['in short']);
  });

  test('control and direction characters in a message reach bob without touching what stands around it', async ({
    friends: [alice, bob],
  }) => {
    await alice.person.typeDraft('bob', 'safe\u202Egpj.exe \u0007bell');
    await alice.person.pressSend();
    await bob.person.expectMessage('alice', 'safegpj.exe bell');
    expect(await bob.person.messages('alice')).toEqual(['safegpj.exe bell']);
    const message = await bob.person.message('alice', 'safegpj.exe bell');
    const direction = await message.getByText('safegpj.exe bell').evaluate((element) => getComputedStyle(element).unicodeBidi);
    expect(['isolate', 'isolate-override', 'plaintext']).toContain(direction);
  });

  test('control and direction characters in a name are taken out', async ({ server, arrive }) => {
    const [alice, mallory] = [await arrive('alice'), await arrive('mallory')];
    await settle(alice, server.url);
    await mallory.person.open(server.url);
    await mallory.person.register('mal\u202Elory\u0000\u2066', PASSWORD);
    await alice.person.accept(await mallory.person.invite());
    await alice.person.expectPresence('mallory', 'online');
    await alice.person.expectContacts('mallory');
  });

  test('a name and a message made of markup are shown as they are typed', async ({ friends: [alice, bob] }) => {
    const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
    await alice.person.send('bob', markup);
    await bob.person.expectMessage('alice', markup);
  });
});

test.describe('browsers that lack something', () => {
  const withoutStorage = `Object.defineProperty(indexedDB.constructor.prototype, 'open', { value() { throw new DOMException('The operation is insecure.', 'SecurityError'); } });`;
  const withoutWebRtc = `for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'RTCSessionDescription', 'RTCIceCandidate']) delete globalThis[name];`;

  test('IndexedDB is refused: alice reads why Parley cannot run, in either language', async ({ server, arrive }) => {
    const alice = await arrive('alice', { initScript: withoutStorage });
    await alice.person.open(server.url);
    await alice.person.expectToRead((words) => words.impossible.storageRefused);
    await alice.person.setLanguage('zh');
    await alice.person.expectToRead((words) => words.impossible.storageRefused);
    alice.forgive(/storage-refused/);
  });

  test('WebRTC is switched off: alice comes in and reads that nobody can be reached', async ({ server, arrive }) => {
    const alice = await arrive('alice', { initScript: withoutWebRtc });
    await settle(alice, server.url);
    await alice.person.expectToRead((words) => words.connection.impossible);
    await alice.person.setLanguage('zh');
    await alice.person.expectToRead((words) => words.connection.impossible);
  });
});

test.describe('a server that misbehaves', () => {
  const garbage: readonly Frame[] = [
    text(''),
    text('not json at all'),
    text('null'),
    text('[]'),
    text('{"t":42}'),
    text('{"t":"here","topics":"everywhere"}'),
    text('{"t":"msg"}'),
    text('{"t":"msg","topic":"nowhere","from":"nobody"}\nbody'),
    text('{"t":"hello","v":2}'),
    text(`{"__proto__":{"t":"msg"}}`),
    text('{'.repeat(10_000)),
    { bytes: randomBytes(5_000), binary: true },
    { bytes: Buffer.alloc(0), binary: true },
  ];

  test('it says garbage to both while they talk, and nothing is lost', async ({ tap, arrive }) => {
    const [alice, bob] = [await arrive('alice'), await arrive('bob')];
    for (const someone of [alice, bob]) await settle(someone, tap.url);
    await bob.person.accept(await alice.person.invite());
    await alice.person.expectPresence('bob', 'online');
    for (const frame of garbage) tap.sayToBrowsers(frame);
    await alice.person.send('bob', 'did you hear that noise?');
    await bob.person.expectMessage('alice', 'did you hear that noise?');
    await bob.person.lock();
    tap.tamperToBrowser((frame) => [frame, ...garbage]);
    await bob.person.unlock(PASSWORD);
    await bob.person.send('alice', 'through the noise');
    await bob.person.expectConnection('offline');
    tap.tamperToBrowser((frame) => [frame]);
    await alice.person.expectMessage('bob', 'through the noise', { timeout: 60_000 });
    await bob.person.expectStatus('through the noise', 'delivered');
  });

  test('it repeats everything three times and turns the order round, and each message is there once', async ({ tap, arrive }) => {
    const [alice, bob] = [await arrive('alice'), await arrive('bob')];
    for (const someone of [alice, bob]) await settle(someone, tap.url);
    await bob.person.accept(await alice.person.invite());
    await alice.person.expectPresence('bob', 'online');
    let held: Frame | undefined;
    tap.tamperToBrowser((frame) => {
      const earlier = held === undefined ? [] : [held];
      held = frame;
      return [frame, ...earlier, frame];
    });
    await bob.person.lock();
    await alice.person.send('bob', 'once');
    await alice.person.send('bob', 'and once more');
    await bob.person.unlock(PASSWORD);
    await bob.person.expectMessage('alice', 'and once more');
    await alice.person.expectStatus('and once more', 'delivered');
    expect(await bob.person.messages('alice')).toEqual(['once', 'and once more']);
  });

  test('it vanishes in the middle of the handshake, again and again, and the message arrives when it stays', async ({ tap, arrive }) => {
    const [alice, bob] = [await arrive('alice'), await arrive('bob')];
    for (const someone of [alice, bob]) await settle(someone, tap.url);
    await bob.person.accept(await alice.person.invite());
    await alice.person.expectPresence('bob', 'online');
    await bob.person.lock();
    await alice.person.send('bob', 'through all that');
    let cuts = 0;
    tap.tamperToBrowser((frame) => {
      // Every relayed signal of the first few tries is swallowed, and the sockets with it.
      if (cuts >= 3 || !frame.bytes.toString('latin1').startsWith('{"t":"msg"')) return [frame];
      cuts += 1;
      tap.cut();
      return [];
    });
    await bob.person.unlock(PASSWORD);
    await bob.person.expectMessage('alice', 'through all that', { timeout: 60_000 });
    await alice.person.expectStatus('through all that', 'delivered', { timeout: 60_000 });
    expect(cuts).toBe(3);
  });
});

function text(content: string): Frame {
  return { bytes: Buffer.from(content), binary: false };
}
