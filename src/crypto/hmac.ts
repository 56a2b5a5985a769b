/**
 * HMAC-SHA-512 (RFC 2104) and HKDF-SHA-512 (RFC 5869). The small build of libsodium has its SHA-512 and no more of them; put
 * together on that, they take a third of the time of a SHA-512 in JavaScript, and a message of the ratchet takes ten of them.
 */
import { assert } from '../lib/assert.ts';
import { EMPTY, type Bytes } from '../lib/bytes.ts';
import { sha512 } from './hash.ts';
import { owned, sodium } from './sodium.ts';
import { wipe } from './wipe.ts';

const BLOCK_BYTES = 128;
const HASH_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const SHORT_KEY_BYTES = 32;
/** The counter of HKDF's blocks is one byte. */
const MAX_BLOCKS = 255;

/** 64 bytes. */
export function hmacSha512(key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes {
  const short = key.length > BLOCK_BYTES ? sha512(key) : key;
  return hashBehind(short, OUTER_PAD, [hashBehind(short, INNER_PAD, parts)]);
}

/** The first 32 bytes of HMAC-SHA-512 under a key of 32 bytes: what libsodium calls `crypto_auth`. */
export function hmacSha512Half(key: Uint8Array, message: Uint8Array): Bytes {
  assert(key.length === SHORT_KEY_BYTES, 'a MAC key has 32 bytes');
  return owned(sodium.crypto_auth(message, key));
}

/** `length` bytes, at most 16,320. `salt`: 64 zero bytes unless given. */
export function hkdfSha512(secret: Uint8Array, salt: Uint8Array = EMPTY, info: Uint8Array = EMPTY, length = HASH_BYTES): Bytes {
  assert(length <= MAX_BLOCKS * HASH_BYTES, 'HKDF gives 255 blocks');
  const extracted = hmacSha512(salt, secret);
  const output = new Uint8Array(length);
  let block = EMPTY;
  for (let count = 1, offset = 0; offset < length; count++, offset += HASH_BYTES) {
    block = hmacSha512(extracted, block, info, new Uint8Array([count]));
    output.set(block.subarray(0, length - offset), offset);
  }
  wipe(extracted, block);
  return output;
}

/** SHA-512 of the key, padded to a block and masked, and the parts behind it. In one piece of memory: this runs for every message. */
function hashBehind(key: Uint8Array, pad: number, parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, BLOCK_BYTES));
  joined.fill(pad, 0, BLOCK_BYTES);
  for (let place = 0; place < key.length; place++) joined[place] = pad ^ (key[place] ?? 0);
  let offset = BLOCK_BYTES;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  const hashed = owned(sodium.crypto_hash(joined));
  wipe(joined);
  return hashed;
}
