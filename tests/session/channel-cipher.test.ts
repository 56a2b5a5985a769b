import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealWithNonce } from '../../src/crypto/aead.ts';
import { deriveKey } from '../../src/crypto/kdf.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { concat, EMPTY, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import { MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES } from '../../src/protocol/frame.ts';
import { ChannelCipher, FRAME_OVERHEAD_BYTES, KEY_LIFE, MAX_FRAME_CONTENT_BYTES, type KeyLife } from '../../src/session/channel-cipher.ts';
import { unhex } from '../support/hex.ts';
import { printsOf } from '../support/prints.ts';
import { valueOf } from '../support/value-of.ts';

beforeAll(sodiumReady);

const [ALICES_KEY, BOBS_KEY] = [new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(0xcd)];
const secret = (key: Bytes) => new Secret('channel', key.slice());

/** Two ends of one channel at time 0. */
function channel(keyLife?: KeyLife): { readonly alice: ChannelCipher; readonly bob: ChannelCipher } {
  return {
    alice: new ChannelCipher({ send: secret(ALICES_KEY), receive: secret(BOBS_KEY) }, 0, keyLife),
    bob: new ChannelCipher({ send: secret(BOBS_KEY), receive: secret(ALICES_KEY) }, 0, keyLife),
  };
}

const say = (from: ChannelCipher, words: string, now = 0) => from.seal(utf8(words), now);

describe('frames between alice and bob', () => {
  it('[F2] arrive as they were, in both directions at once', () => {
    const { alice, bob } = channel();
    expect(bob.open(say(alice, 'hello bob'))).toEqual(succeed(utf8('hello bob')));
    expect(alice.open(say(bob, 'hello alice'))).toEqual(succeed(utf8('hello alice')));
    expect(bob.open(say(alice, ''))).toEqual(succeed(EMPTY));
  });

  it('[F3] are exactly type, counter, and the content sealed under a counted nonce with the header as context', () => {
    const { alice } = channel();
    say(alice, 'the one before');
    const header = unhex('01 0000000000000001');
    const nonce = unhex('00000000000000000000000000000000 0000000000000001');
    expect(say(alice, 'hello bob')).toEqual(concat(header, sealWithNonce(ALICES_KEY, nonce, utf8('hello bob'), header)));
  });

  it('[F1] may be as long as the limit, which leaves room for the longest envelope, and no longer', () => {
    const { alice, bob } = channel();
    const longest = randomBytes(MAX_FRAME_CONTENT_BYTES);
    const frame = alice.seal(longest, 0);
    expect(frame.length).toBe(MAX_FRAME_BYTES);
    expect(bob.open(frame)).toEqual(succeed(longest));
    expect(MAX_FRAME_CONTENT_BYTES).toBeGreaterThan(MAX_ENVELOPE_BYTES + 64);
    expect(() => alice.seal(new Uint8Array(MAX_FRAME_CONTENT_BYTES + 1), 0)).toThrow('limit');
  });

  it('[F2, F3, F4] arrive whatever their order, their size and the time they take', () => {
    const talk = fc.array(
      fc.record({ byAlice: fc.boolean(), content: fc.uint8Array({ maxLength: 300 }), pause: fc.integer({ min: -10, max: 60 }) }),
    );
    fc.assert(
      fc.property(talk, (frames) => {
        const { alice, bob } = channel({ frames: 5, time: 100 });
        let now = 0;
        for (const { byAlice, content, pause } of frames) {
          now += pause;
          const [from, to] = byAlice ? [alice, bob] : [bob, alice];
          expect(to.open(from.seal(content, now))).toEqual(succeed(new Uint8Array(content)));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a new key', () => {
  const typeOf = (frame: Bytes) => frame[0];
  const types = (cipher: ChannelCipher, times: readonly number[]) => times.map((now) => typeOf(say(cipher, 'tick', now)));

  it('[F4] comes after a million frames or an hour', () => {
    expect(KEY_LIFE).toEqual({ frames: 1_048_576, time: 3_600_000 });
  });

  it('[F4] comes when the frames of the last are used up', () => {
    const { alice } = channel({ frames: 3, time: KEY_LIFE.time });
    expect(types(alice, [0, 0, 0, 0, 0, 0, 0])).toEqual([1, 1, 1, 2, 1, 1, 2]);
  });

  it('[F4] comes when the last is an hour old, or the clock went back', () => {
    const { alice } = channel();
    expect(types(alice, [3_599_999, 3_600_000, 3_600_001, 7_199_999, 7_200_000, 5, 6])).toEqual([1, 2, 1, 1, 2, 2, 1]);
  });

  it('[F3, F4] is derived from the last, and the counter goes on', () => {
    const { alice } = channel({ frames: 1, time: KEY_LIFE.time });
    say(alice, 'the one before');
    const key = deriveKey({ secret: ALICES_KEY, info: 'chan/rekey' });
    const header = unhex('02 0000000000000001');
    const nonce = unhex('00000000000000000000000000000000 0000000000000001');
    expect(say(alice, 'hello bob')).toEqual(concat(header, sealWithNonce(key, nonce, utf8('hello bob'), header)));
  });

  it('[F4] cannot be forced by somebody else', () => {
    const { alice, bob } = channel();
    expect(bob.open(say(alice, 'hello bob').with(0, 2))).toEqual(fail({ kind: 'forged' }));
  });
});

describe('a frame that is not the next one ends the channel (attack 9)', () => {
  const closed = fail({ kind: 'closed' });

  type Change = (frames: readonly [Bytes, Bytes, Bytes]) => Bytes;

  /** The first frame arrives as it was; what comes then is put in place of the second. */
  it.each<[string, Change, string]>([
    ['the first again', ([first]) => first, 'out-of-order'],
    ['the one after next', ([, , third]) => third, 'out-of-order'],
    ['the first numbered as the second', ([first]) => first.with(8, 1), 'forged'],
    ['the third numbered as the second', ([, , third]) => third.with(8, 1), 'forged'],
    ['numbered 2^63 higher', ([, second]) => second.with(1, 0x80), 'out-of-order'],
    ['cut to its header', ([, second]) => second.slice(0, 9), 'truncated'],
    ['cut by its last byte', ([, second]) => second.slice(0, -1), 'forged'],
    ['longer by a byte', ([, second]) => concat(second, new Uint8Array(1)), 'forged'],
    ['empty', () => EMPTY, 'truncated'],
    ['beyond the limit', () => new Uint8Array(MAX_FRAME_BYTES + 1), 'too-long'],
    ['of an unknown type', ([, second]) => second.with(0, 3), 'unknown-type'],
  ])('[F3, F5] %s', (_, change, kind) => {
    const { alice, bob } = channel();
    const frames = [say(alice, 'one'), say(alice, 'two'), say(alice, 'three')] as const;
    expect(bob.open(frames[0])).toEqual(succeed(utf8('one')));
    expect(bob.open(change(frames))).toEqual(fail({ kind }));
    expect(bob.open(frames[1])).toEqual(closed);
  });

  it('[F5] with any bit of it changed', () => {
    const frame = say(channel().alice, 'hello bob');
    const outcomes = Array.from({ length: frame.length * 8 }, (_, bit) => {
      const changed = frame.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return channel().bob.open(changed).ok;
    });
    expect(outcomes).not.toContain(true);
    expect(channel().bob.open(frame).ok).toBe(true);
  });

  it('[F2] sent back to its sender', () => {
    const { alice } = channel();
    expect(alice.open(say(alice, 'hello bob'))).toEqual(fail({ kind: 'forged' }));
  });

  it('[F2] of another channel', () => {
    const other = new ChannelCipher({ send: secret(randomBytes(32)), receive: secret(BOBS_KEY) }, 0);
    expect(channel().bob.open(say(other, 'hello bob'))).toEqual(fail({ kind: 'forged' }));
  });

  it('[F5] and nothing is sent on it any more', () => {
    const { alice, bob } = channel();
    expect(valueOf(bob.open(say(alice, 'hello bob')))).toEqual(utf8('hello bob'));
    bob.open(EMPTY);
    expect(() => say(bob, 'too late')).toThrow('closed');
  });
});

describe('a channel that is over', () => {
  it('has no keys left, and printed none before', () => {
    const keys = { send: secret(ALICES_KEY), receive: secret(BOBS_KEY) };
    const cipher = new ChannelCipher(keys, 0);
    for (const print of [...printsOf(cipher), ...printsOf(keys)]) expect(print).not.toMatch(/171, ?171|171,"1"|abab|205, ?205|cdcd/);
    cipher.wipe();
    cipher.wipe();
    expect(() => keys.send.expose()).toThrow('wiped');
    expect(() => keys.receive.expose()).toThrow('wiped');
  });

  it('costs 25 bytes a frame while it lasts', () => {
    expect(FRAME_OVERHEAD_BYTES).toBe(25);
    expect(say(channel().alice, '').length).toBe(25);
  });
});
