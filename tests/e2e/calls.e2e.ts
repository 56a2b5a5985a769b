/** Two people call each other: their voices and pictures really arrive, whatever happens on the way. */
import { FAKE_DEVICES } from '../support/fake-devices.ts';
import { readTraffic, WATCH_CONNECTIONS } from '../support/call-traffic.ts';
import { befriend, settle, type Someone } from '../support/people.ts';
import { expect, test as base } from './parley-test.ts';

interface Calling {
  /** alice and bob, in contact, each with a microphone and a camera. */
  readonly callers: readonly [alice: Someone, bob: Someone];
}

const test = base.extend<Calling>({
  callers: async ({ server, arrive }, use) => {
    const options = { flags: FAKE_DEVICES, initScript: WATCH_CONNECTIONS };
    const [alice, bob] = await Promise.all([arrive('alice', options), arrive('bob', options)]);
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await befriend(alice, bob);
    await use([alice, bob]);
  },
});

/** Waits until more is heard of the other than was until now. */
async function expectVoice(someone: Someone): Promise<void> {
  const before = (await readTraffic(someone.person.page)).energy;
  await expect.poll(async () => (await readTraffic(someone.person.page)).energy, `${someone.name} hears the other`).toBeGreaterThan(before);
}

test('alice calls bob by voice; they hear each other, and when bob hangs up both talks say so', async ({ callers: [alice, bob] }) => {
  await alice.person.calls.call('bob');
  await alice.person.calls.expectState((words) => words.ringing);
  await bob.person.calls.answer('alice');
  for (const { person } of [alice, bob]) await person.calls.expectTalking();
  await Promise.all([alice, bob].map(expectVoice));
  await bob.person.calls.hangUp();
  await bob.person.calls.expectOver((words) => words['by-me']);
  await alice.person.calls.expectOver((words) => words['by-them']('bob'));
  for (const { person } of [alice, bob]) await person.calls.close();
  await alice.person.calls.expectEntry('bob', (words) => words.outgoing.voice);
  await bob.person.calls.expectEntry('alice', (words) => words.incoming.voice);
});
