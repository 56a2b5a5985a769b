import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteRange } from '../../src/platform/byte-range.ts';

describe('the part of a file of 1,000 bytes that a player asks for', () => {
  it.each([
    ['bytes=0-', { kind: 'part', from: 0, to: 1000 }],
    ['bytes=10-19', { kind: 'part', from: 10, to: 20 }],
    ['bytes=990-5000', { kind: 'part', from: 990, to: 1000 }],
    ['bytes=-7', { kind: 'part', from: 993, to: 1000 }],
    ['bytes=-5000', { kind: 'part', from: 0, to: 1000 }],
    ['bytes=1000-', { kind: 'outside' }],
    ['bytes=-0', { kind: 'outside' }],
    [null, { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=9-3', { kind: 'whole' }],
    ['bytes=0-1,5-6', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
  ])('%s', (header, range) => {
    expect(byteRange(header, 1000)).toEqual(range);
  });

  it('never reaches beyond the file, whatever is asked', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^bytes=\d{0,20}-\d{0,20}$/), fc.nat(10_000), (header, size) => {
        const range = byteRange(header, size);
        if (range.kind === 'part') expect(0 <= range.from && range.from < range.to && range.to <= size).toBe(true);
      }),
    );
  });
});
