/**
 * Argon2id (RFC 9106), version 1.3, one lane: what stands between a stolen profile and a person's password.
 *
 * Only libsodium's large build has it, and its heap never shrinks again: call this from a worker that is thrown away
 * (argon2id-worker.ts).
 */
import sodium from 'libsodium-wrappers-sumo';
import type { Bytes } from '../lib/bytes.ts';
import { isAcceptableCost, type Argon2idCost } from './argon2id-cost.ts';

const ARGON2ID_SALT_BYTES = 16;
const ARGON2ID_HASH_BYTES = 32;

/** Loads what the first hash would otherwise wait for. */
export async function argon2idReady(): Promise<void> {
  await sodium.ready;
}

/**
 * 32 bytes from a password and a 16-byte salt. Takes 0.1 s (floor) to some seconds. Rejects with a RangeError when salt or
 * cost are not acceptable, with an Error when the memory cannot be had.
 */
export async function argon2id(password: Uint8Array, salt: Uint8Array, cost: Argon2idCost): Promise<Bytes> {
  if (salt.length !== ARGON2ID_SALT_BYTES) throw new RangeError('An Argon2id salt has 16 bytes');
  if (!isAcceptableCost(cost)) throw new RangeError('Argon2id cost out of bounds');
  await sodium.ready;
  const { crypto_pwhash, crypto_pwhash_ALG_ARGON2ID13 } = sodium;
  return crypto_pwhash(ARGON2ID_HASH_BYTES, password, salt, cost.passes, cost.memory * 1024, crypto_pwhash_ALG_ARGON2ID13) as Bytes;
}
