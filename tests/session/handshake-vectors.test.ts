/**
 * A handshake that must never change, read by a second implementation made of other parts: noble's X-Wing and Node's
 * SHA-512, HKDF, HMAC and Ed25519, following PROTOCOL.md rather than our code.
 *
 * The vector was written once from fixed randomness; a change in it is a change of the protocol, and needs a new suite.
 */
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import { createHash, createHmac, createPublicKey, hkdfSync, verify as verifyInNode } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWithNonce } from '../../src/crypto/aead.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { EMPTY, toBase64url, toHex, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { ChannelCipher } from '../../src/session/channel-cipher.ts';
import { advance, startInitiator, startResponder, type Established, type HandshakeContext } from '../../src/session/handshake.ts';
import { connection, contextOf } from '../support/handshaking.ts';
import { unhex } from '../support/hex.ts';
import { identityOf } from '../support/identities.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { valueOf } from '../support/value-of.ts';
import frozen from '../vectors/handshake-v1.json' with { type: 'json' };

beforeAll(sodiumReady);

const PSK = new Uint8Array(32).fill(0x5c);

/** Alice opens, bob answers, with seeds 1 and 2 for their randomness. */
function replay(): { readonly messages: readonly Bytes[]; readonly alice: Established; readonly bob: Established } {
  const [alice, bob] = [identityOf('alice'), identityOf('bob')];
  const common: Partial<HandshakeContext> = { psk: PSK, fingerprints: connection() };
  const opened = startInitiator(contextOf(alice, bob, { ...common, random: seededRandom(1) }));
  const answered = valueOf(advance(startResponder(contextOf(bob, alice, { ...common, random: seededRandom(2) })), opened.send));
  const concluded = valueOf(advance(opened.state, answered.send ?? EMPTY));
  const accepted = valueOf(advance(answered.state, concluded.send ?? EMPTY));
  if (!concluded.established || !accepted.established) throw new Error('Expected a proven link');
  const messages = [opened.send, answered.send ?? EMPTY, concluded.send ?? EMPTY];
  return { messages, alice: concluded.established, bob: accepted.established };
}

describe('the frozen handshake', () => {
  it('[H1–H5] comes out the same, byte for byte', () => {
    const { messages, alice, bob } = replay();
    const [m1, m2, m3] = messages.map(toHex);
    const firstFrame = toHex(new ChannelCipher(alice.keys, 0).seal(utf8('hello bob'), 0));
    const exporter = toHex(bob.exporter.expose());
    expect({ m1, m2, m3, exporter, firstFrame }).toEqual(frozen);
  });

  it('[H3, H4] gives a second implementation the same keys, with which it opens both proofs', () => {
    const { transcript, transcriptAfterReply, keys, m2, m3 } = readAgain();
    expect(toHex(keys.exporter)).toBe(frozen.exporter);
    for (const [role, message, start, sealKey, macKey, covered] of [
      ['chan-sigR', m2, 1 + 32 + 1120 + 4, keys.sealR, keys.macR, transcript],
      ['chan-sigI', m3, 1 + 4, keys.sealI, keys.macI, transcriptAfterReply],
    ] as const) {
      const proof = openWithNonce(sealKey, new Uint8Array(24), message.subarray(start), EMPTY) ?? EMPTY;
      const [credential, signature, mac] = [proof.subarray(4, -128), proof.subarray(-128, -64), proof.subarray(-64)];
      const statement = Buffer.concat([covered, credential]);
      expect(toHex(mac)).toBe(createHmac('sha512', macKey).update(statement).digest('hex'));
      expect(verifyInNode(null, signedStatement(role, statement), deviceKeyIn(credential), signature)).toBe(true);
    }
  });

  it('[F2, F3] gives it the key of the first frame', () => {
    const frame = unhex(frozen.firstFrame);
    expect(openWithNonce(readAgain().keys.txI, new Uint8Array(24), frame.subarray(9), frame.subarray(0, 9))).toEqual(utf8('hello bob'));
  });
});

/** PROTOCOL.md C3, H3 and H4, once more. */
function readAgain() {
  const [m1, m2, m3] = [unhex(frozen.m1), unhex(frozen.m2), unhex(frozen.m3)];
  const ephemeralSeed = seededRandom(1)(32);
  const [nonce, ciphertext] = [m2.subarray(1, 33), m2.subarray(33, 33 + 1120)];
  const { initiator, responder } = connection();
  const transcript = createHash('sha512');
  for (const part of [utf8('parley/chan/v1'), initiator, responder, m1, nonce, ciphertext]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    transcript.update(length).update(part);
  }
  const th = transcript.digest();
  const sharedSecret = ml_kem768_x25519.decapsulate(ciphertext, ml_kem768_x25519.keygen(ephemeralSeed).secretKey);
  const all = new Uint8Array(hkdfSync('sha512', Buffer.concat([sharedSecret, PSK]), th, 'parley/chan/keys/v1', 7 * 32));
  const key = (place: number) => all.slice(place * 32, place * 32 + 32);
  return {
    m2,
    m3,
    transcript: th,
    transcriptAfterReply: createHash('sha512').update(th).update(m2).digest(),
    keys: { sealR: key(0), sealI: key(1), macR: key(2), macI: key(3), txI: key(4), txR: key(5), exporter: key(6) },
  };
}

/** C5. */
function signedStatement(context: string, payload: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([utf8('parley/sig/v1\0'), new Uint8Array([context.length]), utf8(context), length, payload]);
}

/** K2: in a credential the certificate comes first; in it, after version and account, the device's signing key. */
function deviceKeyIn(credential: Uint8Array) {
  const start = 1 + 4 + 1 + 32;
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: toBase64url(credential.subarray(start, start + 32)) } });
}
