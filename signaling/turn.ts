/** ICE servers with credentials that expire, as coturn's REST API takes them (draft-uberti-behave-turn-rest-00). */
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../src/lib/clock.ts';
import type { IceServer } from '../src/protocol/signaling.ts';
import type { Config } from './options.ts';

export interface IceOffer {
  readonly ice: readonly IceServer[];
  /** Seconds; absent without TURN. */
  readonly iceTtl?: number;
}

/** `username` is `<unix expiry, seconds>:<id>`, `credential` is base64(HMAC-SHA1(secret, username)). */
export function turnCredential(secret: string, expiry: number, id: string): { readonly username: string; readonly credential: string } {
  const username = `${expiry}:${id}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

/** Long enough that two addresses never share an id. */
const ID_BYTES = 12;

export class IceServers {
  readonly #config: Config;
  readonly #clock: Clock;
  /** New at every start, so that an id says nothing about an address. */
  readonly #idKey = randomBytes(32);

  constructor(config: Config, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Everybody behind one address gets the same opaque id, so that the relay's quota per user is a quota per address. */
  offer(address: string): IceOffer {
    const { stun, turnUrls, turnSecret, turnTtlSeconds } = this.#config;
    const ice: IceServer[] = stun.length > 0 ? [{ urls: stun }] : [];
    if (turnUrls.length === 0) return { ice };
    const id = createHmac('sha256', this.#idKey).update(address).digest().subarray(0, ID_BYTES).toString('base64url');
    const expiry = Math.floor(this.#clock.now() / 1000) + turnTtlSeconds;
    return { ice: [...ice, { urls: turnUrls, ...turnCredential(turnSecret, expiry, id) }], iceTtl: turnTtlSeconds };
  }
}
