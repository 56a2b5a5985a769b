import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY, toHex } from '../../src/lib/bytes.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import {
  bytes,
  decode,
  encode,
  fixed,
  flag,
  lent,
  list,
  marked,
  nothing,
  oneOf,
  optional,
  struct,
  text,
  u16,
  u32,
  u53,
  u8,
  union,
  type Codec,
} from '../../src/protocol/codec.ts';
import { unhex } from '../support/hex.ts';

const plainBytes = (length: number) => fc.uint8Array({ maxLength: length }).map((value) => new Uint8Array(value));
const wellFormed = fc.string({ unit: 'grapheme', maxLength: 40 });

const everything = struct({
  mark: marked(new Uint8Array([1, 2]), u8),
  small: u16,
  middle: u32,
  large: u53,
  key: fixed(4),
  body: bytes(64),
  words: text(200),
  yes: flag,
  maybe: optional(text(200)),
  many: list(struct({ id: u16, name: text(200) }), 5),
  word: oneOf('red', 'green', 'blue'),
  shape: union({ circle: { tag: 1, codec: struct({ radius: u16 }) }, point: { tag: 7, codec: nothing } }),
});

const anything = fc.record({
  mark: fc.nat(0xff),
  small: fc.nat(0xffff),
  middle: fc.nat(0xffff_ffff),
  large: fc.maxSafeNat(),
  key: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((value) => new Uint8Array(value)),
  body: plainBytes(64),
  words: wellFormed.filter((value) => Buffer.byteLength(value) <= 200),
  yes: fc.boolean(),
  maybe: fc.option(fc.constantFrom('', '__proto__', '晤谈'), { nil: undefined }),
  many: fc.array(fc.record({ id: fc.nat(0xffff), name: fc.constantFrom('alice', 'bob', '') }), { maxLength: 5 }),
  word: fc.constantFrom('red' as const, 'green' as const, 'blue' as const),
  shape: fc.oneof(
    fc.record({ type: fc.constant('circle' as const), radius: fc.nat(0xffff) }),
    fc.record({ type: fc.constant('point' as const) }),
  ),
});

describe('[C1] a value', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(decode(everything, encode(everything, value))).toEqual(succeed(value));
      }),
    );
  });

  it('has one encoding: whatever decodes, encodes to the same bytes again', () => {
    fc.assert(
      fc.property(anything, fc.nat(), fc.nat(0xff), (value, position, byte) => {
        const encoded = encode(everything, value);
        encoded[position % encoded.length] = byte;
        const decoded = decode(everything, encoded);
        if (decoded.ok) expect(encode(everything, decoded.value)).toEqual(encoded);
        else expect(decoded.failure.kind).toMatch(/truncated|trailing-bytes|too-long|malformed/);
      }),
    );
  });

  it('is read out of any bytes whatsoever without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(typeof decode(everything, noise).ok).toBe('boolean');
      }),
    );
  });

  it('is refused when cut anywhere, and with a byte behind it', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const encoded = encode(everything, value);
        for (let length = 0; length < encoded.length; length++) expect(decode(everything, encoded.subarray(0, length)).ok).toBe(false);
        expect(decode(everything, new Uint8Array([...encoded, 0]))).toEqual(fail({ kind: 'trailing-bytes' }));
      }),
      { numRuns: 20 },
    );
  });

  it('does not hold on to the bytes it came from', () => {
    const encoded = encode(bytes(8), new Uint8Array([1, 2, 3]));
    const decoded = decode(bytes(8), encoded);
    encoded.fill(9);
    expect(decoded).toEqual(succeed(new Uint8Array([1, 2, 3])));
  });
});

describe('[C1] on the wire', () => {
  it.each<[string, string, unknown, unknown]>([
    ['u8', 'ff', u8, 255],
    ['u16', '0102', u16, 258],
    ['u32', 'fffffffe', u32, 4_294_967_294],
    ['u53', '1fffffffffffff', u53, Number.MAX_SAFE_INTEGER],
    ['fixed', '0909', fixed(2), new Uint8Array([9, 9])],
    ['bytes', '0000000109', bytes(8), new Uint8Array([9])],
    ['text', '00000006e699a4e8b088', text(8), '晤谈'],
    ['flag', '01', flag, true],
    ['absent', '00', optional(u8), undefined],
    ['present', '0107', optional(u8), 7],
    ['list', '00020708', list(u8, 2), [7, 8]],
    ['word', '01', oneOf('red', 'green'), 'green'],
    ['union', '0507', union({ circle: { tag: 5, codec: struct({ radius: u8 }) } }), { type: 'circle', radius: 7 }],
    ['marked', '0107', marked(new Uint8Array([1]), u8), 7],
    ['nothing', '', nothing, undefined],
  ])('%s is %s', (_, hex, codec, value) => {
    expect(toHex(encode(codec as Codec<unknown>, value))).toBe(hex);
    expect(decode(codec as Codec<unknown>, unhex(hex))).toEqual(succeed(value));
  });

  it.each<[string, string, unknown, unknown]>([
    ['a number above 2^53 − 1', '20000000000000', u53, { kind: 'malformed', what: 'integer' }],
    ['bytes longer than their limit', '00000009', bytes(8), { kind: 'too-long', limit: 8 }],
    ['a length beyond the end', '0000000501', bytes(8), { kind: 'truncated' }],
    ['a list longer than its limit', '0003010203', list(u8, 2), { kind: 'too-long', limit: 2 }],
    ['text that is no UTF-8', '00000001ff', text(8), { kind: 'malformed', what: 'UTF-8' }],
    ['text in overlong UTF-8', '00000002c080', text(8), { kind: 'malformed', what: 'UTF-8' }],
    ['text with half a surrogate pair', '00000003eda080', text(8), { kind: 'malformed', what: 'UTF-8' }],
    ['a flag of 2', '02', flag, { kind: 'malformed', what: 'flag' }],
    ['a word nobody knows', '02', oneOf('red', 'green'), { kind: 'malformed', what: 'word' }],
    ['a variant nobody knows', '06', union({ circle: { tag: 5, codec: nothing } }), { kind: 'malformed', what: 'variant' }],
    ['another version', '0207', marked(new Uint8Array([1]), u8), { kind: 'malformed', what: 'version' }],
  ])('%s is refused', (_, hex, codec, failure) => {
    expect(decode(codec as Codec<unknown>, unhex(hex))).toEqual(fail(failure));
  });

  it('a byte order mark is a character like any other', () => {
    expect(decode(text(8), encode(text(8), '\u{feff}a'))).toEqual(succeed('\u{feff}a'));
  });
});

describe('writing', () => {
  it.each<[string, () => unknown]>([
    ['a number too large', () => encode(u8, 256)],
    ['a negative number', () => encode(u32, -1)],
    ['a fraction', () => encode(u16, 1.5)],
    ['no number', () => encode(u53, Number.NaN)],
    ['bytes of another length', () => encode(fixed(2), EMPTY)],
    ['bytes above the limit', () => encode(bytes(1), new Uint8Array(2))],
    ['text above the limit in bytes', () => encode(text(5), '晤谈')],
    ['a list above the limit', () => encode(list(u8, 1), [1, 2])],
    ['an unknown word', () => encode(oneOf<string>('red'), 'green')],
    ['an unknown variant', () => encode(union({ circle: { tag: 1, codec: nothing } }), { type: 'square' } as never)],
  ])('%s is a bug of ours', (_, write) => {
    expect(write).toThrow(RangeError);
  });
});

describe('names from outside', () => {
  it('never reach a prototype: they are values, not keys', () => {
    const people = list(struct({ name: text(20) }), 3);
    const read = decode(people, encode(people, [{ name: '__proto__' }, { name: 'constructor' }]));
    expect(read).toEqual(succeed([{ name: '__proto__' }, { name: 'constructor' }]));
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect('name' in {}).toBe(false);
  });

  it('even a field called __proto__ would be a field', () => {
    const odd = struct(Object.fromEntries([['__proto__', u8]]));
    const read = decode(odd, unhex('07'));
    expect(read.ok && Object.entries(read.value)).toEqual([['__proto__', 7]]);
    expect(read.ok && Object.getPrototypeOf(read.value)).toBe(Object.prototype);
  });
});

describe('a field that is lent', () => {
  const letter = struct({ number: u8, body: lent(4) });

  it('is written as bytes are, and read where it lies', () => {
    const value = { number: 7, body: new Uint8Array([1, 2, 3]) };
    const message = encode(letter, value);
    expect(toHex(message)).toBe(toHex(encode(struct({ number: u8, body: bytes(4) }), value)));
    const read = decode(letter, message);
    expect(read).toEqual(succeed(value));
    expect(read.ok && read.value.body.buffer).toBe(message.buffer);
  });

  it('ends with the message, and keeps to its limit', () => {
    expect(decode(letter, unhex('07 00000003 0102'.replaceAll(' ', '')))).toEqual(fail({ kind: 'truncated' }));
    expect(decode(letter, unhex('07 00000005 0102030405'.replaceAll(' ', '')))).toEqual(fail({ kind: 'too-long', limit: 4 }));
  });
});
