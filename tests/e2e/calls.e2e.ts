/** Two people call each other: their voices and pictures really arrive, whatever happens on the way. */
import { listen, readTraffic, WATCH_CONNECTIONS } from '../support/call-traffic.ts';
import { FAKE_DEVICES } from '../support/fake-devices.ts';
import { befriend, PASSWORD, settle, type Someone, type SomeoneOptions } from '../support/people.ts';
import type { CallMedia } from '../support/person-calls.ts';
import { expect, test as base } from './parley-test.ts';

const CALLER: SomeoneOptions = { flags: FAKE_DEVICES, initScript: WATCH_CONNECTIONS };
/** Devices are there, and the person has refused them once and for all. */
const DEAF = ['--use-fake-device-for-media-stream', '--deny-permission-prompts', '--autoplay-policy=no-user-gesture-required'];

interface Calling {
  /** alice and bob, in contact, each with a microphone and a camera. */
  readonly callers: readonly [alice: Someone, bob: Someone];
}

const test = base.extend<Calling>({
  callers: async ({ server, arrive }, use) => {
    const [alice, bob] = await Promise.all([arrive('alice', CALLER), arrive('bob', CALLER)]);
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await befriend(alice, bob);
    await use([alice, bob]);
  },
});

/** Loudness times time: a voice with its beeps stays far above it, silence far below. */
const HEARD = 1e-3;

/** What of the other reaches somebody: not what the screen says, what the browser decodes. */
type Reaching = Partial<Record<'voice' | 'picture', boolean>>;

async function expectReaching(reaching: Reaching, ...people: readonly Someone[]): Promise<void> {
  await Promise.all(
    people.map(async ({ name, person }) => {
      const arriving = async (): Promise<Reaching> => {
        const { energy, frames } = await listen(person.page);
        return {
          ...(reaching.voice === undefined ? {} : { voice: energy > HEARD }),
          ...(reaching.picture === undefined ? {} : { picture: frames > 0 }),
        };
      };
      await expect.poll(arriving, { message: `what reaches ${name}`, intervals: [0] }).toEqual(reaching);
    }),
  );
}

/** The caller calls, the other answers, and both are in. */
async function connect(caller: Someone, called: Someone, media: CallMedia = 'voice'): Promise<void> {
  await caller.person.calls.call(called.name, { media });
  await called.person.calls.answer(caller.name, { media });
  for (const { person } of [caller, called]) await person.calls.expectTalking();
}

test('alice calls bob by voice; they hear each other, and when bob hangs up both talks say so', async ({ callers: [alice, bob] }) => {
  await alice.person.calls.call('bob');
  await alice.person.calls.expectState((words) => words.ringing);
  await bob.person.calls.answer('alice');
  for (const { person } of [alice, bob]) await person.calls.expectTalking();
  await expectReaching({ voice: true, picture: false }, alice, bob);
  await bob.person.calls.hangUp();
  await bob.person.calls.expectOver((words) => words['by-me']);
  await alice.person.calls.expectOver((words) => words['by-them']('bob'));
  for (const { person } of [alice, bob]) await person.calls.close();
  await alice.person.calls.expectEntry('bob', (words) => words.outgoing.voice);
  await bob.person.calls.expectEntry('alice', (words) => words.incoming.voice);
});

test('alice calls bob with video; each sees the other move, and what is switched off stops', async ({ callers: [alice, bob] }) => {
  await connect(alice, bob, 'video');
  await Promise.all([alice.person.calls.expectPicture('bob'), bob.person.calls.expectPicture('alice')]);
  await expectReaching({ voice: true, picture: true }, alice, bob);

  await alice.person.calls.cameraOff();
  await alice.person.calls.mute();
  await bob.person.calls.expectNoPicture('alice');
  await bob.person.calls.expectMuted('alice');
  await expectReaching({ voice: false, picture: false }, bob);

  await alice.person.calls.cameraOn();
  await alice.person.calls.unmute();
  await bob.person.calls.expectPicture('alice');
  await bob.person.calls.expectMuted('alice', false);
  await expectReaching({ voice: true, picture: true }, alice, bob);
});

test('a voice call becomes one with video and a screen, and a voice call again', async ({ callers: [alice, bob] }) => {
  await connect(alice, bob);
  for (const { person } of [alice, bob]) await person.calls.cameraOn();
  await Promise.all([alice.person.calls.expectPicture('bob'), bob.person.calls.expectPicture('alice')]);

  await alice.person.calls.shareScreen();
  await bob.person.calls.expectPicture('alice', 'screen');
  await bob.person.calls.expectPicture('alice');
  await alice.person.calls.stopSharing();
  await bob.person.calls.expectNoPicture('alice', 'screen');

  for (const { person } of [alice, bob]) await person.calls.cameraOff();
  await Promise.all([alice.person.calls.expectNoPicture('bob'), bob.person.calls.expectNoPicture('alice')]);
  await expectReaching({ voice: true, picture: false }, alice, bob);
});

test('alice uses another microphone and another camera in the call', async ({ callers: [alice, bob] }) => {
  await connect(alice, bob, 'video');
  await bob.person.calls.expectPicture('alice');
  const before = await sources(alice);
  const chosen: string[] = [];
  for (const kind of ['microphone', 'camera'] as const) chosen.push(await alice.person.calls.switchDevice(kind));
  await expect.poll(() => sources(alice)).toEqual(chosen);
  for (const source of before) expect(chosen).not.toContain(source);
  await expectReaching({ voice: true, picture: true }, bob);
});

test('bob declines, and nobody is left waiting', async ({ callers: [alice, bob] }) => {
  await alice.person.calls.call('bob', { media: 'video' });
  await bob.person.calls.decline('alice', { media: 'video' });
  await alice.person.calls.expectOver((words) => words.declined('bob'));
  await alice.person.calls.close();
  await alice.person.calls.expectEntry('bob', (words) => words.joined(words.outgoing.video, words.declinedByThem));
  await bob.person.calls.expectEntry('alice', (words) => words.joined(words.incoming.video, words.declinedByMe));
});

test('alice gives up; bob sees whose call he missed, and calls back', async ({ callers: [alice, bob] }) => {
  await alice.person.calls.call('bob');
  await bob.person.calls.expectRinging('alice');
  await alice.person.calls.giveUp();
  await bob.person.calls.expectOver((words) => words.missed('alice'));
  for (const { person } of [alice, bob]) await person.calls.close();
  await alice.person.calls.expectEntry('bob', (words) => words.joined(words.outgoing.voice, words.cancelled));
  await bob.person.calls.expectEntry('alice', (words) => words.missed.voice);
  await bob.person.calls.callBack('alice');
  await alice.person.calls.answer('bob');
  for (const { person } of [alice, bob]) await person.calls.expectTalking();
});

test('both call at once: it becomes one call', async ({ callers: [alice, bob] }) => {
  const questions = [await alice.person.calls.prepare('bob'), await bob.person.calls.prepare('alice')];
  const { call } = (await alice.person.words()).calls.before;
  // Not as a hand does it, which would find the other's ring above the button if it were a moment late.
  await Promise.all(questions.map((question) => question.getByRole('button', { name: call, exact: true }).dispatchEvent('click')));
  for (const { person } of [alice, bob]) await person.calls.expectTalking();
  await expectReaching({ voice: true }, alice, bob);
  for (const { person } of [alice, bob]) expect((await readTraffic(person.page)).open).toBe(1);
});

test('while alice and bob talk, carol is told that bob is busy, and bob sees that she called', async ({
  server,
  arrive,
  callers: [alice, bob],
}) => {
  const carol = await arrive('carol', CALLER);
  await settle(carol, server.url);
  await befriend(carol, bob);
  await connect(alice, bob);
  await carol.person.calls.call('bob');
  await carol.person.calls.expectOver((words) => words.busy('bob'));
  await bob.person.calls.expectTalking();
  await expectReaching({ voice: true }, bob);
  await bob.person.calls.hangUp();
  await bob.person.calls.close();
  await bob.person.calls.expectEntry('carol', (words) => words.joined(words.missed.voice, words.busyMe));
});

test('who does not want to be disturbed is called without a sound', async ({ callers: [alice, bob] }) => {
  await bob.person.setPresence('busy');
  await alice.person.calls.call('bob');
  const ringing = await bob.person.calls.expectRinging('alice');
  await expect(ringing).toContainText((await bob.person.words()).calls.ringing.quiet);
  await bob.person.calls.answer('alice');
  await expectReaching({ voice: true }, bob);
});

test('bob reloads in the middle of a call, and it ends for alice at once', async ({ callers: [alice, bob] }) => {
  await connect(alice, bob);
  await bob.person.reload();
  await alice.person.calls.expectOver((words) => words['by-them']('bob'));
  await bob.person.calls.expectNoCall();
  await connect(bob, alice);
});

test('the browser of alice dies while she calls; back, she and bob can read of it', async ({ server, callers: [alice, bob] }) => {
  await connect(alice, bob);
  await alice.browser.kill();
  await alice.restart();
  await alice.person.open(server.url);
  await alice.person.login('alice', PASSWORD);
  await bob.person.calls.expectOver((words) => words.lost);
  await bob.person.calls.close();
  await bob.person.calls.expectEntry('alice', (words) => words.incoming.voice);
  await alice.person.calls.expectEntry('bob', (words) => words.outgoing.voice);
  await connect(bob, alice);
});

test('alice works the call by keys', async ({ callers: [alice, bob] }) => {
  await connect(alice, bob);
  const { keyboard } = alice.person.page;
  await keyboard.press('m');
  await bob.person.calls.expectMuted('alice');
  await keyboard.down('Space');
  await bob.person.calls.expectMuted('alice', false);
  await keyboard.up('Space');
  await bob.person.calls.expectMuted('alice');
  await keyboard.press('m');
  await bob.person.calls.expectMuted('alice', false);
  await keyboard.press('v');
  await bob.person.calls.expectPicture('alice');
  await keyboard.press('Escape');
  await alice.person.calls.expectSmall('bob');
  await alice.person.send('bob', 'we talk meanwhile');
  await expectReaching({ voice: true }, bob);
});

test('the browser refuses the microphone: alice is told what to do, and can go on listening', async ({ server, arrive }) => {
  const [alice, bob] = await Promise.all([arrive('alice', { ...CALLER, flags: DEAF }), arrive('bob', CALLER)]);
  await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
  await befriend(alice, bob);
  const before = await alice.person.calls.prepare('bob');
  const words = (await alice.person.words()).calls;
  await expect(before).toContainText(words.failures.refused.microphone);
  await expect(before).toContainText(words.before.listenOnly);
  await before.getByRole('button', { name: words.before.call, exact: true }).click();
  await bob.person.calls.answer('alice');
  await bob.person.calls.expectMuted('alice');
  await expectReaching({ voice: true }, alice);
});

test('a call in one tab keeps the second from calling', async ({ server, callers: [alice, bob] }) => {
  await connect(alice, bob);
  const second = await alice.openTab();
  await second.open(server.url);
  await second.expectToRead((words) => words.elsewhere.title);
  await alice.person.calls.expectTalking();
  await second.useHere();
  await second.login('alice', PASSWORD);
  await bob.person.calls.expectOver((words) => words['by-them']('alice'));
  await second.calls.expectEntry('bob', (words) => words.outgoing.voice);
});

/** What somebody sends now, as the browser names it. */
async function sources({ person }: Someone): Promise<readonly string[]> {
  return person.page.evaluate(() =>
    window.everyConnection
      .filter(({ connectionState }) => connectionState === 'connected')
      .flatMap((connection) => connection.getSenders())
      .flatMap(({ track }) => (track ? [track.label] : [])),
  );
}
