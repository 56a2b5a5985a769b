import { beforeAll, describe, expect, it } from 'vitest';
import { openWithNonce, sealWithNonce } from '../../src/crypto/aead.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { signingKeyPair } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { issueCredential } from '../../src/identity/credential.ts';
import type { Device } from '../../src/identity/device.ts';
import { EMPTY, toHex, type Bytes } from '../../src/lib/bytes.ts';
import { fail } from '../../src/lib/result.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { closing } from '../../src/protocol/handshake.ts';
import { advance, NO_PSK, startInitiator, startResponder, type HandshakeContext } from '../../src/session/handshake.ts';
import { befriended, connection, contextOf, isEstablished, meet, sentBy } from '../support/handshaking.ts';
import { credentialSaying, identityOf, REGISTERED_AT, type Identity } from '../support/identities.ts';
import { printsOf } from '../support/prints.ts';
import { valueOf } from '../support/value-of.ts';

let alice: Identity;
let bob: Identity;
let carol: Identity;
let mallory: Identity;

beforeAll(async () => {
  await sodiumReady();
  [alice, bob, carol, mallory] = ['alice', 'bob', 'carol', 'mallory'].map(identityOf) as [Identity, Identity, Identity, Identity];
});

const toBob = (changes: Partial<HandshakeContext> = {}) => contextOf(alice, bob, changes);
const toAlice = (changes: Partial<HandshakeContext> = {}) => contextOf(bob, alice, changes);
const as = (identity: Identity, changes: Partial<Device>): Identity => ({ ...identity, device: { ...identity.device, ...changes } });
const anyone = { expects: () => true };

describe('alice and bob on a fresh link', () => {
  it('[H6] each learn which device of whom they talk to', () => {
    const { initiator, responder } = befriended(toBob(), toAlice());
    expect(initiator.peer).toMatchObject({ account: bob.account.id, deviceKey: bob.device.signing.publicKey, name: "bob's laptop" });
    expect(responder.peer).toMatchObject({
      account: alice.account.id,
      deviceKey: alice.device.signing.publicKey,
      listVersion: REGISTERED_AT,
    });
  });

  it('[H4] share one key for each direction, and the exporter', () => {
    const { initiator, responder } = befriended(toBob(), toAlice());
    expect(initiator.keys.send.expose()).toEqual(responder.keys.receive.expose());
    expect(initiator.keys.receive.expose()).toEqual(responder.keys.send.expose());
    expect(initiator.exporter.expose()).toEqual(responder.exporter.expose());
    expect(new Set([initiator.keys.send, initiator.keys.receive, initiator.exporter].map((key) => toHex(key.expose()))).size).toBe(3);
  });

  it('[H2] get other keys on every link', () => {
    const [first, second] = [befriended(toBob(), toAlice()), befriended(toBob(), toAlice())];
    expect(first.initiator.keys.send.expose()).not.toEqual(second.initiator.keys.send.expose());
  });

  it('[H4] need the same secret beforehand', () => {
    const psk = randomBytes(32);
    expect(isEstablished(meet(toBob({ psk }), toAlice({ psk })).responder)).toBe(true);
    expect(meet(toBob({ psk }), toAlice({ psk: randomBytes(32) })).initiator).toEqual({ kind: 'other-keys' });
    expect(meet(toBob({ psk }), toAlice({ psk: NO_PSK })).initiator).toEqual({ kind: 'other-keys' });
  });

  it('[H5] show nobody on the path who they are', () => {
    const wire = Buffer.concat(meet(toBob(), toAlice()).messages);
    const identities = [alice, bob].flatMap(({ account, device }) => [
      account.signing.publicKey,
      device.signing.publicKey,
      device.agreement.publicKey,
    ]);
    expect(identities.filter((key) => wire.includes(Buffer.from(key)))).toEqual([]);
    expect(wire.includes('laptop')).toBe(false);
  });

  it('[H6] refuse an account that is not the one this link is for', () => {
    expect(meet(contextOf(alice, carol), toAlice()).initiator).toEqual({ kind: 'unexpected-account', account: bob.account.id });
    const { initiator, responder } = meet(toBob(), contextOf(bob, carol));
    expect(isEstablished(initiator)).toBe(true);
    expect(responder).toEqual({ kind: 'unexpected-account', account: alice.account.id });
  });
});

describe('somebody in the middle', () => {
  it('[H3] who ends both DTLS connections and relays every message is found out by alice (attack 1)', () => {
    const aliceSees = connection("alice's certificate", "mallory's certificate");
    const bobSees = connection("mallory's certificate", "bob's certificate");
    const { initiator, responder, messages } = meet(toBob({ fingerprints: aliceSees }), toAlice({ fingerprints: bobSees }));
    expect(initiator).toEqual({ kind: 'other-keys' });
    expect(responder).toBe('waiting');
    expect(messages).toHaveLength(2);
  });

  it('[H3] who changed only one of the fingerprints is found out as well (attack 2)', () => {
    for (const fingerprints of [
      connection('another'),
      connection(undefined, 'another'),
      connection('certificate two', 'certificate one'),
    ]) {
      expect(meet(toBob(), toAlice({ fingerprints })).initiator).toEqual({ kind: 'other-keys' });
    }
  });

  it('[H6] who speaks for herself is not bob', () => {
    expect(meet(toBob(), contextOf(mallory, alice)).initiator).toEqual({ kind: 'unexpected-account', account: mallory.account.id });
  });

  it.each([
    ['m1', 0],
    ['m2', 1],
    ['m3', 2],
  ])(
    '[H3] cannot change a single byte of %s unnoticed',
    (_, target) => {
      const length = meet(toBob(), toAlice()).messages[target]?.length ?? 0;
      const unnoticed = Array.from({ length }, (_, position) => position).filter((position) => {
        const { initiator, responder } = meet(toBob(), toAlice(), (message, index) =>
          index === target ? flipped(message, position) : message,
        );
        return isEstablished(target === 2 ? responder : initiator);
      });
      expect(length).toBeGreaterThan(500);
      expect(unnoticed).toEqual([]);
    },
    60_000,
  );

  it.each([
    ['m1', 0],
    ['m2', 1],
    ['m3', 2],
  ])('[C1] cannot cut %s short or make it longer', (_, target) => {
    const length = meet(toBob(), toAlice()).messages[target]?.length ?? 0;
    const sizes = [0, 1, 32, 33, Math.floor(length / 2), length - 17, length - 16, length - 1, length + 1];
    const outcomes = sizes.map((size) => {
      const { initiator, responder } = meet(toBob(), toAlice(), (message, index) => (index === target ? resized(message, size) : message));
      return target === 1 ? initiator : responder;
    });
    expect(outcomes).toEqual(sizes.map(() => expect.objectContaining({ kind: 'malformed' }) as unknown));
  });

  it('[C2] cannot hand out a KEM key or ciphertext that no honest device makes', () => {
    const badKey = (message: Bytes, index: number) => (index === 0 ? message.slice().fill(0xff, 33) : message);
    const badCiphertext = (message: Bytes, index: number) => (index === 1 ? message.slice().fill(0, 33 + 1088, 33 + 1120) : message);
    expect(meet(toBob(), toAlice(), badKey).responder).toEqual({ kind: 'bad-key' });
    expect(meet(toBob(), toAlice(), badCiphertext).initiator).toEqual({ kind: 'bad-key' });
  });
});

describe('messages that come back or come again', () => {
  it("[H7] alice's own messages are no answers to her (attack 4)", () => {
    const opened = startInitiator(toBob());
    expect(advance(opened.state, opened.send)).toEqual(fail({ kind: 'malformed', message: 'reply' }));
    const answered = valueOf(advance(startResponder(toAlice()), opened.send));
    expect(advance(answered.state, answered.send ?? EMPTY)).toEqual(fail({ kind: 'malformed', message: 'closing' }));
  });

  it('[H6] a device does not talk to itself, on either side (attack 4)', () => {
    const self = contextOf(alice, alice);
    expect(meet(self, self).initiator).toEqual({ kind: 'own-device' });
    const disguised = as(alice, { signing: { ...alice.device.signing, publicKey: bob.device.signing.publicKey } });
    expect(meet(contextOf(disguised, alice), self).responder).toEqual({ kind: 'own-device' });
  });

  it('[H2] the m3 of one link proves nothing on another (attack 5)', () => {
    const recorded = meet(toBob(), toAlice()).messages[2] ?? EMPTY;
    const { responder } = meet(toBob(), toAlice(), (message, index) => (index === 2 ? recorded : message));
    expect(responder).toEqual({ kind: 'other-keys' });
  });

  it('[H2] a replayed m1 gets an answer nobody can use, and the old m3 does not fit it (attack 5)', () => {
    const [m1 = EMPTY, m2, m3 = EMPTY] = meet(toBob(), toAlice()).messages;
    const answered = valueOf(advance(startResponder(toAlice()), m1));
    expect(answered.send).not.toEqual(m2);
    expect(advance(answered.state, m3)).toEqual(fail({ kind: 'other-keys' }));
  });

  it('[H7] after the last message there is nothing left to say', () => {
    const opened = startInitiator(toBob());
    const answered = valueOf(advance(startResponder(toAlice()), opened.send));
    const concluded = valueOf(advance(opened.state, answered.send ?? EMPTY));
    const accepted = valueOf(advance(answered.state, concluded.send ?? EMPTY));
    for (const { state } of [concluded, accepted]) {
      expect(advance(state, concluded.send ?? EMPTY)).toEqual(fail({ kind: 'out-of-place' }));
    }
  });
});

describe('a peer who breaks the rules', () => {
  it('[H6] and authenticates its proof with anything but the MAC of this handshake is refused', () => {
    const opened = startInitiator(toBob());
    const answered = valueOf(advance(startResponder(toAlice()), opened.send));
    const concluded = valueOf(advance(opened.state, answered.send ?? EMPTY));
    if (answered.state.phase !== 'awaiting-closing') throw new Error('Expected bob to wait for m3');
    const key = answered.state.schedule.seal.initiator.expose();
    const nonce = new Uint8Array(24);
    const proof = openWithNonce(key, nonce, valueOf(decode(closing, concluded.send ?? EMPTY)).proof, EMPTY) ?? EMPTY;
    const resealed = (plain: Bytes) => encode(closing, { proof: sealWithNonce(key, nonce, plain, EMPTY) });
    expect(advance(answered.state, resealed(flipped(proof, proof.length - 1)))).toEqual(fail({ kind: 'wrong-mac' }));
    expect(advance(answered.state, resealed(proof.slice(1)))).toEqual(fail({ kind: 'malformed', message: 'proof' }));
    expect(advance(answered.state, resealed(proof)).ok).toBe(true);
  });
});

describe("somebody else's credential", () => {
  it('[H6] shown by mallory does not make her carol (attack 6)', () => {
    const impostor = as(mallory, { credential: carol.device.credential });
    const wrong = { kind: 'wrong-signature' };
    expect(meet(contextOf(alice, carol), contextOf(impostor, alice)).initiator).toEqual(wrong);
    expect(meet(contextOf(impostor, alice), contextOf(alice, carol)).responder).toEqual(wrong);
  });

  it("[H5] mallory cannot certify bob's device and pass his words off as hers (attack 6)", () => {
    const { signing, agreement } = bob.device;
    const claim = { signingKey: signing.publicKey, agreementKey: agreement.publicKey, name: 'mine', createdAt: REGISTERED_AT, serial: 1 };
    const claiming = as(mallory, { credential: issueCredential(mallory.account, claim, REGISTERED_AT) });
    expect(meet(contextOf(alice, mallory), contextOf(claiming, alice)).initiator).toEqual({ kind: 'wrong-signature' });
  });

  it('[H6] does not help whoever has the device key but not the account', () => {
    const thief = as(mallory, { signing: bob.device.signing });
    expect(meet(toBob(), contextOf(thief, alice)).initiator).toEqual({ kind: 'wrong-signature' });
  });

  it('[K5] of a revoked device is refused by both sides (attack 7)', () => {
    const revoked = as(bob, { credential: credentialSaying(bob, { list: (id) => ({ active: [], revoked: [id] }) }) });
    const refusal = { kind: 'refused-credential', reason: { kind: 'revoked' } };
    expect(meet(toBob(), contextOf(revoked, alice)).initiator).toEqual(refusal);
    expect(meet(contextOf(revoked, alice), toBob()).responder).toEqual(refusal);
  });

  it('[K4] with an older device list than one seen is refused by both sides (attack 7)', () => {
    const seenNewer = { minimumListVersion: (account: string) => (account === bob.account.id ? REGISTERED_AT + 1 : 0) };
    const refusal = { kind: 'refused-credential', reason: { kind: 'outdated-list', version: REGISTERED_AT } };
    expect(meet(toBob(seenNewer), toAlice()).initiator).toEqual(refusal);
    expect(meet(toAlice(), toBob(seenNewer)).responder).toEqual(refusal);
  });

  it('[K5] that is none is refused', () => {
    const garbled = as(bob, { credential: new Uint8Array([1, 2, 3]) });
    expect(meet(toBob(), contextOf(garbled, alice)).initiator).toEqual({ kind: 'refused-credential', reason: { kind: 'malformed' } });
  });

  it('[H6] a device that signs with another key than its certificate says is refused', () => {
    const other = as(bob, { signing: signingKeyPair(randomBytes(32)) });
    expect(meet(toBob(), contextOf(other, alice)).initiator).toEqual({ kind: 'wrong-signature' });
  });
});

describe('the state machine', () => {
  it('leaves the state it was given as it was: nonsense first does not spoil what follows', () => {
    const opened = startInitiator(toBob());
    const waiting = startResponder(toAlice());
    expect(advance(waiting, randomBytes(1249)).ok).toBe(false);
    const answered = valueOf(advance(waiting, opened.send));
    expect(advance(opened.state, randomBytes(1695)).ok).toBe(false);
    const concluded = advance(opened.state, answered.send ?? EMPTY);
    expect(advance(answered.state, randomBytes(543)).ok).toBe(false);
    expect(valueOf(advance(answered.state, sentBy(concluded))).established?.peer.account).toBe(alice.account.id);
  });

  it('asks whom to expect only once they have proven to be it', () => {
    const asked: string[] = [];
    const expects = (account: string) => asked.push(account) > 0;
    const impostor = as(mallory, { credential: bob.device.credential });
    expect(isEstablished(meet(toBob({ expects }), contextOf(impostor, alice, anyone)).initiator)).toBe(false);
    expect(asked).toEqual([]);
    meet(toBob({ expects }), toAlice());
    expect(asked).toEqual([bob.account.id]);
  });

  it('hands over what to wipe, and none of it is needed any more', () => {
    const opened = startInitiator(toBob());
    const answered = valueOf(advance(startResponder(toAlice()), opened.send));
    answered.consumed.forEach((secret) => secret.wipe());
    const concluded = valueOf(advance(opened.state, answered.send ?? EMPTY));
    concluded.consumed.forEach((secret) => secret.wipe());
    const accepted = valueOf(advance(answered.state, concluded.send ?? EMPTY));
    accepted.consumed.forEach((secret) => secret.wipe());
    expect(accepted.established?.keys.send.expose()).toEqual(concluded.established?.keys.receive.expose());
    expect([answered, concluded, accepted].map(({ consumed }) => consumed.map(({ kind }) => kind).sort())).toEqual([
      ['proof-mac', 'proof-seal', 'psk'],
      ['kem', 'proof-mac', 'proof-mac', 'proof-seal', 'proof-seal', 'psk'],
      ['proof-mac', 'proof-mac', 'proof-seal', 'proof-seal'],
    ]);
  });

  it('prints no secret in any state', () => {
    const psk = new Uint8Array(32).fill(0xab);
    const opened = startInitiator(toBob({ psk, random: (length) => new Uint8Array(length).fill(0xab) }));
    const waiting = startResponder(toAlice({ psk }));
    const answered = valueOf(advance(waiting, opened.send));
    const { established } = valueOf(advance(opened.state, answered.send ?? EMPTY));
    // The nonce is random here too, and public: it must not be mistaken for a leak.
    const states = [{ ...opened.state, opening: EMPTY }, waiting, answered.state, established];
    for (const print of states.flatMap(printsOf)) expect(print).not.toMatch(/171, ?171|171,"1"|ab ab|abab/);
  });
});

function flipped(bytes: Bytes, position: number): Bytes {
  const changed = bytes.slice();
  changed[position] = (changed[position] ?? 0) ^ 1;
  return changed;
}

function resized(bytes: Bytes, size: number): Bytes {
  const changed = new Uint8Array(size);
  changed.set(bytes.subarray(0, size));
  return changed;
}
