import { beforeAll, describe, expect, it } from 'vitest';
import { grantHistory, receiveGrant, type GrantPlan } from '../../src/groups/history-grant.ts';
import { openMessage, openMessageWithKey, type CarriedMessage } from '../../src/groups/message.ts';
import { shortDevice } from '../../src/groups/message-log.ts';
import type { HistoryPolicy } from '../../src/membership/policy.ts';
import { toBase64url } from '../../src/lib/bytes.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { content, type ContentOf } from '../../src/protocol/content.ts';
import { MAX_PADDED_CONTENT_BYTES } from '../../src/protocol/envelope.ts';
import { paddedLength } from '../../src/crypto/ratchet/padding.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { bytesOf } from '../../src/protocol/ids.ts';
import { valueOf } from '../support/value-of.ts';
import { fourTalkers, GROUP, NOW, operationCalled, saying, type BegunEpoch, type Talker } from './talkers.ts';

const DAY_MS = 86_400_000;

let alice: Talker;
let bob: Talker;
let carol: Talker;
/** The talk of alice and bob: an epoch a day-count before carol came, and what was said in it when. */
let epochs: readonly { readonly epoch: BegunEpoch; readonly began: number }[];
let messages: readonly CarriedMessage[];
/** What alice and bob go on writing in once carol is there. */
let together: BegunEpoch;

const daysBefore = (days: number) => NOW - days * DAY_MS;

beforeAll(async () => {
  [alice, bob, carol] = await fourTalkers();
  const begin = (days: number, n: number) => ({ epoch: alice.begin(`epoch ${n}`, [alice, bob], n), began: daysBefore(days) });
  const [old, edge, recent] = [begin(30, 1), begin(5, 2), begin(2, 3)];
  epochs = [old, edge, recent];
  together = alice.begin('together', [alice, bob, carol], 4);
  messages = [
    alice.write(old.epoch, '30 days', { wall: daysBefore(30) }),
    bob.write(old.epoch, '20 days', { wall: daysBefore(20) }),
    alice.write(edge.epoch, '5 days', { wall: daysBefore(5) }),
    bob.write(edge.epoch, '3 days', { wall: daysBefore(3) }),
    alice.write(edge.epoch, '2 days and more', { wall: daysBefore(2) - 1 }),
    bob.write(recent.epoch, '2 days', { wall: daysBefore(2) }),
    alice.write(recent.epoch, '1 day', { wall: daysBefore(1) }),
    // bob has not heard of carol yet.
    bob.write(recent.epoch, 'just after', { wall: NOW + 1 }),
    alice.write(together, 'welcome', { wall: NOW + 2 }),
  ];
});

function planned(policy: HistoryPolicy): GrantPlan {
  return {
    group: GROUP,
    policy,
    joinedAt: NOW,
    epochs: epochs.map(({ epoch, began }) => ({ id: epoch.id, began, secret: epoch.secret })),
    messages,
    vector: new Map([
      [alice.device, 5],
      [bob.device, 4],
    ]),
    lamport: 9,
  };
}

/** What carol can read of all that is carried, with the grants and her own box. */
function readBy(grants: readonly ContentOf<'groupHistory'>[]): readonly string[] {
  const received = grants.map((grant) => receiveGrant(grant, (id) => epochs.find(({ epoch }) => epoch.id === id)?.epoch.act));
  const secrets = new Map([[together.id, valueOf(carol.open(together))], ...received.flatMap((grant) => [...grant.secrets])]);
  const keys = received.flatMap((grant) => grant.keys);
  return messages.flatMap((message) => {
    const secret = secrets.get(message.epoch);
    const single = keys.find(({ device, seq }) => device === message.device && seq === message.seq);
    const opened = secret ? openMessage(message, secret) : single && openMessageWithKey(message, single.key);
    return opened?.ok && opened.value.type === 'text' ? [opened.value.text] : [];
  });
}

const travelled = (grants: readonly ContentOf<'groupHistory'>[]) =>
  grants.map((grant) => valueOf(decode(content, encode(content, grant))) as ContentOf<'groupHistory'>);

describe('a new member', () => {
  it.each<[HistoryPolicy, readonly string[]]>([
    [{ kind: 'none' }, ['welcome']],
    [{ kind: 'since-joining' }, ['just after', 'welcome']],
    [{ kind: 'days', days: 2 }, ['2 days', '1 day', 'just after', 'welcome']],
    [{ kind: 'days', days: 3 }, ['3 days', '2 days and more', '2 days', '1 day', 'just after', 'welcome']],
    [{ kind: 'all' }, ['30 days', '20 days', '5 days', '3 days', '2 days and more', '2 days', '1 day', 'just after', 'welcome']],
  ])('[G56] [attack 35] reads exactly what the policy %o says', (policy, readable) => {
    expect(readBy(travelled(grantHistory(planned(policy))))).toEqual(readable);
  });

  it('[G56] [attack 35] gets no secret of an epoch that began before their time, even if nothing is known of that time', () => {
    const plan = { ...planned({ kind: 'days', days: 4 }), messages: messages.filter(({ wall }) => wall >= daysBefore(4)) };
    const granted = grantHistory(plan).flatMap((grant) => grant.epochs.map(({ epoch }) => toBase64url(epoch)));
    expect(granted).toEqual([epochs[2]?.epoch.id]);
    expect(readBy(grantHistory(plan))).toEqual(['3 days', '2 days and more', '2 days', '1 day', 'just after', 'welcome']);
  });

  it('[G56] learns where everybody begins for them, so that they ask for nothing they could not read', () => {
    const beginnings = (policy: HistoryPolicy) => {
      const [first] = grantHistory(planned(policy));
      const received = receiveGrant(first ?? expect.fail('nothing was granted'), () => undefined);
      return [alice, bob].map(({ device }) => received.beginnings.get(toBase64url(shortDevice(device))));
    };
    expect(beginnings({ kind: 'none' })).toEqual([4, 4]);
    expect(beginnings({ kind: 'since-joining' })).toEqual([4, 3]);
    expect(beginnings({ kind: 'days', days: 3 })).toEqual([2, 1]);
    expect(beginnings({ kind: 'all' })).toEqual([0, 0]);
    expect(grantHistory(planned({ kind: 'none' }))).toMatchObject([{ lamport: 9, epochs: [], messages: [] }]);
  });

  it('[G56] [attack 34] takes no secret but the one its epoch commits to', () => {
    const [grant] = grantHistory(planned({ kind: 'all' }));
    if (!grant) expect.fail('nothing was granted');
    const lie = { ...grant, epochs: grant.epochs.map(({ epoch }) => ({ epoch, secret: randomBytes(32) })) };
    const received = receiveGrant(lie, (id) => epochs.find(({ epoch }) => epoch.id === id)?.epoch.act);
    expect(received.secrets.size).toBe(0);
    expect(received.refused).toEqual(epochs.map(({ epoch }) => epoch.id));
  });

  it('[G56] keeps for later what belongs to epochs they have not heard of', () => {
    const [grant] = grantHistory(planned({ kind: 'all' }));
    const received = receiveGrant(grant ?? expect.fail('nothing was granted'), () => undefined);
    expect(received.unknown).toEqual(epochs.map(({ epoch }) => epoch.id));
    expect([received.secrets.size, received.refused.length]).toEqual([0, 0]);
  });

  it('[G56] is not shown another text by a wrong key: the message commits to its own', () => {
    const [, , third] = messages;
    if (!third) expect.fail('there are nine');
    expect(openMessageWithKey(third, randomBytes(32))).toEqual({ ok: false, failure: { kind: 'wrong-key' } });
    expect(saying('5 days')).toEqual(valueOf(openMessage(third, epochs[1]?.epoch.secret ?? expect.fail('there are three'))));
  });

  it('[G56] gets a long history in several contents, each of which fits an envelope', () => {
    const many = Array.from({ length: 600 }, (_, index) => ({
      id: operationCalled(`epoch ${index}`),
      began: NOW,
      secret: together.secret,
    }));
    const edge = { id: operationCalled('edge'), began: 0, secret: together.secret };
    const device = alice.device;
    const single = Array.from({ length: 700 }, (_, index) => ({ device, seq: index + 1, epoch: edge.id, wall: NOW }));
    const vector = new Map(Array.from({ length: 512 }, () => [toBase64url(randomBytes(32)), 9] as const));
    const plan = { ...planned({ kind: 'days', days: 1 }), epochs: [...many, edge], messages: single, vector };
    const grants = grantHistory(plan);
    expect(grants.map(({ epochs: { length } }) => length)).toEqual([256, 256, 88]);
    expect(grants.map(({ messages: { length } }) => length)).toEqual([256, 256, 188]);
    const longest = Math.max(...grants.map((grant) => paddedLength(encode(content, grant).length)));
    expect(longest).toBeLessThanOrEqual(MAX_PADDED_CONTENT_BYTES);
    expect(grants.flatMap((grant) => grant.epochs.map(({ epoch }) => toBase64url(epoch)))).toEqual(
      many.map(({ id }) => toBase64url(bytesOf(id))),
    );
  });
});
