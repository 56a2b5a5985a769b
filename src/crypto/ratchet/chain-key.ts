import { hmacSha512Half } from '../hmac.ts';
import { Secret } from '../secret.ts';
import type { Direction } from './direction.ts';
import type { MessageKey } from './message-key.ts';

/** Gives one message key after another; from a later one, no earlier key can be found. */
export type ChainKey<Of extends Direction> = Secret<`${Of}-chain`>;

const FOR_MESSAGE = new Uint8Array([1]);
const FOR_CHAIN = new Uint8Array([2]);

/** The next message's key, and the chain after it (PROTOCOL.md R5). The chain key given is left to its owner. */
export function advanceChain<Of extends Direction>(chain: ChainKey<Of>): { readonly chain: ChainKey<Of>; readonly messageKey: MessageKey } {
  const key = chain.expose();
  return {
    messageKey: new Secret('message', hmacSha512Half(key, FOR_MESSAGE)),
    chain: new Secret(chain.kind, hmacSha512Half(key, FOR_CHAIN)),
  };
}
