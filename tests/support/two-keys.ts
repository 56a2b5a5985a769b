/**
 * A ciphertext that opens under two keys: XChaCha20-Poly1305 does not commit to its key, because Poly1305 is a polynomial
 * that two free blocks can bend to one tag under both (Len, Grubbs, Ristenpart: Partitioning Oracle Attacks, 2021, §3).
 */
import { xchacha20 } from '@noble/ciphers/chacha.js';
import { concat, type Bytes } from '../../src/lib/bytes.ts';

export interface AeadKey {
  readonly key: Bytes;
  readonly nonce: Bytes;
}

const PRIME = 2n ** 130n - 5n;
const BLOCK = 2n ** 128n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/** Two blocks and a tag that open under both keys, to different texts. `ad`: a whole number of blocks. */
export function openingUnderBoth(one: AeadKey, other: AeadKey, ad: Uint8Array): Bytes {
  const [a, b] = [polynomialOf(one, ad), polynomialOf(other, ad)];
  for (let tag = 1n; ; tag += 0x1_0001_0001_0001n) {
    for (const [x, y] of pairs([0n, 1n, 2n, 3n])) {
      const blocks = solve(a, b, lift(tag - a.s, x), lift(tag - b.s, y));
      if (blocks.every((block) => block >= BLOCK && block < 2n * BLOCK)) return concat(...blocks.map(bytesOf), bytesOf(tag));
    }
  }
}

interface Polynomial {
  readonly r: bigint;
  readonly s: bigint;
  /** What the blocks we cannot choose add up to. */
  readonly rest: bigint;
}

function polynomialOf({ key, nonce }: AeadKey, ad: Uint8Array): Polynomial {
  const oneTime = xchacha20(key, nonce, new Uint8Array(32));
  const [r, s] = [numberOf(oneTime.subarray(0, 16)) & CLAMP, numberOf(oneTime.subarray(16))];
  const blocks = [
    ...Array.from({ length: ad.length / 16 }, (_, index) => numberOf(ad.subarray(index * 16, index * 16 + 16)) + BLOCK),
    0n,
    0n,
    BigInt(ad.length) + (32n << 64n) + BLOCK,
  ];
  return { r, s, rest: blocks.reduce((sum, block) => ((sum + block) * r) % PRIME, 0n) };
}

/** The two blocks, their end marks included: block·r³ + block'·r² is what is wanted, for both. */
function solve(a: Polynomial, b: Polynomial, wantedA: bigint, wantedB: bigint): readonly [bigint, bigint] {
  const [a3, a2, b3, b2] = [a.r ** 3n, a.r ** 2n, b.r ** 3n, b.r ** 2n];
  const [left, right] = [wantedA - a.rest, wantedB - b.rest];
  const inverse = power(modulo(a3 * b2 - a2 * b3), PRIME - 2n);
  return [modulo((left * b2 - right * a2) * inverse), modulo((right * a3 - left * b3) * inverse)];
}

function lift(value: bigint, times: bigint): bigint {
  return (((value % BLOCK) + BLOCK) % BLOCK) + times * BLOCK;
}

function modulo(value: bigint): bigint {
  return ((value % PRIME) + PRIME) % PRIME;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

function pairs<Item>(items: readonly Item[]): readonly (readonly [Item, Item])[] {
  return items.flatMap((one) => items.map((other) => [one, other] as const));
}

function numberOf(littleEndian: Uint8Array): bigint {
  return littleEndian.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function bytesOf(number: bigint): Bytes {
  return Uint8Array.from({ length: 16 }, (_, index) => Number((number >> BigInt(8 * index)) & 0xffn));
}
