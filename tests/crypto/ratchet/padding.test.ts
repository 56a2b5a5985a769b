import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pad, paddedLength, unpad } from '../../../src/crypto/ratchet/padding.ts';
import { utf8 } from '../../../src/lib/bytes.ts';
import { MAX_TEXT_BYTES } from '../../../src/protocol/content.ts';
import { MAX_PADDED_CONTENT_BYTES } from '../../../src/protocol/envelope.ts';

describe('[R7] padding', () => {
  it('comes off again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (content) => {
        expect(unpad(pad(content))).toEqual(content);
      }),
    );
  });

  it('leaves few sizes, each a fifth above the one before', () => {
    const sizes = [...new Set(Array.from({ length: 400 }, (_, length) => paddedLength(length)))];
    expect(sizes).toEqual([64, 76, 91, 109, 130, 156, 187, 224, 268, 321, 385, 462]);
    expect(new Set(Array.from({ length: MAX_TEXT_BYTES }, (_, length) => paddedLength(length))).size).toBeLessThan(40);
  });

  it('of the longest text leaves room in an envelope', () => {
    expect(paddedLength(MAX_TEXT_BYTES + 64)).toBeLessThan(MAX_PADDED_CONTENT_BYTES);
  });

  it('that was not made so is refused', () => {
    const padded = pad(utf8('hello'));
    for (const bad of [
      padded.slice(1),
      padded.slice(0, -1),
      new Uint8Array(64),
      new Uint8Array(0),
      padded.with(63, 1),
      padded.with(5, 0x81),
    ]) {
      expect(unpad(bad)).toBeUndefined();
    }
    // Padded further than need be: one content, one encoding.
    const further = new Uint8Array(76);
    further.set(padded);
    expect(unpad(further)).toBeUndefined();
  });
});
