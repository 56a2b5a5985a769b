import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../signaling/options.ts';
import { IceServers, turnCredential } from '../../signaling/turn.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NOW = 1_433_895_918_000;

function ice(options: Partial<typeof DEFAULTS>) {
  return new IceServers({ ...DEFAULTS, ...options }, new ManualClock(NOW));
}

describe('TURN credentials', () => {
  // Computed apart from our code: printf '%s' '1433895918:alice' | openssl dgst -sha1 -hmac 'north' -binary | base64
  it('are what coturn computes from the same secret', () => {
    expect(turnCredential('north', 1_433_895_918, 'alice')).toEqual({
      username: '1433895918:alice',
      credential: 'RqMvcGPYTJMGThVLSi4amT4zFtI=',
    });
  });

  it('expire after the time configured and are offered with it', () => {
    const offer = ice({ turnUrls: ['turn:turn.example:3478'], turnSecret: 'north', turnTtlSeconds: 600 }).offer('192.0.2.1');
    const [server] = offer.ice;
    expect(offer.iceTtl).toBe(600);
    expect(server?.urls).toEqual(['turn:turn.example:3478']);
    expect(server?.username).toMatch(/^1433896518:[\w-]{16}$/);
    expect(server?.credential).toBe(
      createHmac('sha1', 'north')
        .update(server?.username ?? '')
        .digest('base64'),
    );
  });

  it('name an address by an id that is always the same and tells nothing', () => {
    const servers = ice({ turnUrls: ['turn:turn.example'], turnSecret: 'north' });
    const user = (from: IceServers, address: string) => from.offer(address).ice[0]?.username;
    expect(user(servers, '192.0.2.1')).toBe(user(servers, '192.0.2.1'));
    expect(user(servers, '192.0.2.1')).not.toBe(user(servers, '192.0.2.2'));
    expect(user(servers, '192.0.2.1')).not.toBe(user(ice({ turnUrls: ['turn:turn.example'], turnSecret: 'north' }), '192.0.2.1'));
  });

  it('are not there without TURN: STUN alone, or nothing at all', () => {
    expect(ice({}).offer('192.0.2.1')).toEqual({ ice: [] });
    expect(ice({ stun: ['stun:stun.example'] }).offer('192.0.2.1')).toEqual({ ice: [{ urls: ['stun:stun.example'] }] });
  });
});
