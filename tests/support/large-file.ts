/** Large files on disk, made quickly: each chunk is unlike every other, and the same seed makes the same file. */
import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What a file is cut into on its way: no two of these may be alike, or one in the place of another would not be noticed. */
const CHUNK_BYTES = 64 * 1024;
/** Random bytes at the head of each chunk; the rest of it is a hole that the disk need not store. */
const HEAD_BYTES = 4 * 1024;

/** Makes a file of so many bytes in a folder and returns its path. */
export async function makeLargeFile(folder: string, name: string, bytes: number, seed: number): Promise<string> {
  const path = join(folder, name);
  const key = createHash('sha256').update(String(seed)).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const file = await open(path, 'w');
  try {
    await file.truncate(bytes);
    for (let at = 0; at < bytes; at += CHUNK_BYTES) {
      await file.write(stream.update(Buffer.alloc(Math.min(HEAD_BYTES, bytes - at))), 0, undefined, at);
    }
  } finally {
    await file.close();
  }
  return path;
}

/** SHA-256 of a file on disk, in hexadecimal. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}
