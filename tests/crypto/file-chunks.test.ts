import { beforeAll, describe, expect, it } from 'vitest';
import { gcm } from '@noble/ciphers/aes.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  chunkKeyOf,
  chunkLength,
  chunkPlace,
  chunksOf,
  hashForOutline,
  openChunk,
  outlineLength,
  sealChunk,
} from '../../src/crypto/file-chunks.ts';
import { identifyFile } from '../../src/crypto/file-id.ts';
import { deriveKey } from '../../src/crypto/kdf.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { CHUNK_BYTES } from '../../src/protocol/file-manifest.ts';

const KEY = new Uint8Array(32).fill(7);
const TEXT = new Uint8Array(1_000).map((_, index) => index % 251);

beforeAll(sodiumReady);

describe('chunks of files (X1, X2)', () => {
  it('are sealed as the rule says, by another implementation', async () => {
    const place = { index: 0x01_02_03, isLast: true };
    const sealed = await sealChunk(await chunkKeyOf(KEY), place, TEXT);
    const nonce = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    const ad = new Uint8Array([0, 1, 2, 3, 1]);
    expect(sealed).toEqual(gcm(deriveKey({ secret: KEY, info: 'file/chunks' }), nonce, ad).encrypt(TEXT));
    expect(await hashForOutline(sealed)).toEqual(sha256(sealed));
  });

  it('open again, and an empty one too', async () => {
    const key = await chunkKeyOf(KEY);
    for (const text of [TEXT, new Uint8Array(0)]) {
      const sealed = await sealChunk(key, { index: 5, isLast: false }, text);
      expect(sealed).toHaveLength(text.length + 16);
      expect(await openChunk(key, { index: 5, isLast: false }, sealed)).toEqual(text);
    }
  });

  it('open in no other place, under no other key, with no other bit, and not cut short', async () => {
    const key = await chunkKeyOf(KEY);
    const sealed = await sealChunk(key, { index: 5, isLast: false }, TEXT);
    const altered = sealed.slice();
    altered[17] = (altered[17] ?? 0) ^ 1;
    expect(await openChunk(key, { index: 6, isLast: false }, sealed)).toBeUndefined();
    expect(await openChunk(key, { index: 5, isLast: true }, sealed)).toBeUndefined();
    expect(await openChunk(await chunkKeyOf(new Uint8Array(32)), { index: 5, isLast: false }, sealed)).toBeUndefined();
    expect(await openChunk(key, { index: 5, isLast: false }, altered)).toBeUndefined();
    expect(await openChunk(key, { index: 5, isLast: false }, sealed.slice(0, -1))).toBeUndefined();
    expect(await openChunk(key, { index: 5, isLast: false }, new Uint8Array(3))).toBeUndefined();
  });

  it('are counted so that an empty file has one', () => {
    expect([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1].map(chunksOf)).toEqual([1, 1, 1, 2]);
    expect(chunkLength(0, 0)).toBe(0);
    expect(chunkLength(1, CHUNK_BYTES + 1)).toBe(1);
    expect(chunkPlace(1, CHUNK_BYTES + 1)).toEqual({ index: 1, isLast: true });
    expect(outlineLength(CHUNK_BYTES + 1)).toBe(64);
  });

  it('belong to a file named by its key, its root and its size', () => {
    const root = new Uint8Array(32).fill(9);
    const id = identifyFile(KEY, root, 5);
    expect(identifyFile(KEY, root, 5)).toBe(id);
    expect(new Set([id, identifyFile(root, root, 5), identifyFile(KEY, KEY, 5), identifyFile(KEY, root, 6)]).size).toBe(4);
  });
});
