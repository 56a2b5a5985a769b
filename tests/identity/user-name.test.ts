import { beforeAll, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { cleanName, MAX_NAME_LENGTH, nameTag, readUserName } from '../../src/identity/user-name.ts';
import { MAX_NAME_BYTES } from '../../src/protocol/frame.ts';
import { valueOf } from '../support/value-of.ts';

describe('the name a person chooses', () => {
  it('is tidied', () => {
    expect(valueOf(readUserName('  Alice \u202e  Liddell '))).toBe('Alice Liddell');
  });

  it.each(['', '   ', '\u200b', '\u202e\u202c'])('is refused when nothing can be seen of it (%j)', (typed) => {
    expect(readUserName(typed)).toEqual({ ok: false, failure: { kind: 'name-empty' } });
  });

  it('may be as long as the limit, and no longer', () => {
    expect(valueOf(readUserName('谈'.repeat(MAX_NAME_LENGTH)))).toHaveLength(MAX_NAME_LENGTH);
    expect(readUserName('谈'.repeat(MAX_NAME_LENGTH + 1))).toEqual({
      ok: false,
      failure: { kind: 'name-too-long', limit: MAX_NAME_LENGTH },
    });
  });
});

describe('the name somebody else goes by', () => {
  it('is made harmless and cut, whatever it is', () => {
    expect(cleanName('\u202eBob\u0000')).toBe('Bob');
    expect(cleanName(`${'a'.repeat(MAX_NAME_LENGTH - 1)} b`)).toBe('a'.repeat(MAX_NAME_LENGTH - 1));
    expect(cleanName('x'.repeat(100_000))).toHaveLength(MAX_NAME_LENGTH);
    expect(cleanName('\u200b')).toBe('');
  });

  it('fits on the wire', () => {
    expect(utf8(cleanName('👍'.repeat(200))).length).toBeLessThanOrEqual(MAX_NAME_BYTES);
  });
});

describe('the tag an account is found by', () => {
  beforeAll(sodiumReady);
  const salt = new Uint8Array(32).fill(1);

  it.each([
    ['Alice', 'ALICE'],
    ['Straße', 'STRASSE'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['Ａｌｉｃｅ', 'alice'],
  ])('is the same for %s and %s', (one, other) => {
    expect(nameTag(one, salt)).toBe(nameTag(other, salt));
  });

  it('differs for other names and other salts', () => {
    expect(nameTag('Alice', salt)).not.toBe(nameTag('Alicia', salt));
    expect(nameTag('Alice', salt)).not.toBe(nameTag('Alice', new Uint8Array(32).fill(2)));
  });
});
