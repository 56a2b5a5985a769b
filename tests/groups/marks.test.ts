import { beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/crypto/sign.ts';
import { isNewerMark, readMark, signMark, type CarriedMark, type MarkedLog } from '../../src/groups/mark.ts';
import { readersOf, spreadOf } from '../../src/groups/spread.ts';
import { toBase64url } from '../../src/lib/bytes.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { MAX_GROUP_DEVICES, MAX_GROUP_MARK_BYTES, signedGroupMark } from '../../src/protocol/group-message.ts';
import { MAX_ENVELOPE_BYTES } from '../../src/protocol/frame.ts';
import { valueOf } from '../support/value-of.ts';
import { fourTalkers, GROUP, operationCalled, type Talker } from './talkers.ts';

let alice: Talker;
let bob: Talker;
let carol: Talker;
let dave: Talker;

beforeAll(async () => {
  [alice, bob, carol, dave] = await fourTalkers();
});

function markOf(talker: Talker, logs: Readonly<Record<string, MarkedLog>>, counter = 1, announcement?: string): CarriedMark {
  const named = announcement === undefined ? undefined : operationCalled(announcement);
  const mark = { group: GROUP, account: talker.account, counter, logs: new Map(Object.entries(logs)), announcement: named };
  return signMark(mark, talker.identity.device.signing);
}

const upTo = (have: number, read = 0, from = 0): MarkedLog => ({ from, have, read });
const accounts = (...talkers: readonly Talker[]) => talkers.map(({ account }) => account);

describe('a mark', () => {
  it('[G55] says what its device holds and has read, and is read back so', () => {
    const mark = markOf(bob, { [alice.device]: upTo(7, 5), [carol.device]: upTo(9, 9, 4) }, 3, 'announcement');
    expect(valueOf(readMark(mark.envelope))).toEqual(mark);
    expect(mark.device).toBe(bob.device);
  });

  it('[G55] is refused with any byte changed, or signed as something else', () => {
    const { envelope } = markOf(bob, { [alice.device]: upTo(7, 5) });
    for (let place = 0; place < envelope.length; place++) {
      const changed = envelope.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(readMark(changed).ok).toBe(false);
    }
    const { payload } = valueOf(decode(signedGroupMark, envelope));
    const message = encode(signedGroupMark, sign('grp-msg', payload, bob.identity.device.signing));
    expect(readMark(message)).toEqual({ ok: false, failure: { kind: 'wrong-signature' } });
  });

  it('[G55] of a device gives way to a newer one of it only', () => {
    const [older, newer] = [markOf(bob, {}, 4), markOf(bob, {}, 5)];
    expect([isNewerMark(newer, older), isNewerMark(older, newer), isNewerMark(older, older)]).toEqual([true, false, false]);
    expect(isNewerMark(older, undefined)).toBe(true);
  });

  it('[G55] of the largest group fits a frame', () => {
    const logs = Object.fromEntries(Array.from({ length: MAX_GROUP_DEVICES }, () => [toBase64url(randomBytes(32)), upTo(1, 1)]));
    const { envelope } = markOf(bob, logs, 1, 'announcement');
    expect(envelope.length).toBe(MAX_GROUP_MARK_BYTES);
    expect(envelope.length).toBeLessThan(MAX_ENVELOPE_BYTES);
    expect(readMark(envelope).ok).toBe(true);
  });
});

describe('how far a message has come', () => {
  it('[G55] is told by the marks of the other members', () => {
    const message = { account: alice.account, device: alice.device, seq: 5 };
    const marks = [
      markOf(alice, { [alice.device]: upTo(9, 9) }),
      markOf(bob, { [alice.device]: upTo(7, 5) }),
      markOf(carol, { [alice.device]: upTo(5, 4), [bob.device]: upTo(90, 90) }),
      markOf(dave, { [alice.device]: upTo(4, 4) }),
    ];
    const spread = spreadOf(message, marks, accounts(alice, bob, carol, dave));
    expect(spread).toEqual({ held: accounts(bob, carol), read: accounts(bob), of: 3 });
  });

  it('[G55] counts nobody who came too late to hold it, and nobody who is no member', () => {
    const message = { account: alice.account, device: alice.device, seq: 5 };
    const marks = [markOf(bob, { [alice.device]: upTo(9, 9, 5) }), markOf(carol, { [alice.device]: upTo(9, 9) })];
    expect(spreadOf(message, marks, accounts(alice, bob, dave))).toEqual({ held: [], read: [], of: 2 });
  });

  it('[G55] counts a person once, by whichever device', () => {
    const message = { account: alice.account, device: alice.device, seq: 1 };
    const marks = [markOf(bob, { [alice.device]: upTo(1) }), { ...markOf(carol, { [alice.device]: upTo(1, 1) }), account: bob.account }];
    expect(spreadOf(message, marks, accounts(alice, bob))).toEqual({ held: accounts(bob), read: accounts(bob), of: 1 });
  });
});

describe('who has read an announcement', () => {
  it('[G55] is told by the marks that name it', () => {
    const marks = [markOf(bob, {}, 1, 'first'), markOf(carol, {}, 1, 'second'), markOf(dave, {}, 1)];
    expect(readersOf(operationCalled('second'), marks, accounts(alice, bob, carol))).toEqual(accounts(carol));
  });
});
