/** Two devices with a cipher each, and what goes between them, without links or stores. */
import { signingSeedOf } from '../../src/crypto/sign.ts';
import { certificateIn, verifyCredential } from '../../src/identity/credential.ts';
import type { VerifiedDevice } from '../../src/identity/device.ts';
import { textOf, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { encode } from '../../src/protocol/codec.ts';
import { signed } from '../../src/protocol/credential.ts';
import type { EnvelopeCipher, SignedPrekeys } from '../../src/session/envelope-cipher.ts';
import { createRatchetCipher } from '../../src/session/ratchet-cipher.ts';
import type { SecondDevice, SecondPeer } from '../crypto/ratchet/second-ratchet.ts';
import { identityOf, REGISTERED_AT, type Identity } from './identities.ts';
import { seededRandom } from './seeded-random.ts';
import { unchanged } from './unchanged.ts';
import { valueOf } from './value-of.ts';

/** A device, its state towards one peer, and a clock of its own. Every step is checked to change no argument. */
export class Talker {
  readonly identity: Identity;
  readonly cipher: EnvelopeCipher;
  readonly verified: VerifiedDevice;
  state: Bytes;
  now = REGISTERED_AT;

  constructor(identity: Identity, random?: (length: number) => Bytes) {
    this.identity = identity;
    this.cipher = createRatchetCipher({ device: identity.device, clock: { now: () => this.now }, ...(random ? { random } : {}) });
    this.verified = valueOf(verifyCredential(identity.device.credential));
    this.state = this.cipher.start();
  }

  /** A link to the peer is proven. True if nothing of before serves. */
  meet(peer: VerifiedDevice): boolean {
    const { state, fresh } = unchanged((saved) => this.cipher.meet(saved, peer), this.state);
    this.state = state;
    return fresh;
  }

  offer(): SignedPrekeys {
    const { state, prekeys } = unchanged((saved) => this.cipher.offer(saved), this.state);
    this.state = state;
    return prekeys;
  }

  learn(prekeys: SignedPrekeys): void {
    this.state = valueOf(unchanged((saved, offered) => this.cipher.learn(saved, offered), this.state, prekeys));
  }

  restart(): void {
    this.state = unchanged((saved) => this.cipher.restart(saved), this.state);
  }

  write(text: string): Bytes {
    const { state, envelope } = valueOf(unchanged((saved, content) => this.cipher.seal(saved, content), this.state, utf8(text)));
    this.state = state;
    return envelope;
  }

  /** What it says, or why it does not open; the state goes on only if it does. */
  read(envelope: Bytes): string {
    const opened = unchanged((saved, sealed) => this.cipher.open(saved, sealed), this.state, envelope);
    if (!opened.ok) return opened.failure.kind;
    this.state = opened.value.state;
    return textOf(opened.value.content) ?? 'no text';
  }

  confirm(envelope: Bytes): void {
    this.state = unchanged((saved, sealed) => this.cipher.confirm(saved, sealed), this.state, envelope);
  }
}

/** Says hello on a link: both meet, both hand out prekeys. */
export function link(one: Talker, other: Talker): void {
  one.meet(other.verified);
  other.meet(one.verified);
  const [ones, others] = [one.offer(), other.offer()];
  one.learn(others);
  other.learn(ones);
}

/** alice and bob on their first link. libsodium must be ready. */
export function linkedTalkers(seed?: number): { readonly alice: Talker; readonly bob: Talker } {
  const random = (offset: number) => (seed === undefined ? undefined : seededRandom(seed + offset));
  const [alice, bob] = [new Talker(identityOf('alice'), random(0)), new Talker(identityOf('bob'), random(1))];
  link(alice, bob);
  return { alice, bob };
}

/** alice and bob in one session, which alice has started. */
export function talkersInSession(seed?: number): { readonly alice: Talker; readonly bob: Talker } {
  const pair = linkedTalkers(seed);
  pair.bob.read(pair.alice.write('hello bob'));
  pair.alice.read(pair.bob.write('hello alice'));
  return pair;
}

export function secondDeviceOf({ device }: Identity): SecondDevice {
  const certificate = certificateIn(device.credential);
  const { certificateId } = valueOf(verifyCredential(device.credential));
  return {
    certificate: encode(signed, certificate),
    certificateId,
    agreementSecret: device.agreement.secret.expose().slice(),
    signingSeed: signingSeedOf(device.signing),
  };
}

export function secondPeerOf({ device }: Identity): SecondPeer {
  return valueOf(verifyCredential(device.credential));
}
