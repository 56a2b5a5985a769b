/** Real networks in small: behind symmetric NATs people talk through the relay, on one LAN directly. */
import { randomBytes } from 'node:crypto';
import { Coturn, TURN_PORT, whyNoCoturn } from '../support/coturn.ts';
import { Network, STREET_ADDRESS, whyNoNamespaces } from '../support/namespaces.ts';
import { befriend, settle, Someone } from '../support/people.ts';
import { ServerProcess } from '../support/server.ts';
import { expect, test } from '@playwright/test';

const PORT = 8080;
const FLAGS = [
  // Plain http on an address that is not loopback would be no secure context; a certificate would prove nothing here.
  `--unsafely-treat-insecure-origin-as-secure=http://${STREET_ADDRESS}:${PORT}`,
  // There is no multicast DNS in these networks to look up the names with.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

const whyNot = whyNoNamespaces() ?? whyNoCoturn();
if (whyNot !== undefined) console.log(`The NAT tests are skipped: ${whyNot}.`);

test.skip(whyNot !== undefined, whyNot);

test('alice and bob, each behind a symmetric NAT, talk through the relay', async () => {
  const network = Network.behindNats(['alice', 'bob'], 'masquerade fully-random');
  await talk(network, 'relayed');
});

test('alice and bob, on one LAN, talk directly though a relay is there', async () => {
  const network = Network.lan(['alice', 'bob']);
  await talk(network, 'direct');
});

async function talk(network: Network, way: 'direct' | 'relayed'): Promise<void> {
  const secret = randomBytes(16).toString('hex');
  const turn = `${STREET_ADDRESS}:${TURN_PORT}`;
  const leaving: (() => Promise<void>)[] = [];
  try {
    const relay = await Coturn.start({ address: STREET_ADDRESS, secret, wrapper: network.at('street') });
    leaving.push(() => relay.close());
    const server = await ServerProcess.start({
      address: STREET_ADDRESS,
      port: PORT,
      wrapper: network.at('street'),
      flags: ['--stun', `stun:${turn}`, '--turn-urls', `turn:${turn}?transport=udp`, '--turn-secret', secret],
    });
    leaving.push(() => server.kill());
    const alice = await Someone.arrive('alice', { flags: FLAGS, wrapper: network.at('alice') });
    leaving.push(() => alice.close());
    const bob = await Someone.arrive('bob', { flags: FLAGS, wrapper: network.at('bob') });
    leaving.push(() => bob.close());

    await settle(alice, server.url);
    await settle(bob, server.url);
    await befriend(alice, bob);
    await alice.person.send('bob', `can you hear me, ${way}?`);
    await bob.person.expectMessage('alice', `can you hear me, ${way}?`);
    await bob.person.send('alice', 'I can');
    await alice.person.expectMessage('bob', 'I can');
    await alice.person.expectStatus(`can you hear me, ${way}?`, 'delivered');
    await alice.person.expectLink('bob', way);
    await bob.person.expectLink('alice', way);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  } finally {
    for (const leave of leaving.reverse()) await leave();
    network.close();
  }
}
