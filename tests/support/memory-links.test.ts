import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/lib/bytes.ts';
import { LINK_CONTRACT, LinkEnd, makePair, type LinkWorld } from './link-contract.ts';
import { createMemoryNetwork } from './memory-network.ts';

function memoryWorld() {
  const network = createMemoryNetwork();
  const world: LinkWorld = {
    alice: network.linkMaker('alice'),
    bob: network.linkMaker('bob'),
    forge: (sdp, fingerprint) => sdp.replace(/[0-9a-f]{64}$/, toHex(fingerprint)),
  };
  return { network, world };
}

describe('a link: in memory', () => {
  test.each(Object.entries(LINK_CONTRACT))('%s', async (_rule, keep) => {
    await expect(keep(memoryWorld().world)).resolves.toBeUndefined();
  });
});

describe('accidents and adversaries on links in memory', () => {
  async function open() {
    const { network, world } = memoryWorld();
    const { alice, bob } = makePair(world);
    await network.clock.until(() => alice.opened !== undefined && bob.opened !== undefined);
    return { network, alice, bob };
  }

  test('without WebRTC a link is told to be unsupported, not thrown', async () => {
    const { network, world } = memoryWorld();
    network.supportWebRtc('alice', false);
    const { alice } = makePair(world);
    expect(alice.closures).toEqual([]);
    await network.clock.settle();
    expect(alice.closures).toEqual([{ reason: 'unsupported' }]);
  });

  test('an obstructed link times out after twenty seconds and leaves no timer', async () => {
    const { network, world } = memoryWorld();
    network.obstructLinks(true);
    const { alice, bob } = makePair(world);
    await network.clock.advance(19_999);
    expect(alice.closures).toEqual([]);
    await network.clock.advance(1);
    expect([alice.closures, bob.closures]).toEqual([[{ reason: 'timeout' }], [{ reason: 'timeout' }]]);
    expect(network.clock.timers).toBe(0);
  });

  test('a cut loses what is on its way and is told to both', async () => {
    const { network, alice, bob } = await open();
    network.frames.hold();
    alice.link.send(new Uint8Array(10));
    network.cutLinks('alice');
    network.frames.release();
    await network.clock.settle();
    expect([alice.closures, bob.closures]).toEqual([[{ reason: 'failed' }], [{ reason: 'failed' }]]);
    expect(bob.frames).toEqual([]);
  });

  test('held frames wait at their sender, and are let go one by one', async () => {
    const { network, alice, bob } = await open();
    network.frames.hold();
    for (const byte of [1, 2, 3]) alice.link.send(Uint8Array.of(byte));
    await network.clock.settle();
    expect([bob.frames.length, alice.link.waiting]).toEqual([0, 3]);
    network.frames.release(1);
    await network.clock.settle();
    expect([bob.frames, alice.link.waiting]).toEqual([[Uint8Array.of(1)], 2]);
    network.frames.release();
    await network.clock.settle();
    expect(bob.frames).toHaveLength(3);
  });

  test('frames that take time arrive in order when their time has come', async () => {
    const { network, alice, bob } = await open();
    network.frames.latency = 100;
    alice.link.send(Uint8Array.of(1));
    network.frames.latency = 0;
    alice.link.send(Uint8Array.of(2));
    await network.clock.advance(99);
    expect(bob.frames).toEqual([]);
    await network.clock.advance(1);
    expect(bob.frames).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
  });

  test('somebody in the middle shows each end a certificate of their own', async () => {
    const { network, world } = memoryWorld();
    network.tapLinks({ splice: true, frame: ({ bytes }) => [bytes] });
    const { alice, bob } = makePair(world);
    await network.clock.settle();
    expect(alice.opened?.remote).not.toEqual(bob.opened?.local);
    expect(bob.opened?.remote).not.toEqual(alice.opened?.local);
    expect(alice.opened?.remote).not.toEqual(bob.opened?.remote);
  });

  test('a tap drops, alters and replays, and a wire takes foreign frames', async () => {
    const { network, alice, bob } = await open();
    network.tapLinks({ splice: false, frame: ({ from, bytes }) => (from === 'alice' ? [bytes, Uint8Array.of(9)] : []) });
    alice.link.send(Uint8Array.of(1));
    bob.link.send(Uint8Array.of(2));
    await network.clock.settle();
    network.links()[0]?.inject('alice', Uint8Array.of(7));
    expect(bob.frames).toEqual([Uint8Array.of(1), Uint8Array.of(9)]);
    expect(alice.frames).toEqual([Uint8Array.of(7)]);
  });

  test('a frame too large for the wire is a mistake of ours', async () => {
    const { alice } = await open();
    expect(() => alice.link.send(new Uint8Array(65_537))).toThrow('a frame fits the link');
  });

  test('sending before the link is open is a mistake of ours', () => {
    const alice = new LinkEnd(memoryWorld().world.alice, 'offerer', () => undefined);
    expect(() => alice.link.send(new Uint8Array(1))).toThrow('before the link is open');
  });
});
