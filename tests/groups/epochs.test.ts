import { beforeAll, describe, expect, it } from 'vitest';
import { sealWithNonce } from '../../src/crypto/aead.ts';
import { deriveCommittedKey } from '../../src/crypto/commitment.ts';
import { hash } from '../../src/crypto/hash.ts';
import { encapsulate } from '../../src/crypto/kem.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { createEpoch, hashOfBox } from '../../src/groups/epoch-boxes.ts';
import { chooseEpoch, type KnownEpoch } from '../../src/groups/epoch-choice.ts';
import { bindingOf, flawOfEpoch, inBoxOrder, isSecretOf, recipientsHash } from '../../src/groups/epoch.ts';
import { forgetOldKeyPackages, refreshKeyPackages } from '../../src/groups/key-package.ts';
import { openMessage, openMessageWithKey } from '../../src/groups/message.ts';
import { EMPTY, fromBase64url, toBase64url, toHex, type Bytes } from '../../src/lib/bytes.ts';
import { encode } from '../../src/protocol/codec.ts';
import { EPOCH_BOX_BYTES, epochAct, epochBox, MAX_GROUP_DEVICES } from '../../src/protocol/group-message.ts';
import { MAX_OPERATION_BYTES } from '../../src/protocol/group-operation.ts';
import { bytesOf } from '../../src/protocol/ids.ts';
import { valueOf } from '../support/value-of.ts';
import { begunEpoch, fourTalkers, GROUP, NOW, saying, type BegunEpoch, type Talker } from './talkers.ts';

const DAY_MS = 86_400_000;

let alice: Talker;
let bob: Talker;
let carol: Talker;
let dave: Talker;

beforeAll(async () => {
  [alice, bob, carol, dave] = await fourTalkers();
});

const devicesOf = (...talkers: readonly Talker[]) => new Set(talkers.map(({ device }) => device));

/** The epoch as somebody knows it who holds its secret. */
function known({ id, act }: BegunEpoch, changes: Partial<KnownEpoch> = {}): KnownEpoch {
  return { id, n: act.n, recipients: act.recipients, since: NOW, messages: 0, secret: 'held', ...changes };
}

describe('an epoch', () => {
  it('[G44] gives its secret to each device it is for, and to no other', () => {
    const epoch = alice.begin('epoch', [alice, bob, carol]);
    for (const member of [alice, bob, carol]) expect(valueOf(member.open(epoch)).expose()).toEqual(epoch.secret.expose());
    expect(dave.open(epoch, epoch.boxOf(bob.device))).toEqual({ ok: false, failure: { kind: 'not-for-me' } });
  });

  it('[G42] fits its operation with 512 devices, whose boxes travel apart', () => {
    const recipients = Array.from({ length: MAX_GROUP_DEVICES }, () => ({ ...bob.recipient, device: toBase64url(randomBytes(32)) }));
    const { act } = createEpoch({
      group: GROUP,
      author: alice.device,
      n: 1,
      base: Array.from({ length: 16 }, () => randomBytes(32)),
      recipients,
    });
    expect(encode(epochAct, act).length + 400).toBeLessThan(MAX_OPERATION_BYTES);
  });

  it('[G44] has boxes of one size', () => {
    const { boxes } = alice.begin('epoch', [alice, bob]);
    expect(boxes.map((box) => box?.length)).toEqual([EPOCH_BOX_BYTES, EPOCH_BOX_BYTES]);
  });

  it('[G43] [attack 34] is nothing with somebody left out or added, though everything else is right', () => {
    const members = devicesOf(alice, bob, carol);
    const flaw = (...recipients: readonly Talker[]) => flawOfEpoch(alice.begin('epoch', recipients).claim, members, 0);
    expect(flaw(alice, bob, carol)).toBeUndefined();
    expect(flaw(carol, bob, alice)).toBeUndefined();
    expect(flaw(alice, bob)).toEqual({ kind: 'wrong-recipients' });
    expect(flaw(alice, bob, carol, dave)).toEqual({ kind: 'wrong-recipients' });
    expect(flaw(alice, bob, dave)).toEqual({ kind: 'wrong-recipients' });
  });

  it('[G43] [attack 34] is nothing when the hash is right and there are boxes for others', () => {
    const { act, author } = alice.begin('epoch', [alice, bob]).claim;
    const more = { author, act: { ...act, boxes: [...act.boxes, randomBytes(16)] } };
    expect(flawOfEpoch(more, devicesOf(alice, bob), 0)).toEqual({ kind: 'wrong-recipients' });
  });

  it('[G43] is nothing when begun by somebody who is none of its members', () => {
    expect(flawOfEpoch(dave.begin('epoch', [alice, bob]).claim, devicesOf(alice, bob), 0)).toEqual({ kind: 'not-a-member' });
  });

  it('[G43] cannot be newest for ever: its number is at most one more than the highest before', () => {
    const members = devicesOf(alice, bob);
    const flaw = (n: number) => flawOfEpoch(alice.begin('epoch', [alice, bob], n).claim, members, 4);
    expect([flaw(5), flaw(3)]).toEqual([undefined, undefined]);
    expect(flaw(6)).toEqual({ kind: 'wrong-number', limit: 5 });
    expect(flaw(0xffff_ffff)).toEqual({ kind: 'wrong-number', limit: 5 });
    expect(flaw(0)).toEqual({ kind: 'wrong-number', limit: 5 });
  });

  it('[G44] [attack 34] that commits to another secret than its boxes hold is told from one that was damaged on the way', () => {
    const other = alice.begin('other', [alice, bob]);
    const epoch = alice.begin('epoch', [alice, bob]);
    // Sealed well, by its author, for an operation that commits to something else.
    const lying = { ...epoch.act, commitment: other.act.commitment };
    const lie: BegunEpoch = { ...epoch, claim: { ...epoch.claim, act: lying } };
    expect(bob.open(lie)).toEqual({ ok: false, failure: { kind: 'does-not-open' } });
    const box = epoch.boxOf(bob.device);
    for (const place of [0, 1, 9, 500, 1129, 1161, EPOCH_BOX_BYTES - 1]) {
      const damaged = box.slice();
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      expect(bob.open(epoch, damaged)).toEqual({ ok: false, failure: { kind: 'other-box' } });
      expect(bob.open(named(epoch, bob, damaged), damaged).ok).toBe(false);
    }
  });

  it('[G44] [attack 34] does not let its author seal different secrets for different members', () => {
    const one = alice.begin('one', [alice, bob, carol]);
    const two = mixed(one, bob);
    expect(valueOf(carol.open(two)).expose()).toEqual(one.secret.expose());
    expect(bob.open(two)).toEqual({ ok: false, failure: { kind: 'wrong-secret' } });
  });

  it('[G44] does not open another epoch, nor for another author, though the boxes be taken over', () => {
    const epoch = alice.begin('epoch', [alice, bob]);
    const stolen: BegunEpoch = { ...epoch, claim: { ...epoch.claim, author: carol.device } };
    expect(bob.open(stolen)).toEqual({ ok: false, failure: { kind: 'does-not-open' } });
    const renumbered: BegunEpoch = { ...epoch, claim: { ...epoch.claim, act: { ...epoch.act, n: 2 } } };
    expect(bob.open(renumbered)).toEqual({ ok: false, failure: { kind: 'does-not-open' } });
  });

  it('[G41] [G44] opens with the key before the newest, and no more once that is deleted', () => {
    const erin = bob.keys;
    const epoch = alice.begin('epoch', [alice, bob]);
    bob.keys = refreshKeyPackages(bob.keys, NOW);
    expect(bob.open(epoch).ok).toBe(true);
    bob.keys = forgetOldKeyPackages(bob.keys, NOW + 14 * DAY_MS);
    expect(bob.open(epoch)).toEqual({ ok: false, failure: { kind: 'unknown-key' } });
    expect(() => erin.current.pair.secret.expose()).toThrow('wiped');
  });

  it('[G44] leaves out whose key is none, and is there for all others', () => {
    const broken = { device: carol.device, kemKey: new Uint8Array(1216).fill(0xff) };
    const made = createEpoch({ group: GROUP, author: alice.device, n: 1, base: [], recipients: [alice.recipient, bob.recipient, broken] });
    const epoch = begunEpoch('epoch', alice, made, [alice, bob, carol]);
    expect(valueOf(bob.open(epoch)).expose()).toEqual(epoch.secret.expose());
    expect(carol.open(epoch)).toEqual({ ok: false, failure: { kind: 'not-for-me' } });
    expect(flawOfEpoch(epoch.claim, devicesOf(alice, bob, carol), 0)).toBeUndefined();
  });

  it('[G42] orders devices by their keys, whatever their order or number', () => {
    const devices = [dave, carol, bob, alice, alice].map(({ device }) => device);
    const ordered = inBoxOrder(devices);
    const keys = ordered.map((device) => toHex(fromBase64url(device) ?? new Uint8Array(0)));
    expect(keys).toEqual([...keys].sort());
    expect(ordered).toHaveLength(4);
    expect(recipientsHash(devices)).toEqual(recipientsHash(ordered));
  });

  it('[G42] commits to its secret for its own group', () => {
    const epoch = alice.begin('epoch', [alice]);
    expect(isSecretOf(epoch.secret, epoch.claim)).toBe(true);
    expect(isSecretOf(alice.begin('other', [alice]).secret, epoch.claim)).toBe(false);
  });
});

describe('the epoch to send in', () => {
  const choose = (epochs: readonly KnownEpoch[], members: readonly Talker[], now = NOW) => chooseEpoch(epochs, devicesOf(...members), now);

  it('[G45] is the newest for exactly the members of now', () => {
    const [first, second] = [alice.begin('first', [alice, bob]), bob.begin('second', [alice, bob], 2)];
    const wider = bob.begin('wider', [alice, bob, carol], 3);
    expect(choose([known(first), known(second), known(wider)], [alice, bob])).toEqual({ kind: 'use', epoch: second.id });
    expect(choose([known(second), known(wider), known(first)], [bob, alice])).toEqual({ kind: 'use', epoch: second.id });
  });

  it('[G45] of two begun at once is the one with the lower id, for everybody', () => {
    const [one, two] = [alice.begin('one', [alice, bob]), bob.begin('two', [alice, bob])];
    const lower = Buffer.compare(bytesOf(one.id), bytesOf(two.id)) < 0 ? one.id : two.id;
    expect(choose([known(one), known(two)], [alice, bob])).toEqual({ kind: 'use', epoch: lower });
    expect(choose([known(two), known(one)], [alice, bob])).toEqual({ kind: 'use', epoch: lower });
  });

  it('[G45] has to be begun first when somebody came or went', () => {
    const epoch = alice.begin('epoch', [alice, bob]);
    expect(choose([], [alice])).toEqual({ kind: 'begin', n: 1, because: 'members' });
    expect(choose([known(epoch)], [alice, bob, carol])).toEqual({ kind: 'begin', n: 2, because: 'members' });
    expect(choose([known(epoch)], [alice])).toEqual({ kind: 'begin', n: 2, because: 'members' });
  });

  it('[G46] has to be begun first after seven days or a thousand messages', () => {
    const epoch = alice.begin('epoch', [alice, bob]);
    expect(choose([known(epoch)], [alice, bob], NOW + 7 * DAY_MS - 1).kind).toBe('use');
    expect(choose([known(epoch)], [alice, bob], NOW + 7 * DAY_MS)).toEqual({ kind: 'begin', n: 2, because: 'age' });
    expect(choose([known(epoch, { messages: 999 })], [alice, bob]).kind).toBe('use');
    expect(choose([known(epoch, { messages: 1_000 })], [alice, bob])).toEqual({ kind: 'begin', n: 2, because: 'messages' });
  });

  it('[G45] is waited for while its box is on the way, and passed over when the box is bad', () => {
    const [older, newer] = [alice.begin('older', [alice, bob]), bob.begin('newer', [alice, bob], 2)];
    expect(choose([known(older), known(newer, { secret: 'awaited' })], [alice, bob])).toEqual({ kind: 'await', epoch: newer.id });
    expect(choose([known(older), known(newer, { secret: 'unusable' })], [alice, bob])).toEqual({ kind: 'use', epoch: older.id });
    expect(choose([known(newer, { secret: 'unusable' })], [alice, bob])).toEqual({ kind: 'begin', n: 3, because: 'no-secret' });
  });
});

describe('a removed member', () => {
  /** Everything somebody can try with all boxes that were ever made: open each as any epoch, with all the keys they have. */
  function secretsWithin(reach: Talker, epochs: readonly BegunEpoch[]): readonly Bytes[] {
    const boxes = epochs.flatMap((epoch) => epoch.boxes.filter((box) => box !== undefined));
    return epochs.flatMap((epoch) =>
      boxes.flatMap((box) => {
        const opened = reach.open(epoch, box);
        return opened.ok ? [opened.value.expose()] : [];
      }),
    );
  }

  it('[G45] [attack 33] reads nothing sent afterwards, with their own keys and all that was ever carried', () => {
    const together = alice.begin('together', [alice, bob, carol]);
    const before = bob.write(together, 'while carol is here');
    const without = bob.begin('without carol', [alice, bob], 2);
    expect(chooseEpoch([known(together), known(without)], devicesOf(alice, bob), NOW)).toEqual({ kind: 'use', epoch: without.id });
    const after = bob.write(without, 'when carol is gone');

    const secrets = secretsWithin(carol, [together, without]);
    expect(secrets).toEqual([together.secret.expose()]);
    expect(openMessage(before, together.secret)).toEqual({ ok: true, value: saying('while carol is here') });
    expect(openMessage(after, together.secret)).toEqual({ ok: false, failure: { kind: 'wrong-key' } });
    for (const secret of secrets) expect(openMessageWithKey(after, secret).ok).toBe(false);
    expect(openMessage(after, valueOf(alice.open(without)))).toEqual({ ok: true, value: saying('when carol is gone') });
  });

  it('[G45] [attack 33] has no key even when two were removed at once, each by somebody who had not heard of the other', () => {
    const all = alice.begin('all', [alice, bob, carol, dave]);
    // alice removes carol, and bob removes dave, out of sight of each other; both begin an epoch.
    const byAlice = alice.begin('without carol', [alice, bob, dave], 2);
    const byBob = bob.begin('without dave', [alice, bob, carol], 2);
    const knownToAll = [known(all), known(byAlice), known(byBob)];
    // They meet: neither epoch is for the members of now.
    const choice = chooseEpoch(knownToAll, devicesOf(alice, bob), NOW);
    expect(choice).toEqual({ kind: 'begin', n: 3, because: 'members' });
    const merged = alice.begin('without both', [alice, bob], 3);
    expect(chooseEpoch([...knownToAll, known(merged)], devicesOf(alice, bob), NOW)).toEqual({ kind: 'use', epoch: merged.id });
    const message = alice.draft(merged, 'the two of us');

    for (const removed of [carol, dave]) {
      const secrets = secretsWithin(removed, [all, byAlice, byBob, merged]);
      expect(secrets).toHaveLength(2);
      for (const epoch of [all, byAlice, byBob]) expect(openMessage(message, epoch.secret).ok).toBe(false);
      expect(secrets).not.toContainEqual(merged.secret.expose());
    }
    expect(openMessage(message, valueOf(bob.open(merged)))).toEqual({ ok: true, value: saying('the two of us') });
  });
});

/** The epoch as its author would have published it with this box for somebody. */
function named(epoch: BegunEpoch, whose: Talker, box: Bytes): BegunEpoch {
  const place = epoch.devices.indexOf(whose.device);
  const boxes = epoch.act.boxes.map((hashed, index) => (index === place ? hashOfBox(box) : hashed));
  return { ...epoch, claim: { ...epoch.claim, act: { ...epoch.act, boxes } } };
}

/** An epoch whose author gives one member a box with another secret in it, sealed for the epoch as it is published (G44, put together by hand). */
function mixed(honest: BegunEpoch, victim: Talker): BegunEpoch {
  const kemKey = victim.recipient.kemKey;
  const keyPackage = hash(kemKey).slice(0, 8);
  const encapsulation = encapsulate(kemKey, randomBytes(64));
  if (!encapsulation) throw new Error('The key is one.');
  const { ciphertext, sharedSecret } = encapsulation;
  const context = [bindingOf(honest.claim), fromBase64url(victim.device) ?? EMPTY, keyPackage, ciphertext];
  const { key, commitment } = deriveCommittedKey({ secret: sharedSecret, info: 'epoch/box', context });
  const sealed = sealWithNonce(key, new Uint8Array(24), randomBytes(32), EMPTY);
  const box = encode(epochBox, { keyPackage, ciphertext, commitment, sealed });
  const published = named(honest, victim, box);
  return { ...published, boxOf: (device) => (device === victim.device ? box : honest.boxOf(device)) };
}
