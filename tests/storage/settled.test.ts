import { describe, expect, test } from 'vitest';
import { Settled } from '../../src/storage/settled.ts';

describe('what is known without asking the database', () => {
  test('nothing, until it was written once', () => {
    const settled = new Settled<string, number>();
    expect(settled.writing(['bob'])).toBeUndefined();
    settled.written(['bob'], new Map([['bob', 1]]));
    expect(settled.writing(['bob'])).toEqual(new Map([['bob', 1]]));
  });

  test('nothing of what somebody is writing, even when another has just finished', () => {
    const settled = new Settled<string, number>();
    settled.writing(['bob']);
    settled.writing(['bob']);
    settled.written(['bob'], new Map([['bob', 1]]));
    expect(settled.writing(['bob'])).toBeUndefined();
    settled.written(['bob'], new Map([['bob', 2]]));
    settled.written(['bob'], new Map([['bob', 3]]));
    expect(settled.writing(['bob'])).toEqual(new Map([['bob', 3]]));
  });

  test('nothing of what a transaction that failed was to write', () => {
    const settled = new Settled<string, number>();
    settled.writing(['bob']);
    settled.written(['bob'], new Map([['bob', 1]]));
    settled.writing(['bob']);
    expect(settled.writing(['bob'])).toBeUndefined();
    settled.written(['bob'], new Map([['bob', 2]]));
    expect(settled.writing(['bob'])).toBeUndefined();
  });

  test('that something is gone', () => {
    const settled = new Settled<string, number>();
    settled.writing(['bob']);
    settled.written(['bob'], new Map([['bob', undefined]]));
    expect(settled.writing(['bob'])).toEqual(new Map([['bob', undefined]]));
  });

  test('not of all when one of them was never written', () => {
    const settled = new Settled<string, number>();
    settled.writing(['bob']);
    settled.written(['bob'], new Map([['bob', 1]]));
    expect(settled.writing(['bob', 'carol'])).toBeUndefined();
  });
});
