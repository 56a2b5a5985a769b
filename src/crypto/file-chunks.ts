/**
 * The chunks of files: sealed with AES-256-GCM (NIST SP 800-38D), hashed with SHA-256 (FIPS 180-4), both by WebCrypto
 * (PROTOCOL.md X1, X2). The one place where the suite is not libsodium's: a file is gigabytes, and hardware does these two at
 * several times its speed. Needs no libsodium, so that a worker may load it alone.
 */
import { utf8, type Bytes } from '../lib/bytes.ts';
import type { Brand } from '../lib/brand.ts';
import { CHUNK_BYTES, CHUNK_HASH_BYTES, CHUNK_TAG_BYTES } from '../protocol/file-manifest.ts';

/** Opens and seals the chunks of one file; cannot be read out again. May be handed to a worker. */
export type ChunkKey = Brand<CryptoKey, 'ChunkKey'>;

const INFO = utf8('parley/file/chunks/v1');
const NO_SALT = new Uint8Array(0);
/** What GCM is made for (SP 800-38D §5.2.1.1). */
const NONCE_BYTES = 12;

/** `KDF(key, 'file/chunks')` (C4), by WebCrypto. `key`: the 32 bytes of the manifest. */
export async function chunkKeyOf(key: Bytes): Promise<ChunkKey> {
  const { subtle } = globalThis.crypto;
  const secret = await subtle.importKey('raw', key, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-512', salt: NO_SALT, info: INFO };
  return (await subtle.deriveKey(derivation, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])) as ChunkKey;
}

/**
 * Chunk `index` of the file, 16 bytes longer than its plaintext. The index is the nonce: a key seals one file once, and each
 * chunk of it once.
 */
export async function sealChunk(key: ChunkKey, place: ChunkPlace, plaintext: Bytes): Promise<Bytes> {
  return new Uint8Array(await globalThis.crypto.subtle.encrypt(parametersOf(place), key, plaintext));
}

/** The plaintext, or undefined when it is not what was sealed for this place. */
export async function openChunk(key: ChunkKey, place: ChunkPlace, sealed: Bytes): Promise<Bytes | undefined> {
  if (sealed.length < CHUNK_TAG_BYTES) return undefined;
  try {
    return new Uint8Array(await globalThis.crypto.subtle.decrypt(parametersOf(place), key, sealed));
  } catch {
    // WebCrypto's one way to say that the tag is wrong; a tag is there, as checked above.
    return undefined;
  }
}

/** SHA-256: of a sealed chunk for the outline, of the outline for the root. 32 bytes. */
export async function hashForOutline(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}

/** Where a chunk stands. A file cut short, or longer than it was, has another last one. */
export interface ChunkPlace {
  readonly index: number;
  readonly isLast: boolean;
}

export function chunkPlace(index: number, size: number): ChunkPlace {
  return { index, isLast: index === chunksOf(size) - 1 };
}

/** How many chunks a file of `size` bytes has: an empty one has one. */
export function chunksOf(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK_BYTES));
}

/** Plaintext bytes of chunk `index`. */
export function chunkLength(index: number, size: number): number {
  return Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);
}

/** Bytes of the whole outline of a file of `size` bytes. */
export function outlineLength(size: number): number {
  return chunksOf(size) * CHUNK_HASH_BYTES;
}

function parametersOf({ index, isLast }: ChunkPlace): AesGcmParams {
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setUint32(NONCE_BYTES - 4, index);
  const additionalData = new Uint8Array(5);
  new DataView(additionalData.buffer).setUint32(0, index);
  additionalData[4] = isLast ? 1 : 0;
  return { name: 'AES-GCM', iv: nonce, additionalData, tagLength: CHUNK_TAG_BYTES * 8 };
}
