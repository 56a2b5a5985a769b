import { concat, type Bytes } from '../../lib/bytes.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { header as headerCodec, type Header } from '../../protocol/envelope.ts';
import { AEAD_NONCE_BYTES, open, sealWithNonce } from '../aead.ts';
import type { RandomSource } from '../random.ts';
import type { Secret } from '../secret.ts';
import type { Direction } from './direction.ts';

/** Seals the headers of one chain, so that nobody sees which messages belong together. */
export type HeaderKey<Of extends Direction> = Secret<`${Of}-header`>;

export function sealHeader(key: HeaderKey<'sending'>, header: Header, ad: Uint8Array, random: RandomSource): Bytes {
  const nonce = random(AEAD_NONCE_BYTES);
  return concat(nonce, sealWithNonce(key.expose(), nonce, encode(headerCodec, header), ad));
}

/** Undefined when the header is not of the chain of this key. */
export function openHeader(key: HeaderKey<'receiving'>, sealed: Uint8Array, ad: Uint8Array): Header | undefined {
  const opened = open(key.expose(), sealed, ad);
  const decoded = opened && decode(headerCodec, opened);
  return decoded?.ok ? decoded.value : undefined;
}

/** Whether a header of one's own was sealed under this key. */
export function isHeaderOf(key: HeaderKey<'sending'>, sealed: Uint8Array, ad: Uint8Array): boolean {
  return open(key.expose(), sealed, ad) !== undefined;
}

/** Random in every header, it also salts the keys of the body (message-key.ts). */
export function headerNonce(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(0, AEAD_NONCE_BYTES);
}
