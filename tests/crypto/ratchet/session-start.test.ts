import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '../../../src/crypto/random.ts';
import { bundleOf, MAX_REMEMBERED_STARTS, NO_PREKEYS, replenish, type OwnPrekeys } from '../../../src/crypto/ratchet/prekeys.ts';
import { openMessage, sealMessage } from '../../../src/crypto/ratchet/ratchet.ts';
import { acceptSession, startSession, type ChosenPrekeys } from '../../../src/crypto/ratchet/session-start.ts';
import { sodiumReady } from '../../../src/crypto/sodium.ts';
import { certificateIn, verifyCredential } from '../../../src/identity/credential.ts';
import type { VerifiedDevice } from '../../../src/identity/device.ts';
import { EMPTY, equalBytes, utf8, type Bytes } from '../../../src/lib/bytes.ts';
import { decode, encode } from '../../../src/protocol/codec.ts';
import { prekeyBundle, sessionStart, type SessionStart } from '../../../src/protocol/envelope.ts';
import { identityOf, type Identity } from '../../support/identities.ts';
import { flipBit } from '../../support/ratcheting.ts';
import { pictureOf, unchanged } from '../../support/unchanged.ts';
import { valueOf } from '../../support/value-of.ts';

beforeAll(sodiumReady);

const NOW = 1_790_000_000_000;
const DAY_MS = 86_400_000;

const people = new Map<string, Identity>();

/** Making an identity takes longer than a start. */
function known(name: string): Identity {
  const identity = people.get(name) ?? identityOf(name);
  people.set(name, identity);
  return identity;
}

function own({ device }: Identity) {
  return { certificate: certificateIn(device.credential), agreement: device.agreement.secret };
}

const remotes = new Map<Identity, VerifiedDevice>();

function remote(identity: Identity): VerifiedDevice {
  const verified = remotes.get(identity) ?? valueOf(verifyCredential(identity.device.credential));
  remotes.set(identity, verified);
  return verified;
}

function choose(prekeys: OwnPrekeys): ChosenPrekeys {
  const { signed, oneTime } = valueOf(decode(prekeyBundle, bundleOf(prekeys, 0)));
  return { signed, oneTime: oneTime[0] };
}

function begin(change: (chosen: ChosenPrekeys) => ChosenPrekeys = (chosen) => chosen) {
  const prekeys = replenish(NO_PREKEYS, NOW, randomBytes);
  const chosen = change(choose(prekeys));
  const options = { me: own(known('alice')), peer: remote(known('bob')), chosen, generation: 1, now: NOW, random: randomBytes };
  const started = unchanged(startSession, options);
  if (!started) throw new Error('Good keys start a session');
  return { prekeys, started };
}

function accept(start: Bytes, prekeys: OwnPrekeys, peer = remote(known('alice')), me = own(known('bob'))) {
  return unchanged(acceptSession, { me, peer, start, prekeys, now: NOW });
}

/** Without looking whether anything changed, for when there are thousands. */
function acceptQuickly(start: Bytes, prekeys: OwnPrekeys) {
  return acceptSession({ me: own(known('bob')), peer: remote(known('alice')), start, prekeys, now: NOW });
}

const withoutOneTime = (chosen: ChosenPrekeys): ChosenPrekeys => ({ ...chosen, oneTime: undefined });

describe('alice starts a session with bob', () => {
  it.each([
    ['a one-time prekey', begin],
    ['the signed prekey alone', () => begin(withoutOneTime)],
  ])('[R11] [R12] from %s, and both have the same keys, binding and name', (_, start) => {
    const { prekeys, started } = start();
    const accepted = valueOf(accept(started.start, prekeys));
    expect(accepted.id).toEqual(started.id);
    expect(accepted.ad).toEqual(started.ad);
    expect(accepted.generation).toBe(1);
    const surroundings = { ad: started.ad, now: NOW, random: randomBytes };
    const { message } = sealMessage(started.ratchet, utf8('hello bob'), EMPTY, surroundings);
    expect(valueOf(openMessage(accepted.ratchet, message, EMPTY, surroundings)).content).toEqual(utf8('hello bob'));
  });

  it('[C2] not from a key of small order, nor from what is no KEM key', () => {
    const { prekeys } = begin();
    const good = choose(prekeys);
    const zero = new Uint8Array(32);
    const broken = new Uint8Array(1216).fill(0xff);
    if (!good.oneTime) throw new Error('Has one-time prekeys');
    for (const chosen of [
      { ...good, signed: { ...good.signed, agreementKey: zero } },
      { ...good, oneTime: { ...good.oneTime, agreementKey: zero } },
      { ...good, oneTime: { ...good.oneTime, kemKey: broken } },
    ]) {
      const options = {
        me: own(known('alice')),
        peer: remote(known('bob')),
        chosen,
        generation: 1,
        now: NOW,
        random: randomBytes,
      };
      expect(startSession(options)).toBeUndefined();
    }
  });
});

describe('attack 12: a start that was changed', () => {
  it('[R12] in any byte leads to another session or to none', () => {
    const { prekeys, started } = begin();
    const honest = valueOf(accept(started.start, prekeys));
    for (let place = 0; place < started.start.length; place++) {
      const outcome = acceptQuickly(flipBit(started.start, place * 8 + (place % 8)), prekeys);
      if (!outcome.ok) continue;
      expect(equalBytes(outcome.value.id, honest.id)).toBe(false);
      expect(pictureOf(outcome.value.ratchet.root)).not.toEqual(pictureOf(honest.ratchet.root));
    }
  }, 60_000);

  it('[R13] by another device is refused, and so is alice’s brought by carol', () => {
    const { prekeys, started } = begin();
    expect(accept(started.start, prekeys, remote(known('carol')))).toMatchObject({ failure: { kind: 'other-device' } });
  });

  it('[R12] meant for bob leads carol, should she have his prekeys, to other keys', () => {
    const { prekeys, started } = begin();
    const [bobs, carols] = [accept(started.start, prekeys), accept(started.start, prekeys, remote(known('alice')), own(known('carol')))];
    expect(pictureOf(valueOf(carols).ratchet.root)).not.toEqual(pictureOf(valueOf(bobs).ratchet.root));
    expect(valueOf(carols).ad).not.toEqual(valueOf(bobs).ad);
  });

  it('[C2] with a key of small order is refused', () => {
    const { prekeys, started } = begin();
    const start: SessionStart = { ...valueOf(decode(sessionStart, started.start)), ephemeralKey: new Uint8Array(32) };
    expect(accept(encode(sessionStart, start), prekeys)).toMatchObject({ failure: { kind: 'bad-key' } });
  });

  it('[C1] cut anywhere is refused', () => {
    const { prekeys, started } = begin();
    const outcomes = Array.from(started.start, (_, length) => acceptQuickly(started.start.slice(0, length), prekeys).ok);
    expect(outcomes).not.toContain(true);
  });
});

describe('attack 17: a start again', () => {
  it('[R10] with a one-time prekey finds it gone', () => {
    const { prekeys, started } = begin();
    const { prekeys: left } = valueOf(accept(started.start, prekeys));
    expect(left.oneTime.length).toBe(19);
    expect(accept(started.start, left)).toMatchObject({ failure: { kind: 'unknown-prekey' } });
  });

  it('[R13] without one is remembered as long as the signed prekey lasts', () => {
    const { prekeys, started } = begin(withoutOneTime);
    const { prekeys: left } = valueOf(accept(started.start, prekeys));
    expect(accept(started.start, left)).toMatchObject({ failure: { kind: 'unknown-prekey' } });
    const later = replenish(left, NOW + 29 * DAY_MS, randomBytes);
    expect(later.remembered.length).toBe(1);
    expect(accept(started.start, later)).toMatchObject({ failure: { kind: 'unknown-prekey' } });
    const muchLater = replenish(left, NOW + 30 * DAY_MS, randomBytes);
    expect(muchLater.remembered).toEqual([]);
    expect(accept(started.start, muchLater)).toMatchObject({ failure: { kind: 'unknown-prekey' } });
  });

  it('[R13] without one is refused when there are more than can be remembered', () => {
    let { prekeys } = begin();
    for (let count = 0; count < MAX_REMEMBERED_STARTS; count++) {
      const chosen = withoutOneTime(choose(prekeys));
      const options = {
        me: own(known('alice')),
        peer: remote(known('bob')),
        chosen,
        generation: 1,
        now: NOW,
        random: randomBytes,
      };
      ({ prekeys } = valueOf(accept(startSession(options)?.start ?? EMPTY, prekeys)));
    }
    const chosen = withoutOneTime(choose(prekeys));
    const options = { me: own(known('alice')), peer: remote(known('bob')), chosen, generation: 1, now: NOW, random: randomBytes };
    expect(accept(startSession(options)?.start ?? EMPTY, prekeys).ok).toBe(false);
  });
});

describe('[R10] prekeys', () => {
  it('are twenty and one, made once and left alone', () => {
    const prekeys = replenish(NO_PREKEYS, NOW, randomBytes);
    expect([prekeys.signed.length, prekeys.oneTime.length]).toEqual([1, 20]);
    expect(unchanged(replenish, prekeys, NOW + 6 * DAY_MS, randomBytes)).toBe(prekeys);
    const { signed, oneTime } = valueOf(decode(prekeyBundle, bundleOf(prekeys, 3)));
    expect(new Set([signed, ...oneTime].map(({ id }) => id)).size).toBe(21);
  });

  it('are replaced when used, under new ids', () => {
    const { prekeys, started } = begin();
    const { prekeys: left } = valueOf(accept(started.start, prekeys));
    const full = replenish(left, NOW, randomBytes);
    expect(full.oneTime.map(({ id }) => id)).toEqual([...left.oneTime.map(({ id }) => id), prekeys.nextId]);
  });

  it('are signed anew every seven days, and the old secrets go after thirty', () => {
    let prekeys = replenish(NO_PREKEYS, NOW, randomBytes);
    const first = prekeys.signed[0]?.id;
    const lives: number[] = [];
    for (let day = 1; day <= 40; day++) {
      prekeys = replenish(prekeys, NOW + day * DAY_MS, randomBytes);
      if (prekeys.signed.some(({ id }) => id === first)) lives.push(day);
      expect(NOW + day * DAY_MS - (prekeys.signed[0]?.madeAt ?? 0)).toBeLessThan(7 * DAY_MS);
      expect(prekeys.signed.length).toBeLessThanOrEqual(5);
    }
    expect(Math.max(...lives)).toBe(29);
  });
});
