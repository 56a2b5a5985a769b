import { agreementKeyPair, AGREEMENT_KEY_BYTES, type AgreementKeyPair } from '../crypto/agreement.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { signingKeyPair, SIGNING_SEED_BYTES, signingSeedOf, type SigningKeyPair } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import type { Bytes } from '../lib/bytes.ts';
import { succeed, type Result } from '../lib/result.ts';
import { bytes, decode, encode, fixed, marked, struct, type DecodeFailure } from '../protocol/codec.ts';
import { MAX_CREDENTIAL_BYTES } from '../protocol/credential.ts';
import { accountIdOf, ACCOUNT_ID_BYTES, accountKeyOf, type AccountId } from '../protocol/ids.ts';
import type { AccountKeys } from './account.ts';
import { issueCredential } from './credential.ts';

/** This browser, as one of an account's devices. */
export interface Device {
  readonly account: AccountId;
  readonly signing: SigningKeyPair;
  readonly agreement: AgreementKeyPair;
  /** What it shows to others: an encoded credential. */
  readonly credential: Bytes;
}

/** Somebody's device, vouched for by their account. Made by `verifyCredential` alone. */
export interface VerifiedDevice {
  readonly account: AccountId;
  /** 32 bytes: the id (C5) of its certificate, which names the device and its keys. */
  readonly certificateId: Bytes;
  /** 32 bytes, Ed25519. */
  readonly deviceKey: Bytes;
  /** 32 bytes, X25519. */
  readonly agreementKey: Bytes;
  readonly name: string;
  /** To be remembered when higher than before: a lower one is a rollback. */
  readonly listVersion: number;
}

const FIRST_SERIAL = 1;

/**
 * The one device of an account, with keys of its own and the account's word for it. `name`: at most 128 bytes of UTF-8.
 *
 * `createdAt` (milliseconds since 1970) is also the version of the device list: whoever brings an account back from its 24
 * words alone does not know the last version, and still has to come after it (PROTOCOL.md K4).
 */
export function createDevice(account: AccountKeys, name: string, createdAt: number, random: RandomSource = randomBytes): Device {
  const signing = newSigningKeyPair(random);
  const agreement = agreementKeyPair(random(AGREEMENT_KEY_BYTES));
  const certificate = { signingKey: signing.publicKey, agreementKey: agreement.publicKey, name, createdAt, serial: FIRST_SERIAL };
  return { account: account.id, signing, agreement, credential: issueCredential(account, certificate, createdAt) };
}

function newSigningKeyPair(random: RandomSource): SigningKeyPair {
  const seed = random(SIGNING_SEED_BYTES);
  const keyPair = signingKeyPair(seed);
  wipe(seed);
  return keyPair;
}

/** How a device rests in the vault. Never leaves this browser: a restored account gets a new device. */
const storedDevice = marked(
  new Uint8Array([1]),
  struct({
    account: fixed(ACCOUNT_ID_BYTES),
    signingSeed: fixed(SIGNING_SEED_BYTES),
    agreementSecret: fixed(AGREEMENT_KEY_BYTES),
    credential: bytes(MAX_CREDENTIAL_BYTES),
  }),
);

/** The device with its secrets in the clear: to be sealed and wiped. */
export function encodeDevice(device: Device): Bytes {
  const signingSeed = signingSeedOf(device.signing);
  const encoded = encode(storedDevice, {
    account: accountKeyOf(device.account),
    signingSeed,
    agreementSecret: device.agreement.secret.expose(),
    credential: device.credential,
  });
  wipe(signingSeed);
  return encoded;
}

export function decodeDevice(encoded: Uint8Array): Result<Device, DecodeFailure> {
  const stored = decode(storedDevice, encoded);
  if (!stored.ok) return stored;
  const { account, signingSeed, agreementSecret, credential } = stored.value;
  const device: Device = {
    account: accountIdOf(account),
    signing: signingKeyPair(signingSeed),
    agreement: agreementKeyPair(agreementSecret),
    credential,
  };
  wipe(signingSeed);
  return succeed(device);
}
