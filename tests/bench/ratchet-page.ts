/**
 * The ratchet against its peers in one JavaScript engine: imported by ratchet.ts in Node, bundled as the global `ratcheting`
 * for Chromium. All three carry the same bytes from one end to the other, in turns within the same run.
 */
import * as peerModule from '2key-ratchet';
import { openWithNonce, sealWithNonce } from '../../src/crypto/aead.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createAccount } from '../../src/identity/account.ts';
import { verifyCredential } from '../../src/identity/credential.ts';
import { createDevice } from '../../src/identity/device.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { Result } from '../../src/lib/result.ts';
import type { EnvelopeCipher } from '../../src/session/envelope-cipher.ts';
import { createRatchetCipher } from '../../src/session/ratchet-cipher.ts';

/** A short text with all that goes along. */
const CONTENT_BYTES = 200;
const MESSAGES_A_ROUND = 200;
const ROUNDS = 11;
const NOW = 1_790_000_000_000;

/** Messages a second, sealed and opened, of each round. */
export interface Measured {
  readonly ours: number[];
  readonly peer: number[];
  readonly bare: number[];
}

/** Takes one message from one end to the other. `turned`: the other way. */
type Carry = (content: Bytes, turned: boolean) => Promise<void> | void;

export async function measureRatchet(): Promise<{ readonly same_direction: Measured; readonly ping_pong: Measured }> {
  await sodiumReady();
  return { same_direction: await measure(false), ping_pong: await measure(true) };
}

async function measure(inTurns: boolean): Promise<Measured> {
  const [ours, peer, bare] = [carryByOurs(), await carryByPeer(), carryBare()];
  const measured: Measured = { ours: [], peer: [], bare: [] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, carry] of [
      ['ours', ours],
      ['peer', peer],
      ['bare', bare],
    ] as const) {
      const rate = await rateOf(carry, inTurns);
      // The first round is for the engine to warm up.
      if (round >= 0) measured[name].push(rate);
    }
  }
  return measured;
}

async function rateOf(carry: Carry, inTurns: boolean): Promise<number> {
  const content = randomBytes(CONTENT_BYTES);
  const began = performance.now();
  for (let count = 0; count < MESSAGES_A_ROUND; count++) {
    const carrying = carry(content, inTurns && count % 2 === 1);
    // Ours has nothing to wait for, and is not made to.
    if (carrying) await carrying;
  }
  return (MESSAGES_A_ROUND * 1_000) / (performance.now() - began);
}

// ————— ours: states read and written with every message, as delivery does —————

interface End {
  readonly cipher: EnvelopeCipher;
  state: Bytes;
}

function carryByOurs(): Carry {
  const [alice, bob] = linkedEnds();
  const [there, back] = [carryFrom(alice, bob), carryFrom(bob, alice)];
  return (content, turned) => (turned ? back : there)(content);
}

function carryFrom(from: End, to: End): (content: Bytes) => void {
  return (content) => {
    const sealed = must(from.cipher.seal(from.state, content));
    from.state = sealed.state;
    to.state = must(to.cipher.open(to.state, sealed.envelope)).state;
  };
}

function linkedEnds(): readonly [End, End] {
  const devices = [randomBytes(32), randomBytes(32)].map((entropy) => createDevice(createAccount(entropy), 'bench', NOW));
  const [alices, bobs] = devices;
  if (!alices || !bobs) throw new Error('Two devices.');
  const ends = [alices, bobs].map((device, index): End => {
    const cipher = createRatchetCipher({ device, clock: { now: () => NOW } });
    const peer = must(verifyCredential((index === 0 ? bobs : alices).credential));
    return { cipher, state: cipher.meet(cipher.start(), peer).state };
  });
  const [alice, bob] = ends;
  if (!alice || !bob) throw new Error('Two ends.');
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const { state, prekeys } = one.cipher.offer(one.state);
    one.state = state;
    other.state = must(other.cipher.learn(other.state, prekeys));
  }
  // As for the peer: the session is started and answered before anything is measured.
  const [there, back] = [carryFrom(alice, bob), carryFrom(bob, alice)];
  there(randomBytes(CONTENT_BYTES));
  back(randomBytes(CONTENT_BYTES));
  return [alice, bob];
}

function must<Value>(result: Result<Value, unknown>): Value {
  if (!result.ok) throw new Error(`The bench did not work: ${JSON.stringify(result.failure)}`);
  return result.value;
}

// ————— bare: the seal alone —————

function carryBare(): Carry {
  const [key, ad] = [randomBytes(32), randomBytes(32)];
  return (content) => {
    const nonce = randomBytes(24);
    if (!openWithNonce(key, nonce, sealWithNonce(key, nonce, content, ad), ad)) throw new Error('The bench did not work.');
  };
}

// ————— the peer: 2key-ratchet, a double ratchet on WebCrypto, its states kept in memory —————

/** In Node the module is one CommonJS object, in a bundle it is a module. */
const peer = 'default' in peerModule ? (peerModule.default as typeof peerModule) : peerModule;

async function carryByPeer(): Promise<Carry> {
  peer.setEngine('WebCrypto', globalThis.crypto);
  const [aliceId, bobId] = [await peer.Identity.create(1, 1, 1), await peer.Identity.create(2, 1, 1)];
  const alice = await peer.AsymmetricRatchet.create(aliceId, await bundleOf(bobId));
  const first = await alice.encrypt(randomBytes(CONTENT_BYTES).buffer);
  const opening = await peer.PreKeyMessageProtocol.importProto(await first.exportProto());
  const bob = await peer.AsymmetricRatchet.create(bobId, opening);
  await bob.decrypt(opening.signedMessage);
  await carryBetween(bob, alice)(randomBytes(CONTENT_BYTES), false);
  const [there, back] = [carryBetween(alice, bob), carryBetween(bob, alice)];
  return (content, turned) => (turned ? back : there)(content, turned);
}

function carryBetween(from: peerModule.AsymmetricRatchet, to: peerModule.AsymmetricRatchet): Carry {
  return async (content) => {
    const proto = await (await from.encrypt(content.buffer)).exportProto();
    const message = await peer.MessageSignedProtocol.importProto(proto);
    await to.decrypt(message);
  };
}

async function bundleOf(identity: peerModule.Identity): Promise<peerModule.PreKeyBundleProtocol> {
  const bundle = new peer.PreKeyBundleProtocol();
  await bundle.identity.fill(identity);
  bundle.registrationId = identity.id;
  const [[prekey], [oneTime]] = [identity.signedPreKeys, identity.preKeys];
  if (!prekey || !oneTime) throw new Error('The peer has no prekeys.');
  bundle.preKey.id = 0;
  bundle.preKey.key = oneTime.publicKey;
  bundle.preKeySigned.id = 0;
  bundle.preKeySigned.key = prekey.publicKey;
  await bundle.preKeySigned.sign(identity.signingKey.privateKey);
  return peer.PreKeyBundleProtocol.importProto(await bundle.exportProto());
}

const ratcheting = { measureRatchet };

declare global {
  var ratcheting: typeof import('./ratchet-page.ts').ratcheting;
}
globalThis.ratcheting = ratcheting;
export { ratcheting };
