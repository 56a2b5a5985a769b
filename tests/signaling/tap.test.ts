import { afterEach, describe, expect, it } from 'vitest';
import { openSignalingTap, type SignalingTap } from '../support/signaling-tap.ts';
import { Client, tag, topic } from './client.ts';
import { serve } from './servers.ts';

describe('the tap', () => {
  let tap: SignalingTap;

  afterEach(async () => {
    await tap.close();
  });

  it('shows every byte that alice sent, masks taken off, and lets the talk go on', async () => {
    tap = await openSignalingTap(await serve());
    const alice = await Client.connect(tap, { headers: { 'X-Who': 'alice' } });
    const bob = await Client.connect(tap);
    await alice.join([[topic('cafe'), tag('alice')]]);
    await bob.join([[topic('cafe'), tag('bob')]]);
    alice.say({ t: 'pub', topic: topic('cafe') }, `short`);
    alice.say({ t: 'pub', topic: topic('cafe') }, `long ${'x'.repeat(300)} words`);
    expect((await bob.next('msg')).body).toBe('short');
    expect((await bob.next('msg')).body).toContain('long');
    const received = tap.received().toString();
    for (const words of ['X-Who: alice', 'sub', tag('alice'), tag('bob'), '\nshort', `\nlong ${'x'.repeat(300)} words`])
      expect(received).toContain(words);
  });
});
