/**
 * A session that must never change: written once from fixed randomness, and read by the second implementation.
 * A change in it is a change of the protocol, and needs a new version.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { hash } from '../../src/crypto/hash.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { textOf, toHex } from '../../src/lib/bytes.ts';
import { acceptSecondSession, type SecondPrekeys } from '../crypto/ratchet/second-ratchet.ts';
import { unhex } from '../support/hex.ts';
import { identityOf, REGISTERED_AT } from '../support/identities.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { secondDeviceOf, secondPeerOf, linkedTalkers } from '../support/sessions.ts';
import frozen from '../vectors/ratchet-v1.json' with { type: 'json' };

beforeAll(sodiumReady);

const SEED = 2026;
const DAY_MS = 86_400_000;

/** alice starts, bob answers, and after a week they go through a hybrid step. */
function replay() {
  const { alice, bob } = linkedTalkers(SEED);
  const bundle = bob.offer();
  const opening = alice.write('hello bob');
  const second = alice.write('are you there?');
  bob.read(opening);
  bob.read(second);
  const answer = bob.write('hello alice');
  alice.read(answer);
  alice.now = bob.now = REGISTERED_AT + 7 * DAY_MS;
  const offer = alice.write('a week on');
  bob.read(offer);
  const hybrid = bob.write('and a KEM later');
  alice.read(hybrid);
  const last = alice.write('good-bye');
  bob.read(last);
  return { bundle: hash(bundle.bundle, bundle.signature), opening, second, answer, offer, hybrid, last, state: hash(alice.state) };
}

describe('the frozen session', () => {
  it('[R1–R15] comes out the same, byte for byte', () => {
    const written = Object.fromEntries(Object.entries(replay()).map(([name, bytes]) => [name, toHex(bytes)]));
    expect(written).toEqual(frozen);
  });

  it('[R3–R13] is read by the second implementation, which has nothing but bob’s keys', () => {
    const random = seededRandom(SEED + 1);
    const make = (id: number) => ({ id, agreement: random(32), kem: random(32) });
    const signed = make(1);
    const prekeys: SecondPrekeys = { signed, oneTime: Array.from({ length: 20 }, (_, index) => make(index + 2)) };
    const [alice, bob] = [identityOf('alice'), identityOf('bob')];
    const [opening, second] = [unhex(frozen.opening), unhex(frozen.second)];
    const session = acceptSecondSession(secondDeviceOf(bob), secondPeerOf(alice), opening, prekeys, REGISTERED_AT);
    expect([opening, second].map((envelope) => textOf(session.open(envelope)))).toEqual(['hello bob', 'are you there?']);
  });
});
