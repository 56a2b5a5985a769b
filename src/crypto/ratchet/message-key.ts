import type { Bytes } from '../../lib/bytes.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, openWithNonce, sealWithNonce } from '../aead.ts';
import { COMMITMENT_BYTES } from '../commitment.ts';
import { equalSecrets } from '../compare.ts';
import { deriveKey } from '../kdf.ts';
import type { Secret } from '../secret.ts';
import { wipe } from '../wipe.ts';

/** Seals one body and is gone. */
export type MessageKey = Secret<'message'>;

export interface SealedBody {
  /** Says under which key the body is sealed, without telling anything of it. */
  readonly commitment: Bytes;
  readonly body: Bytes;
}

/** `salt`: the nonce of the header, drawn anew for each message; `ad`: what else the body stands for. */
export interface BodyContext {
  readonly salt: Uint8Array;
  readonly ad: Uint8Array;
}

export function sealBody(messageKey: MessageKey, plaintext: Uint8Array, { salt, ad }: BodyContext): SealedBody {
  const { key, nonce, commitment } = bodyKeys(messageKey, salt);
  const body = sealWithNonce(key, nonce, plaintext, ad);
  wipe(key, nonce);
  return { commitment, body };
}

/** Undefined when the body was not sealed under this key, or not all of it is as it was. */
export function openBody(messageKey: MessageKey, { commitment, body }: SealedBody, { salt, ad }: BodyContext): Bytes | undefined {
  const keys = bodyKeys(messageKey, salt);
  const plaintext = equalSecrets(keys.commitment, commitment) ? openWithNonce(keys.key, keys.nonce, body, ad) : undefined;
  wipe(keys.key, keys.nonce);
  return plaintext;
}

/**
 * PROTOCOL.md R6. The salt keeps two bodies from being sealed under one key and nonce even if a device is set back to an
 * older state and comes by the same message key twice.
 */
function bodyKeys(messageKey: MessageKey, salt: Uint8Array): { readonly key: Bytes; readonly nonce: Bytes; readonly commitment: Bytes } {
  const length = AEAD_KEY_BYTES + AEAD_NONCE_BYTES + COMMITMENT_BYTES;
  const all = deriveKey({ secret: messageKey.expose(), salt, info: 'dr/msg', length });
  const keys = {
    key: all.slice(0, AEAD_KEY_BYTES),
    nonce: all.slice(AEAD_KEY_BYTES, AEAD_KEY_BYTES + AEAD_NONCE_BYTES),
    commitment: all.slice(AEAD_KEY_BYTES + AEAD_NONCE_BYTES),
  };
  wipe(all);
  return keys;
}
