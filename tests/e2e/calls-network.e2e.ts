/** Calls over networks that are not kind to them: one that is gone for a while, and two that only a relay connects. */
import { randomBytes } from 'node:crypto';
import { listen, readTraffic, WATCH_CONNECTIONS } from '../support/call-traffic.ts';
import { Coturn, TURN_PORT, whyNoCoturn } from '../support/coturn.ts';
import { FAKE_DEVICES } from '../support/fake-devices.ts';
import { Network, STREET_ADDRESS, whyNoNamespaces } from '../support/namespaces.ts';
import { befriend, settle, type Someone } from '../support/people.ts';
import type { ServerOptions } from '../support/server.ts';
import { expect, test as base } from './parley-test.ts';

const PORT = 8080;
const FLAGS = [
  ...FAKE_DEVICES,
  // Plain http on an address that is not loopback would be no secure context; a certificate would prove nothing here.
  `--unsafely-treat-insecure-origin-as-secure=http://${STREET_ADDRESS}:${PORT}`,
  // There is no multicast DNS in these networks to look up the names with.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];
const CUT_MS = 5_000;
/** Within seconds, as a person counts them. */
const RECOVERY_MS = 10_000;

interface Place {
  readonly network: Network;
  readonly relayOptions: Pick<ServerOptions, 'flags'>;
  /** alice and bob in a call with video, each seeing the other. */
  readonly talking: readonly [alice: Someone, bob: Someone];
}

const whyNot = whyNoNamespaces() ?? whyNoCoturn();
if (whyNot !== undefined) console.log(`Calls over unkind networks are skipped: ${whyNot}.`);

const test = base.extend<Place>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads from the pattern which fixtures this one needs: none.
  network: async ({}, use) => {
    const network = Network.lan(['alice', 'bob']);
    await use(network);
    network.close();
  },
  relayOptions: {},
  serverOptions: async ({ network, relayOptions }, use) => {
    await use({ address: STREET_ADDRESS, port: PORT, wrapper: network.at('street'), ...relayOptions });
  },
  talking: async ({ network, server, arrive }, use) => {
    const come = (name: string) => arrive(name, { flags: FLAGS, initScript: WATCH_CONNECTIONS, wrapper: network.at(name) });
    const [alice, bob] = await Promise.all([come('alice'), come('bob')]);
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await befriend(alice, bob);
    await alice.person.calls.call('bob', { media: 'video' });
    await bob.person.calls.answer('alice', { media: 'video' });
    await Promise.all([alice.person.calls.expectPicture('bob'), bob.person.calls.expectPicture('alice')]);
    await use([alice, bob]);
  },
});

test.skip(whyNot !== undefined, whyNot);

test('the network of bob is gone for five seconds; the call comes back by itself', async ({ network, talking }) => {
  const [alice, bob] = talking;
  network.cutOff(['bob']);
  // How long the network is away is what the test is about.
  await alice.person.page.waitForTimeout(CUT_MS);
  const during = await Promise.all(talking.map(({ person }) => readTraffic(person.page)));
  network.reunite(['bob']);
  const since = performance.now();
  for (const [at, { name, person }] of talking.entries()) {
    const seen = expect.poll(async () => (await readTraffic(person.page)).frames, {
      message: `${name} sees the other again`,
      intervals: [50],
      timeout: RECOVERY_MS,
    });
    await seen.toBeGreaterThan((during[at]?.frames ?? 0) + 5);
  }
  console.log(`Five seconds without a network: both saw each other again ${Math.round(performance.now() - since)} ms after it was back.`);
  for (const { person } of [alice, bob]) {
    await person.calls.expectTalking();
    expect((await listen(person.page)).energy).toBeGreaterThan(0);
  }
  await bob.person.calls.hangUp();
  await alice.person.calls.expectOver((words) => words['by-them']('bob'));
});

test.describe('behind symmetric NATs', () => {
  const secret = randomBytes(16).toString('hex');
  const turn = `${STREET_ADDRESS}:${TURN_PORT}`;
  test.use({
    // eslint-disable-next-line no-empty-pattern -- Playwright reads from the pattern which fixtures this one needs: none.
    network: async ({}, use) => {
      const network = Network.behindNats(['alice', 'bob'], 'masquerade fully-random');
      const relay = await Coturn.start({ address: STREET_ADDRESS, secret, wrapper: network.at('street') });
      await use(network);
      await relay.close();
      network.close();
    },
    relayOptions: { flags: ['--stun', `stun:${turn}`, '--turn-urls', `turn:${turn}?transport=udp`, '--turn-secret', secret] },
  });

  test('alice and bob see and hear each other through the relay, and are told so', async ({ talking }) => {
    for (const { person } of talking) {
      const { frames, energy } = await listen(person.page);
      expect(frames).toBeGreaterThan(0);
      expect(energy).toBeGreaterThan(0);
      await person.expectToRead(new RegExp((await person.words()).calls.quality.relayed));
    }
  });
});
