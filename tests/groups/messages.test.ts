import { beforeAll, describe, expect, it } from 'vitest';
import { sealWithNonce } from '../../src/crypto/aead.ts';
import { deriveKey } from '../../src/crypto/kdf.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { pad, paddedLength } from '../../src/crypto/ratchet/padding.ts';
import { sign, type SignatureContext } from '../../src/crypto/sign.ts';
import type { MessageClaim } from '../../src/membership/authorship.ts';
import { claimOf, honoured, judgeMessage, type Judgement } from '../../src/groups/message-judge.ts';
import {
  messageKeyOf,
  openMessage,
  openMessageWithKey,
  readMessage,
  restoreMessage,
  timelineIdOf,
  type CarriedMessage,
  type MessageDraft,
} from '../../src/groups/message.ts';
import { emptyLog } from '../../src/groups/message-log.ts';
import { concat, EMPTY, equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { MAX_TEXT_BYTES } from '../../src/protocol/content.ts';
import { MAX_ENVELOPE_BYTES } from '../../src/protocol/frame.ts';
import {
  groupBody,
  MAX_CONTROL_HEADS,
  MAX_GROUP_MESSAGE_BYTES,
  MAX_MENTIONS,
  MAX_PADDED_BODY_BYTES,
  signedGroupMessage,
} from '../../src/protocol/group-message.ts';
import { bytesOf, groupIdOf } from '../../src/protocol/ids.ts';
import { valueOf } from '../support/value-of.ts';
import {
  authoritySaying,
  BASE,
  fourTalkers,
  GROUP,
  NOW,
  operationCalled,
  saying,
  Talker,
  type BegunEpoch,
  type Sayings,
} from './talkers.ts';

let alice: Talker;
let bob: Talker;
let carol: Talker;
let mallory: Talker;
let epoch: BegunEpoch;

beforeAll(async () => {
  [alice, bob, carol] = await fourTalkers();
  mallory = new Talker('mallory');
  epoch = alice.begin('epoch', [alice, bob, mallory]);
});

/** alice, bob and mallory are members, mallory with all keys of the group; carol is nobody. */
function judged(message: CarriedMessage, sayings: Partial<Sayings> = {}, changes: Partial<Judgement> = {}) {
  const authority = authoritySaying({ members: [alice, bob, mallory], epochs: [epoch], ...sayings });
  return judgeMessage(message, { group: GROUP, authority, log: emptyLog(), lamport: 0, now: NOW, ...changes });
}

const refusal = (kind: string) => ({ ok: false, failure: { kind } });

/** A message from its parts, signed as somebody likes. */
function resigned({ envelope }: CarriedMessage, signer: Talker, context: SignatureContext = 'grp-msg'): Bytes {
  const { payload } = valueOf(decode(signedGroupMessage, envelope));
  return encode(signedGroupMessage, sign(context, payload, signer.identity.device.signing));
}

/** A message with this content, put together from rule G47 instead of by `sealMessage`. */
function sealedByHand(author: Talker, content: Bytes): CarriedMessage {
  const message = author.draft(epoch, '');
  const sequence = new Uint8Array([0, 0, 0, 0, 0, 0, 0, message.seq]);
  const device = author.identity.device.signing.publicKey;
  const messageKey = deriveKey({ secret: epoch.secret.expose(), info: 'epoch/msg', context: [device, sequence] });
  const nonce = randomBytes(24);
  const both = deriveKey({ secret: messageKey, salt: nonce, info: 'epoch/body', length: 64 });
  const context = concat(bytesOf(GROUP), bytesOf(author.account), bytesOf(epoch.id));
  const ciphertext = sealWithNonce(both.slice(0, 32), nonce, pad(content), context);
  return { ...message, sealed: { nonce, commitment: both.slice(32), ciphertext } };
}

describe('a message', () => {
  it('[G47] says what its author wrote, to everybody with the epoch and in any order', () => {
    const [one, two] = [bob.draft(epoch, 'one'), bob.draft(epoch, 'two', { seq: 7, own: operationCalled('the sixth') })];
    const secret = valueOf(mallory.open(epoch));
    expect(openMessage(valueOf(readMessage(two.envelope)), secret)).toEqual({ ok: true, value: saying('two') });
    expect(openMessage(valueOf(readMessage(one.envelope)), secret)).toEqual({ ok: true, value: saying('one') });
  });

  it('[G47] is read back as it was made, from a peer and from the store', () => {
    const message = bob.draft(epoch, 'hello', { control: [BASE, operationCalled('another')] });
    expect(valueOf(readMessage(message.envelope))).toEqual(message);
    expect(restoreMessage(message.envelope)).toEqual(message);
    expect(restoreMessage(EMPTY)).toBeUndefined();
  });

  it('[G47] is refused with any byte of it changed', () => {
    const { envelope } = bob.draft(epoch, 'hello alice');
    for (let place = 0; place < envelope.length; place++) {
      const changed = envelope.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(readMessage(changed).ok).toBe(false);
    }
    expect(readMessage(envelope).ok).toBe(true);
  });

  it('[G47] is refused with anything cut off, put behind it, or nothing at all', () => {
    const { envelope } = bob.draft(epoch, 'hello alice');
    const cut = Array.from(envelope, (_, length) => readMessage(envelope.slice(0, length)).ok);
    expect(cut).not.toContain(true);
    expect(readMessage(new Uint8Array([...envelope, 0]))).toEqual(refusal('malformed'));
  });

  it('[G47] [attack 12] does not open with any byte of what is sealed changed, though the author signs it', () => {
    const message = bob.draft(epoch, 'hello alice');
    for (const part of ['nonce', 'commitment', 'ciphertext'] as const) {
      for (let place = 0; place < message.sealed[part].length; place++) {
        const changed = message.sealed[part].slice();
        changed[place] = (changed[place] ?? 0) ^ 0x80;
        const sealed = { ...message.sealed, [part]: changed };
        expect(openMessage({ ...message, sealed }, epoch.secret)).toEqual(refusal('wrong-key'));
      }
    }
  });

  it('[G47] opens in its place only: another device, number, epoch, account or group does not fit', () => {
    const message = bob.draft(epoch, 'hello');
    const elsewhere: readonly Partial<CarriedMessage>[] = [
      { device: mallory.device },
      { seq: 2 },
      { epoch: operationCalled('another') },
      { account: mallory.account },
      { group: groupIdOf(operationCalled('another group')) },
    ];
    for (const place of elsewhere) expect(openMessage({ ...message, ...place }, epoch.secret)).toEqual(refusal('wrong-key'));
    expect(openMessage(message, epoch.secret).ok).toBe(true);
  });

  it('[G47] opens with its own key, which opens no other', () => {
    const [one, two] = [bob.draft(epoch, 'one'), bob.draft(epoch, 'two', { seq: 2, own: operationCalled('one') })];
    const key = messageKeyOf(epoch.secret, bob.device, 1);
    expect(openMessageWithKey(one, key)).toEqual({ ok: true, value: saying('one') });
    expect(openMessageWithKey(two, key)).toEqual(refusal('wrong-key'));
  });

  it('[G47] [attack 22] commits to its key: a ciphertext that opens under another is not even tried', () => {
    const message = bob.draft(epoch, 'hello');
    const other = alice.begin('other', [alice, bob]);
    const double = bob.draft(other, 'hello', { epoch: { id: epoch.id, secret: other.secret } });
    expect(openMessage(double, epoch.secret)).toEqual(refusal('wrong-key'));
    expect(equalBytes(double.sealed.commitment, message.sealed.commitment)).toBe(false);
  });

  it('[G47] sealed twice under one number, after its device was set back, uses no key and nonce twice', () => {
    const [one, again] = [bob.draft(epoch, 'one'), bob.draft(epoch, 'one')];
    expect(again.sealed.commitment).not.toEqual(one.sealed.commitment);
    expect(again.sealed.ciphertext).not.toEqual(one.sealed.ciphertext);
  });

  it('[G47] is what its rule says, byte for byte', () => {
    const message = sealedByHand(bob, encode(groupBody, saying('by hand')));
    expect(openMessage(message, epoch.secret)).toEqual({ ok: true, value: saying('by hand') });
  });

  it('[G57] that was sealed well and says nothing we know is told from one that does not open', () => {
    expect(openMessage(sealedByHand(bob, new Uint8Array([1, 99])), epoch.secret)).toEqual(refusal('malformed'));
    expect(openMessage(sealedByHand(bob, EMPTY), epoch.secret)).toEqual(refusal('malformed'));
  });

  it('[G57] [R7] of one length class is as long as any other of it', () => {
    const lengthOf = (text: string) => bob.draft(epoch, text).envelope.length;
    expect(lengthOf('yes')).toBe(lengthOf('no, not before the end of the week'));
    expect(lengthOf('yes')).toBeLessThan(lengthOf('x'.repeat(500)));
  });

  it('[G57] at its longest fits its field and a frame', () => {
    const accounts = Array.from({ length: MAX_MENTIONS }, () => new Uint8Array(32));
    const body = saying('x'.repeat(MAX_TEXT_BYTES), { all: true, accounts });
    expect(paddedLength(encode(groupBody, body).length)).toBe(MAX_PADDED_BODY_BYTES);
    const control = Array.from({ length: MAX_CONTROL_HEADS }, (_, index) => operationCalled(`head ${index}`));
    const { envelope } = bob.draft(epoch, '', { body, control });
    expect(envelope.length).toBe(MAX_GROUP_MESSAGE_BYTES);
    expect(envelope.length).toBeLessThan(MAX_ENVELOPE_BYTES);
    expect(readMessage(envelope).ok).toBe(true);
  });

  it('[G47] counts from 1, and only the first has none before it', () => {
    const drafts: readonly Partial<MessageDraft>[] = [
      { seq: 0, own: undefined },
      { seq: 1, own: operationCalled('one before') },
      { seq: 2, own: undefined },
    ];
    for (const draft of drafts) expect(readMessage(bob.draft(epoch, 'hello', draft).envelope)).toEqual(refusal('malformed'));
  });

  it('is called in the timeline by the first half of its id', () => {
    const message = bob.draft(epoch, 'hello');
    expect(bytesOf(timelineIdOf(message))).toEqual(bytesOf(message.id).slice(0, 16));
  });
});

describe('the judge of messages', () => {
  it('[G48] takes what a member wrote', () => {
    const message = bob.draft(epoch, 'hello');
    expect(judged(message)).toMatchObject({ ok: true, value: { shown: true, log: { upTo: 1, tip: { id: message.id } } } });
  });

  it('[G48] [attack 23] refuses what a member with the epoch key wrote in the name of another', () => {
    // mallory has every key of the epoch, and seals as bob's device would.
    const forged = bob.draft(epoch, 'I owe mallory a thousand');
    const byMallory = valueOf(readMessage(resigned(forged, mallory)));
    // Signed by mallory's device, it is a message of mallory's device that says to be of bob's account …
    expect(judged(byMallory)).toEqual(refusal('foreign'));
    // … and even were it taken, it does not open: the key is that of the device that signed it.
    expect(openMessage(byMallory, epoch.secret)).toEqual(refusal('wrong-key'));
    // With bob's key beside mallory's signature it is no message.
    const { payload, signature } = valueOf(decode(signedGroupMessage, resigned(forged, mallory)));
    const key = bob.identity.device.signing.publicKey;
    expect(readMessage(encode(signedGroupMessage, { payload, key, signature }))).toEqual(refusal('wrong-signature'));
  });

  it('[G48] [attack 24] refuses an author named in the message who is not the one that signed it', () => {
    const draft = { author: { account: bob.account, signing: mallory.identity.device.signing } };
    const message = mallory.draft(epoch, 'hello, bob here', draft);
    expect(message.account).toBe(bob.account);
    expect(judged(valueOf(readMessage(message.envelope)))).toEqual(refusal('foreign'));
  });

  it('[C5] [attack 19] refuses what was signed as something else', () => {
    const message = bob.draft(epoch, 'hello');
    for (const context of ['devcert', 'devlist', 'chan-sigI', 'prekeys', 'grp-mark'] as const) {
      expect(readMessage(resigned(message, bob, context))).toEqual(refusal('wrong-signature'));
    }
    expect(readMessage(resigned(message, bob)).ok).toBe(true);
  });

  it('[G48] refuses strangers, other groups, and devices the epoch is not for', () => {
    expect(judged(carol.draft(epoch, 'hello'))).toEqual(refusal('foreign'));
    expect(judged(bob.draft(epoch, 'hello', { group: groupIdOf(operationCalled('elsewhere')) }))).toEqual(refusal('other-group'));
    expect(judged(carol.draft(epoch, 'hello'), { members: [alice, bob, carol] })).toEqual(refusal('not-a-recipient'));
  });

  it('[G48] [attack 34] refuses messages in an epoch that counts for nothing', () => {
    expect(judged(bob.draft(epoch, 'hello'), { epochs: [] })).toEqual(refusal('invalid-epoch'));
  });

  it('[G48] does not judge before the operations are here that a message builds on', () => {
    const head = operationCalled('not here');
    const message = bob.draft(epoch, 'hello', { control: [BASE, head] });
    expect(judged(message, { missing: [head] })).toEqual({ ok: false, failure: { kind: 'awaits-operations', operations: [head] } });
    expect(judged(message, { missing: [epoch.id] })).toEqual({ ok: false, failure: { kind: 'awaits-operations', operations: [epoch.id] } });
    expect(judged(message).ok).toBe(true);
  });

  it('[G48] tells what the author knew to whoever judges authors, and takes nothing of a foreign one', () => {
    const asked: MessageClaim[] = [];
    const control = [operationCalled('a'), operationCalled('b')];
    const asking = (claim: MessageClaim) => {
      asked.push(claim);
      return 'foreign' as const;
    };
    expect(judged(bob.draft(epoch, 'hello', { control, wall: NOW }), { authorship: asking })).toEqual(refusal('foreign'));
    expect(asked).toEqual([{ account: bob.account, device: bob.device, seq: 1, control, wall: NOW }]);
  });

  it('[G48] [attack 36] keeps what must not be shown for the sake of the log', () => {
    expect(judged(bob.draft(epoch, 'hello'), { authorship: () => 'hidden' })).toMatchObject({
      ok: true,
      value: { shown: false, log: { upTo: 1 } },
    });
  });

  it('[G48] [attack 36] does not believe an author whose clock runs far ahead: a mute is not over by that', () => {
    const claimedAt = (wall: number) => claimOf(bob.draft(epoch, 'hello', { wall }), NOW).wall;
    expect(claimedAt(NOW - 5)).toBe(NOW - 5);
    expect(claimedAt(NOW + 600_000)).toBe(NOW + 600_000);
    expect(claimedAt(NOW + 86_400_000)).toBe(NOW + 600_000);
  });

  it('[G49] [attack 37] refuses Lamport times far beyond all that was seen', () => {
    const at = (lamport: number) => bob.draft(epoch, 'hello', { lamport });
    expect(judged(at(5 + 2 ** 20), {}, { lamport: 5 }).ok).toBe(true);
    expect(judged(at(6 + 2 ** 20), {}, { lamport: 5 })).toEqual(refusal('lamport-too-far'));
    expect(judged(at(Number.MAX_SAFE_INTEGER), {}, { lamport: 5 })).toEqual(refusal('lamport-too-far'));
  });

  it('[G57] lets admins alone call everybody', () => {
    const body = saying('everybody!', { all: true, accounts: [new Uint8Array(32)] });
    expect(honoured(body, 'member').mentions).toEqual({ all: false, accounts: [new Uint8Array(32)] });
    expect(honoured(body, 'admin')).toBe(body);
    expect(honoured(body, 'owner')).toBe(body);
  });
});
