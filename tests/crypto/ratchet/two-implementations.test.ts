/** Our ratchet and a second one written from PROTOCOL.md on other libraries talk with each other, started from either side. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../../src/crypto/sodium.ts';
import { textOf, utf8, type Bytes } from '../../../src/lib/bytes.ts';
import { identityOf, REGISTERED_AT } from '../../support/identities.ts';
import { secondDeviceOf, secondPeerOf, Talker } from '../../support/sessions.ts';
import { acceptSecondSession, makePrekeys, startSecondSession, writeBundle, type SecondSession } from './second-ratchet.ts';

beforeAll(sodiumReady);

interface Pair {
  readonly ours: Talker;
  readonly second: SecondSession;
}

/** alice is ours and starts; bob is the other implementation. */
function oursStarts(oneTimePrekeys: number): Pair {
  const [alice, bob] = [identityOf('alice'), identityOf('bob')];
  const ours = new Talker(alice);
  ours.meet(new Talker(bob).verified);
  const prekeys = makePrekeys(oneTimePrekeys);
  const { bundle, signature } = writeBundle(prekeys, 0, secondDeviceOf(bob).signingSeed);
  ours.learn({ bundle: bundle as Bytes, signature: signature as Bytes });
  const first = ours.write('first');
  const second = acceptSecondSession(secondDeviceOf(bob), secondPeerOf(alice), first, prekeys, REGISTERED_AT);
  expect(textOf(second.open(first))).toBe('first');
  return { ours, second };
}

/** bob is ours and is started with. */
function secondStarts(): Pair {
  const [alice, bob] = [identityOf('alice'), identityOf('bob')];
  const ours = new Talker(bob);
  ours.meet(new Talker(alice).verified);
  const second = startSecondSession(secondDeviceOf(alice), secondPeerOf(bob), ours.offer(), REGISTERED_AT);
  expect(ours.read(second.seal(utf8('first')) as Bytes)).toBe('first');
  return { ours, second };
}

/** Messages in turns and in bursts, some late, past several hybrid steps. */
function talk(
  { ours, second }: Pair,
  turns: readonly { readonly byOurs: boolean; readonly length: number; readonly late: boolean }[],
): void {
  let kept: { readonly byOurs: boolean; readonly text: string; readonly envelope: Uint8Array } | undefined;
  const deliver = ({ byOurs, text, envelope }: NonNullable<typeof kept>): void => {
    expect(byOurs ? textOf(second.open(envelope)) : ours.read(envelope as Bytes)).toBe(text);
  };
  for (const [index, { byOurs, length, late }] of turns.entries()) {
    const text = `${index} ${'x'.repeat(length)}`;
    const sent = { byOurs, text, envelope: byOurs ? ours.write(text) : second.seal(utf8(text)) };
    if (late && !kept) kept = sent;
    else deliver(sent);
    if (kept && kept !== sent && !late) {
      deliver(kept);
      kept = undefined;
    }
  }
}

const turn = fc.record({ byOurs: fc.boolean(), length: fc.nat({ max: 300 }), late: fc.boolean() });

describe('[R1–R15] two implementations of the protocol', () => {
  it.each<[string, () => Pair]>([
    ['ours starts, from a one-time prekey', () => oursStarts(20)],
    ['ours starts, from the signed prekey alone', () => oursStarts(0)],
    ['the other starts', secondStarts],
  ])(
    'understand each other: %s',
    (_, begin) => {
      fc.assert(
        fc.property(fc.array(turn, { minLength: 5, maxLength: 60 }), (turns) => talk(begin(), turns)),
        { numRuns: 8 },
      );
    },
    60_000,
  );

  it('[R9] go through hybrid steps asked for by either side', () => {
    const inTurns = Array.from({ length: 240 }, (_, index) => ({ byOurs: index % 2 === 0, length: 10, late: false }));
    talk(oursStarts(20), inTurns);
    talk(secondStarts(), inTurns.slice(1));
    const pair = oursStarts(1);
    for (const days of [8, 16, 24]) {
      pair.ours.now = pair.second.ratchet.now = REGISTERED_AT + days * 86_400_000;
      talk(pair, inTurns.slice(0, 5));
    }
  }, 60_000);
});
