import fc from 'fast-check';
import { hkdfSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWithNonce, sealWithNonce } from '../../../src/crypto/aead.ts';
import { agreementKeyPair } from '../../../src/crypto/agreement.ts';
import { encapsulate, kemKeyPair } from '../../../src/crypto/kem.ts';
import { randomBytes } from '../../../src/crypto/random.ts';
import { advanceChain } from '../../../src/crypto/ratchet/chain-key.ts';
import { headerNonce, openHeader, sealHeader, type HeaderKey } from '../../../src/crypto/ratchet/header-key.ts';
import { openBody, sealBody } from '../../../src/crypto/ratchet/message-key.ts';
import { pad } from '../../../src/crypto/ratchet/padding.ts';
import { confirmMessage, wipeRatchet, type Ratchet } from '../../../src/crypto/ratchet/ratchet.ts';
import { MAX_SKIP, MAX_SKIPPED_KEYS } from '../../../src/crypto/ratchet/skipped-keys.ts';
import { storedRatchet } from '../../../src/crypto/ratchet/stored.ts';
import { Secret } from '../../../src/crypto/secret.ts';
import { sodiumReady } from '../../../src/crypto/sodium.ts';
import { concat, equalBytes, utf8, type Bytes } from '../../../src/lib/bytes.ts';
import { encode } from '../../../src/protocol/codec.ts';
import type { Header, RatchetMessage } from '../../../src/protocol/envelope.ts';
import { printsOf } from '../../support/prints.ts';
import { End, everyByteTurned, RATCHET_AD, RATCHET_BEGAN_AT, ratchetPair, talkingPair } from '../../support/ratcheting.ts';
import { openingUnderBoth } from '../../support/two-keys.ts';
import { pictureOf } from '../../support/unchanged.ts';

beforeAll(sodiumReady);

const DAY_MS = 86_400_000;

/** What the receiver reads in the headers of the chain the sender is in. */
function sendingHeaderKey({ sending }: Ratchet): HeaderKey<'receiving'> {
  return new Secret('receiving-header', sending.headerKey.expose().slice());
}

/** The header, as somebody with the sender's state sees it. */
function headerOf(sender: End, message: RatchetMessage): Header {
  const header = openHeader(sendingHeaderKey(sender.ratchet), message.header, RATCHET_AD);
  if (!header) throw new Error('The header is of another chain');
  return header;
}

/** A message by a dishonest sender: as `write` makes it, but with another header. */
function writeWith(sender: End, text: string, change: (header: Header) => Header): RatchetMessage {
  const probe = sender.write('probe');
  const { sending } = sender.ratchet;
  if (sending.type !== 'active') throw new Error('Has written');
  const { messageKey, chain } = advanceChain(sending.chain);
  const header = sealHeader(sending.headerKey, change({ ...headerOf(sender, probe), number: sending.next }), RATCHET_AD, randomBytes);
  sender.ratchet = { ...sender.ratchet, sending: { ...sending, chain, next: sending.next + 1 } };
  return { header, ...sealBody(messageKey, pad(utf8(text)), { salt: headerNonce(header), ad: concat(RATCHET_AD, header) }) };
}

function pingPong(alice: End, bob: End, rounds: number): readonly Header['kem']['type'][] {
  const seen: Header['kem']['type'][] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const message = from.write(`${round}`);
      seen.push(headerOf(from, message).kem.type);
      expect(to.read(message)).toBe(`${round}`);
    }
  }
  return seen;
}

describe('alice and bob talk', () => {
  it('[R4] [R5] one way, the other way, and in turns', () => {
    const { alice, bob } = ratchetPair();
    for (const text of ['one', 'two', 'three']) expect(bob.read(alice.write(text))).toBe(text);
    for (const text of ['vier', '五', '']) expect(alice.read(bob.write(text))).toBe(text);
    pingPong(alice, bob, 10);
  });

  it('[R2] bob, who was started with, cannot write before he has read', () => {
    const { bob } = ratchetPair();
    expect(() => bob.write('first')).toThrow('reads before it writes');
  });

  it('[R4] each turn has a new key, and the one before opens nothing of it', () => {
    const { alice, bob } = talkingPair();
    const keys = new Set<string>();
    for (let turn = 0; turn < 5; turn++) {
      keys.add(String(headerOf(alice, alice.write('')).key));
      bob.read(alice.write(''));
      alice.read(bob.write(''));
    }
    expect(keys.size).toBe(5);
  });

  it('[R3] a header costs 81 bytes and a message 129 beside its padding', () => {
    const { alice } = talkingPair();
    const { header, commitment, body } = alice.write('x'.repeat(63));
    expect(header.length).toBe(81);
    expect(header.length + commitment.length + body.length - 64).toBe(129);
  });
});

describe('[R8] messages out of order and lost (attack 14)', () => {
  it('late ones open, also those of chains that are over', () => {
    const { alice, bob } = talkingPair();
    const [one, two, three] = [alice.write('one'), alice.write('two'), alice.write('three')];
    expect(bob.read(three)).toBe('three');
    expect(alice.read(bob.write('answer'))).toBe('answer');
    const four = alice.write('four');
    expect(bob.read(four)).toBe('four');
    expect(bob.read(one)).toBe('one');
    expect(bob.read(two)).toBe('two');
    for (const again of [one, two, three, four]) expect(bob.read(again)).not.toMatch(/one|two|three|four/);
  });

  it('soak: whatever is lost, repeated, reordered, tampered with, and whoever restarts in between', () => {
    const event = fc.record({
      from: fc.constantFrom('alice', 'bob'),
      fate: fc.constantFrom('arrives', 'arrives', 'arrives', 'late', 'late', 'lost', 'twice', 'changed'),
      restart: fc.constantFrom(undefined, undefined, undefined, 'alice', 'bob'),
      pause: fc.constantFrom(0, 0, 0, DAY_MS, 8 * DAY_MS),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 120 }), fc.infiniteStream(fc.nat()), (events, choices) => {
        const ends = talkingPair();
        const late: { readonly to: End; readonly message: RatchetMessage; readonly text: string; readonly at: number }[] = [];
        const pick = (): number => Number(choices.next().value);
        let count = 0;
        for (const { from, fate, restart, pause } of events) {
          const [sender, reader] = from === 'alice' ? [ends.alice, ends.bob] : [ends.bob, ends.alice];
          for (const end of [ends.alice, ends.bob]) end.now += pause;
          if (restart) ends[restart].restart();
          const text = `message ${++count}`;
          const message = sender.write(text);
          if (fate === 'late') late.push({ to: reader, message, text, at: sender.now });
          if (fate === 'changed') {
            const changed = everyByteTurned(message);
            expect(reader.tryOpen(changed[pick() % changed.length] ?? message).ok).toBe(false);
          }
          if (fate === 'arrives' || fate === 'twice' || fate === 'changed') expect(reader.read(message)).toBe(text);
          if (fate === 'twice') expect(reader.tryOpen(message).ok).toBe(false);
          if (late.length > 3 || (late.length > 0 && pick() % 4 === 0)) {
            const [one] = late.splice(pick() % late.length, 1);
            if (one) expectLate(one);
          }
        }
        for (const one of late) expectLate(one);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  /** Kept for thirty days and five chains: before that it must open, after that it must not crash. */
  function expectLate({ to, message, text }: { readonly to: End; readonly message: RatchetMessage; readonly text: string }): void {
    const outcome = to.read(message);
    if (outcome !== text) expect(['already-opened', 'not-for-this-session']).toContain(outcome);
    expect(to.tryOpen(message).ok).toBe(false);
  }

  it('a thousand may be passed over at once and no more, and all that were open', () => {
    const { alice, bob } = talkingPair();
    const messages = Array.from({ length: MAX_SKIP + 2 }, (_, index) => alice.write(`${index}`));
    const [first, second] = messages;
    if (!first || !second) throw new Error('Has written');
    expect(bob.read(messages[MAX_SKIP + 1] ?? first)).toBe('too-far-ahead');
    expect(bob.read(messages[MAX_SKIP] ?? first)).toBe(`${MAX_SKIP}`);
    expect(bob.read(first)).toBe('0');
    expect(bob.read(second)).toBe('1');
  });

  it('two thousand keys are kept, and the oldest go first', () => {
    const { alice, bob } = talkingPair();
    const messages = Array.from({ length: 3 * MAX_SKIP + 1 }, (_, index) => alice.write(`${index}`));
    for (const step of [1, 2, 3]) expect(bob.read(messages[step * MAX_SKIP] ?? alice.write(''))).toBe(`${step * MAX_SKIP}`);
    const kept = bob.ratchet.receiving.flatMap(({ skipped }) => skipped);
    expect(kept.length).toBe(MAX_SKIPPED_KEYS);
    expect(bob.read(messages[0] ?? alice.write(''))).toBe('already-opened');
    expect(bob.read(messages[3 * MAX_SKIP - 1] ?? alice.write(''))).toBe(`${3 * MAX_SKIP - 1}`);
    expect(encode(storedRatchet, bob.ratchet).length).toBeLessThan(100_000);
  });

  it('after thirty days a message passed over is given up', () => {
    const { alice, bob } = talkingPair();
    const [late, next] = [alice.write('late'), alice.write('next')];
    expect(bob.read(next)).toBe('next');
    bob.now += 30 * DAY_MS;
    expect(bob.read(alice.write('a month on'))).toBe('a month on');
    expect(bob.read(late)).toBe('already-opened');
  });
});

describe('attack 12: a message that was changed', () => {
  it('[R3] [R6] in any byte of any field is refused, and the state stays', () => {
    const { alice, bob } = talkingPair();
    const message = alice.write('hello bob');
    const before = pictureOf(bob.ratchet);
    for (const changed of everyByteTurned(message)) expect(bob.tryOpen(changed).ok).toBe(false);
    for (const field of ['header', 'commitment', 'body'] as const) {
      for (const cut of [message[field].slice(1), message[field].slice(0, -1), concat(message[field], new Uint8Array(1))]) {
        expect(bob.tryOpen({ ...message, [field]: cut }).ok).toBe(false);
      }
    }
    expect(pictureOf(bob.ratchet)).toEqual(before);
    expect(bob.read(message)).toBe('hello bob');
  });

  it('[R6] put together of two messages is refused', () => {
    const { alice, bob } = talkingPair();
    const [one, two] = [alice.write('one'), alice.write('two')];
    for (const mixed of [
      { ...one, header: two.header },
      { ...one, body: two.body },
      { ...one, commitment: two.commitment },
      { ...one, body: two.body, commitment: two.commitment },
    ]) {
      expect(bob.tryOpen(mixed).ok).toBe(false);
    }
  });

  it('[R1] in another session, or sent back, is refused', () => {
    const { alice, bob } = talkingPair();
    const message = alice.write('hello bob');
    expect(alice.read(message)).toBe('not-for-this-session');
    expect(talkingPair(50).bob.read(message)).toBe('not-for-this-session');
    const elsewhere = new End(bob.ratchet, 9);
    Object.defineProperty(elsewhere, 'surroundings', { value: { ...bob.surroundings, ad: new Uint8Array(32) } });
    expect(elsewhere.read(message)).toBe('not-for-this-session');
  });
});

describe('attack 13: a message again', () => {
  it('[R8] is refused, in its chain and after it', () => {
    const { alice, bob } = talkingPair();
    const message = alice.write('pay 5');
    expect(bob.read(message)).toBe('pay 5');
    expect(bob.read(message)).toBe('already-opened');
    alice.read(bob.write('paid'));
    bob.read(alice.write('thanks'));
    expect(bob.read(message)).toBe('not-for-this-session');
  });
});

describe('attack 15: a flood of numbers', () => {
  it.each<[string, (header: Header) => Header]>([
    ['a number of 2^32 − 1', (header) => ({ ...header, number: 0xffff_ffff })],
    ['a chain before of 2^32 − 1', (header) => ({ ...header, previous: 0xffff_ffff })],
    ['both', (header) => ({ ...header, number: 0xffff_ffff, previous: 0xffff_ffff })],
  ])('[R8] %s is refused at once and leaves nothing', (_, change) => {
    const { alice, bob } = talkingPair();
    const flood = writeWith(alice, 'flood', change);
    const before = encode(storedRatchet, bob.ratchet);
    const began = performance.now();
    for (let times = 0; times < 100; times++) expect(bob.read(flood)).toBe('too-far-ahead');
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(encode(storedRatchet, bob.ratchet)).toEqual(before);
  });
});

describe('attack 16: a message that fails', () => {
  it('[R2] moves nothing, whatever it would have led to', () => {
    const { alice, bob } = talkingPair();
    for (let count = 0; count < 60; count++) bob.read(alice.write('on'));
    alice.read(bob.write('turn'));
    const skipping = [alice.write('1'), alice.write('2'), alice.write('3')].at(-1);
    if (!skipping) throw new Error('Has written');
    const before = pictureOf(bob.ratchet);
    expect(bob.read({ ...skipping, body: skipping.body.with(0, (skipping.body[0] ?? 0) ^ 1) })).toBe('forged');
    expect(pictureOf(bob.ratchet)).toEqual(before);
    expect(bob.read(skipping)).toBe('3');
  });
});

describe('[R9] the hybrid step', () => {
  it('comes with a change of direction after fifty messages, is answered in the next, and not again before fifty more', () => {
    const { alice, bob } = talkingPair();
    const kinds = pingPong(alice, bob, 60);
    expect(kinds.indexOf('offer')).toBe(48);
    expect(kinds.filter((kind) => kind === 'offer').length).toBe(2);
    kinds.forEach((kind, index) => expect(kind === 'answer').toBe(kinds[index - 1] === 'offer'));
  });

  it('comes after seven days for those who write little', () => {
    const { alice, bob } = talkingPair();
    alice.now = bob.now = RATCHET_BEGAN_AT + 7 * DAY_MS;
    expect(pingPong(alice, bob, 2)).toEqual(['offer', 'answer', 'none', 'none']);
  });

  it('changes the root: without the secret of the KEM nobody follows', () => {
    const [one, other] = [talkingPair(), talkingPair()];
    for (const pair of [one, other]) pair.alice.now += 7 * DAY_MS;
    one.bob.read(one.alice.write('offer'));
    const offer = other.alice.write('offer');
    other.bob.read(offer);
    const rootsAlike = () => equalBytes(one.bob.ratchet.root.expose(), other.bob.ratchet.root.expose());
    expect(rootsAlike()).toBe(true);
    const { sending } = other.bob.ratchet;
    if (sending.type !== 'step-due' || !sending.answer) throw new Error('Owes an answer');
    // All but the KEM's secret is the same.
    other.bob.ratchet = {
      ...other.bob.ratchet,
      sending: { ...sending, answer: { ...sending.answer, sharedSecret: new Secret('kem-shared', new Uint8Array(32)) } },
    };
    one.bob.write('answer');
    other.bob.write('answer');
    expect(rootsAlike()).toBe(false);
  });

  it('goes along with every message of its chain until one is known to have been read', () => {
    const { alice, bob } = talkingPair();
    alice.now += 7 * DAY_MS;
    const [lost, second] = [alice.write('lost'), alice.write('second')];
    expect(headerOf(alice, lost).kem.type).toBe('offer');
    expect(headerOf(alice, second).kem.type).toBe('offer');
    bob.read(second);
    alice.ratchet = confirmMessage(alice.ratchet, second, { ad: RATCHET_AD });
    const third = alice.write('third');
    expect(headerOf(alice, third).kem.type).toBe('none');
    expect(bob.read(third)).toBe('third');
    expect(headerOf(bob, bob.write('answer')).kem.type).toBe('answer');
  });

  it('[R15] is not left out because a message of the chain before was read', () => {
    const { alice, bob } = talkingPair();
    const before = alice.write('before');
    bob.read(before);
    alice.read(bob.write('turn'));
    alice.now += 7 * DAY_MS;
    alice.write('lost');
    expect(confirmMessage(alice.ratchet, before, { ad: RATCHET_AD })).toBe(alice.ratchet);
  });
});

describe('attack 21: the hybrid step left out', () => {
  function offered(): { readonly alice: End; readonly bob: End } {
    const pair = talkingPair();
    pair.alice.now += 7 * DAY_MS;
    pair.bob.read(pair.alice.write('offer'));
    return pair;
  }

  it('[R9] a bob who ignores the offer is refused, although all else is right', () => {
    const { alice, bob } = offered();
    const { sending } = bob.ratchet;
    if (sending.type !== 'step-due') throw new Error('Owes a step');
    bob.ratchet = { ...bob.ratchet, sending: { ...sending, answer: undefined } };
    const before = pictureOf(alice.ratchet);
    expect(alice.read(bob.write('no thanks'))).toBe('downgraded');
    expect(pictureOf(alice.ratchet)).toEqual(before);
  });

  it('[R9] a ciphertext nobody asked for is refused', () => {
    const { alice, bob } = talkingPair();
    bob.read(alice.write('no offer'));
    const { sending } = bob.ratchet;
    if (sending.type !== 'step-due') throw new Error('Owes a step');
    const answer = encapsulate(kemKeyPair(randomBytes(32)).publicKey, randomBytes(64));
    if (!answer) throw new Error('Is a key');
    const { ciphertext, sharedSecret } = answer;
    bob.ratchet = { ...bob.ratchet, sending: { ...sending, answer: { ciphertext, sharedSecret: new Secret('kem-shared', sharedSecret) } } };
    expect(alice.read(bob.write('take this'))).toBe('downgraded');
  });

  it('[R9] a ciphertext for another key leads to other keys', () => {
    const { alice, bob } = offered();
    const { sending } = bob.ratchet;
    if (sending.type !== 'step-due' || !sending.answer) throw new Error('Owes an answer');
    const other = encapsulate(kemKeyPair(randomBytes(32)).publicKey, randomBytes(64));
    if (!other) throw new Error('Is a key');
    bob.ratchet = { ...bob.ratchet, sending: { ...sending, answer: { ...sending.answer, ciphertext: other.ciphertext } } };
    expect(alice.read(bob.write('to somebody else'))).toBe('forged');
  });

  it('[C2] an offer that is no key is refused', () => {
    const { alice, bob } = talkingPair();
    const { sending } = alice.ratchet;
    if (sending.type !== 'step-due') throw new Error('Owes a step');
    alice.now += 7 * DAY_MS;
    const bad = writeWith(alice, 'bad key', (header) => ({ ...header, kem: { type: 'offer', key: new Uint8Array(1216).fill(0xff) } }));
    expect(bob.read(bad)).toBe('bad-key');
  });

  it('[C2] a ratchet key of small order is refused', () => {
    const { alice, bob } = talkingPair();
    expect(bob.read(writeWith(alice, 'zero', (header) => ({ ...header, key: new Uint8Array(32) })))).toBe('bad-key');
  });
});

describe('attack 22: one ciphertext for two keys', () => {
  it('[R6] [C6] a body made to open under two keys opens only under the one its commitment names', () => {
    const context = { salt: randomBytes(24), ad: RATCHET_AD };
    const [mine, theirs] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const [one, other] = [mine, theirs].map((secret) => bodyKeysOf(secret, context.salt));
    if (!one || !other) throw new Error('Two keys');
    const body = openingUnderBoth(one, other, RATCHET_AD);
    for (const { key, nonce } of [one, other]) expect(openWithNonce(key, nonce, body, RATCHET_AD)?.length).toBe(32);
    const { commitment } = one;
    expect(openBody(new Secret('message', mine), { commitment, body }, context)?.length).toBe(32);
    expect(openBody(new Secret('message', theirs), { commitment, body }, context)).toBeUndefined();
  });

  /** R6, once more. */
  function bodyKeysOf(messageKey: Uint8Array, salt: Uint8Array) {
    const all = new Uint8Array(hkdfSync('sha512', messageKey, salt, 'parley/dr/msg/v1', 88));
    return { key: all.slice(0, 32), nonce: all.slice(32, 56), commitment: all.slice(56) };
  }
});

describe('attack 20: a state that is set back', () => {
  it('[R6] comes by the same message key again, and still seals under another key', () => {
    const { alice } = talkingPair();
    alice.write('so that a chain has begun');
    const copy = new End(alice.ratchet, 77);
    const [one, two] = [alice.write('one'), copy.write('two')];
    expect(headerOf(alice, one).number).toBe(headerOf(copy, two).number);
    expect(equalBytes(one.commitment, two.commitment)).toBe(false);
    expect(equalBytes(one.body.slice(0, 3), xor(two.body.slice(0, 3), xor(utf8('one'), utf8('two'))))).toBe(false);
  });

  function xor(a: Bytes, b: Bytes): Bytes {
    return a.map((byte, index) => byte ^ (b[index] ?? 0));
  }
});

describe('secrets', () => {
  it('of a ratchet do not print', () => {
    const { alice, bob } = talkingPair();
    bob.read([alice.write('1'), alice.write('2')].at(-1) ?? alice.write(''));
    for (const end of [alice, bob]) {
      const secrets = JSON.stringify(pictureOf(end.ratchet)).match(/(?<=(chain|header|root|message|agreement) )[0-9a-f]{64}/g) ?? [];
      expect(secrets.length).toBeGreaterThan(4);
      const prints = printsOf(end.ratchet).join('\n');
      for (const secret of secrets) expect(prints).not.toContain(Buffer.from(secret, 'hex').join(','));
      for (const secret of secrets) expect(prints).not.toContain(secret);
    }
  });

  it('are all gone when a ratchet is wiped', () => {
    const { alice, bob } = talkingPair();
    bob.read([alice.write('1'), alice.write('2')].at(-1) ?? alice.write(''));
    wipeRatchet(bob.ratchet);
    expect(() => encode(storedRatchet, bob.ratchet)).toThrow('wiped');
    expect(() => bob.ratchet.root.expose()).toThrow('wiped');
  });

  it('[R7] the seal is over the padded content, so its length tells the size class only', () => {
    const { alice } = talkingPair();
    const lengths = new Set(Array.from({ length: 64 }, (_, length) => alice.write('x'.repeat(length)).body.length));
    expect([...lengths]).toEqual([64 + 16]);
    const key = agreementKeyPair(randomBytes(32)).publicKey;
    expect(sealWithNonce(key, new Uint8Array(24), pad(utf8('x'.repeat(64))), key).length).toBe(76 + 16);
  });
});
