/** What a person wants to send, as one stream of plaintext chunks, read a little ahead. */
import { makeZip, predictLength } from 'client-zip';
import type { FileSource, FolderEntry } from '../files/ports.ts';
import type { Bytes } from '../lib/bytes.ts';
import { CHUNK_BYTES } from '../protocol/file-manifest.ts';

/** ZIP counts years from 1980 (APPNOTE 4.4.6); a day later it is so in every time zone. */
const FIRST_ZIP_DAY = Date.UTC(1980, 0, 2);

/** Plaintext bytes; of a folder, of the archive it becomes. */
export function sizeOf(source: FileSource): number {
  return source.kind === 'blob' ? source.blob.size : Number(predictLength(source.entries.map(zipEntry)));
}

/** Chunks of CHUNK_BYTES, and then what is left, if anything is. Rejects with a `DOMException` when the source cannot be read. */
export function plainChunks(source: FileSource): AsyncGenerator<Bytes, void, undefined> {
  // A stream of a blob is read ahead by the browser: four times as fast as asking for one slice after the other.
  return evenChunks(source.kind === 'blob' ? source.blob.stream() : makeZip(source.entries.map(zipEntry)));
}

async function* evenChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Bytes, void, undefined> {
  const reader = stream.getReader();
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  try {
    for (let { value } = await reader.read(); value; { value } = await reader.read()) {
      for (let rest = value; rest.length > 0;) {
        const part = rest.subarray(0, CHUNK_BYTES - filled);
        chunk.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (filled < CHUNK_BYTES) continue;
        yield chunk;
        chunk = new Uint8Array(CHUNK_BYTES);
        filled = 0;
      }
    }
    if (filled > 0) yield chunk.subarray(0, filled);
  } finally {
    await reader.cancel();
  }
}

function zipEntry({ path, blob, modified }: FolderEntry) {
  return { name: path, input: blob, size: blob.size, lastModified: new Date(Math.max(modified, FIRST_ZIP_DAY)) };
}
