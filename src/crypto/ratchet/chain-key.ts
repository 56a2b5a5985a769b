import type { Bytes } from '../../lib/bytes.ts';
import { hmacSha512 } from '../kdf.ts';
import { Secret } from '../secret.ts';
import { wipe } from '../wipe.ts';
import type { Direction } from './direction.ts';
import type { MessageKey } from './message-key.ts';

/** Gives one message key after another; from a later one, no earlier key can be found. */
export type ChainKey<Of extends Direction> = Secret<`${Of}-chain`>;

const KEY_BYTES = 32;
const FOR_MESSAGE = new Uint8Array([1]);
const FOR_CHAIN = new Uint8Array([2]);

/** The next message's key, and the chain after it (PROTOCOL.md R5). The chain key given is left to its owner. */
export function advanceChain<Of extends Direction>(chain: ChainKey<Of>): { readonly chain: ChainKey<Of>; readonly messageKey: MessageKey } {
  return { messageKey: new Secret('message', derive(chain, FOR_MESSAGE)), chain: new Secret(chain.kind, derive(chain, FOR_CHAIN)) };
}

function derive(chain: Secret<string>, purpose: Uint8Array): Bytes {
  const mac = hmacSha512(chain.expose(), purpose);
  const key = mac.slice(0, KEY_BYTES);
  wipe(mac);
  return key;
}
