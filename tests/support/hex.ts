import type { Bytes } from '../../src/lib/bytes.ts';

/** The bytes of a hexadecimal text, white space allowed. */
export function unhex(text: string): Bytes {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}
