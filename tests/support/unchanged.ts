import { expect } from 'vitest';
import { Secret } from '../../src/crypto/secret.ts';
import { toHex } from '../../src/lib/bytes.ts';

/** Runs a step and proves that it left everything it was given as it was, secrets included. */
export function unchanged<Arguments extends readonly unknown[], Value>(step: (...given: Arguments) => Value, ...given: Arguments): Value {
  const before = given.map(pictureOf);
  const value = step(...given);
  expect(given.map(pictureOf)).toEqual(before);
  return value;
}

/** All there is to a value, as text and plain objects: equal pictures, equal values. */
export function pictureOf(value: unknown): unknown {
  if (value instanceof Secret) return `${(value as Secret<string>).kind} ${toHex((value as Secret<string>).expose())}`;
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(pictureOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, pictureOf(part)]));
}
