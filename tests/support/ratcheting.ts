/** alice and bob with a ratchet between them, and the means to try everything on their messages. */
import { agreementKeyPair } from '../../src/crypto/agreement.ts';
import {
  initiatorRatchet,
  openMessage,
  responderRatchet,
  sealMessage,
  type FirstKeys,
  type MessageFailure,
  type Ratchet,
  type Surroundings,
} from '../../src/crypto/ratchet/ratchet.ts';
import { storedRatchet } from '../../src/crypto/ratchet/stored.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { EMPTY, textOf, utf8, type Bytes } from '../../src/lib/bytes.ts';
import type { Result } from '../../src/lib/result.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import type { RatchetMessage } from '../../src/protocol/envelope.ts';
import { seededRandom } from './seeded-random.ts';
import { unchanged } from './unchanged.ts';
import { valueOf } from './value-of.ts';

export const RATCHET_BEGAN_AT = 1_790_000_000_000;
export const RATCHET_AD: Bytes = new Uint8Array(32).fill(0xad);

/** One end. Every step is checked to leave the state it was given as it was. */
export class End {
  ratchet: Ratchet;
  now = RATCHET_BEGAN_AT;
  readonly #random: (length: number) => Bytes;

  constructor(ratchet: Ratchet, seed: number) {
    this.ratchet = ratchet;
    this.#random = seededRandom(seed);
  }

  get surroundings(): Surroundings {
    return { ad: RATCHET_AD, now: this.now, random: this.#random };
  }

  write(text: string): RatchetMessage {
    const sealed = unchanged(sealMessage, this.ratchet, utf8(text), EMPTY, this.surroundings);
    this.ratchet = sealed.ratchet;
    return sealed.message;
  }

  /** What it says, or why it does not open; the state goes on only if it does. */
  read(message: RatchetMessage): string {
    const opened = this.tryOpen(message);
    if (!opened.ok) return opened.failure.kind;
    this.ratchet = opened.value.ratchet;
    return textOf(opened.value.content) ?? 'no text';
  }

  tryOpen(message: RatchetMessage): Result<{ readonly ratchet: Ratchet; readonly content: Bytes }, MessageFailure> {
    return unchanged(openMessage, this.ratchet, message, EMPTY, this.surroundings);
  }

  /** As a browser that was closed comes back. */
  restart(): void {
    const stored = encode(storedRatchet, this.ratchet);
    this.ratchet = valueOf(decode(storedRatchet, stored));
  }
}

/** alice has started, and neither has said anything. libsodium must be ready. */
export function ratchetPair(seed = 1): { readonly alice: End; readonly bob: End } {
  const random = seededRandom(seed);
  const bobsPrekey = agreementKeyPair(random(32));
  const keys = (): FirstKeys => ({
    root: new Secret('root', new Uint8Array(32).fill(1)),
    initiatorHeaderKey: new Uint8Array(32).fill(2),
    responderHeaderKey: new Uint8Array(32).fill(3),
  });
  return {
    alice: new End(initiatorRatchet(keys(), bobsPrekey.publicKey, RATCHET_BEGAN_AT), seed + 1),
    bob: new End(responderRatchet(keys(), bobsPrekey, RATCHET_BEGAN_AT), seed + 2),
  };
}

/** Both have written and read. */
export function talkingPair(seed = 1): { readonly alice: End; readonly bob: End } {
  const pair = ratchetPair(seed);
  pair.bob.read(pair.alice.write('hello bob'));
  pair.alice.read(pair.bob.write('hello alice'));
  return pair;
}

/** The bytes with one bit turned. */
export function flipBit(bytes: Uint8Array, bit: number): Bytes {
  const changed = new Uint8Array(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** A message with one bit of one field turned, for each byte of each field. */
export function everyByteTurned(message: RatchetMessage): readonly RatchetMessage[] {
  return (['header', 'commitment', 'body'] as const).flatMap((field) =>
    Array.from(message[field], (_, place) => ({ ...message, [field]: flipBit(message[field], place * 8 + (place % 8)) })),
  );
}
