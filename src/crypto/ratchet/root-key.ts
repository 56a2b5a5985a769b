import { concat } from '../../lib/bytes.ts';
import { deriveKey } from '../kdf.ts';
import { Secret } from '../secret.ts';
import { wipe } from '../wipe.ts';
import type { ChainKey } from './chain-key.ts';
import type { Direction } from './direction.ts';
import type { HeaderKey } from './header-key.ts';

/** What every step of both sides goes into, and every chain comes out of. */
export type RootKey = Secret<'root'>;

const KEY_BYTES = 32;

export interface RootStep<To extends Direction> {
  readonly root: RootKey;
  readonly chain: ChainKey<To>;
  /** For the headers of the chain after this one in the same direction. */
  readonly nextHeaderKey: HeaderKey<To>;
}

/**
 * One step of the root (PROTOCOL.md R4): mixes in what the two ratchet keys agree on and, when the step is a hybrid one, the
 * secret of a KEM. Wipes both; the root key given is left to its owner.
 */
export function stepRoot<To extends Direction>(to: To, root: RootKey, agreed: Uint8Array, encapsulated?: Uint8Array): RootStep<To> {
  const secret = encapsulated ? concat(agreed, encapsulated) : agreed;
  const keys = deriveKey({ secret, salt: root.expose(), info: 'dr/root', length: 3 * KEY_BYTES });
  const step: RootStep<To> = {
    root: new Secret('root', keys.slice(0, KEY_BYTES)),
    chain: new Secret(`${to}-chain`, keys.slice(KEY_BYTES, 2 * KEY_BYTES)),
    nextHeaderKey: new Secret(`${to}-header`, keys.slice(2 * KEY_BYTES)),
  };
  wipe(agreed, secret, keys);
  if (encapsulated) wipe(encapsulated);
  return step;
}
