import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '../../src/crypto/random.ts';
import { sign, signingKeyPair } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { provesInvitation, readJoinRequest, signJoinRequest } from '../../src/membership/join-request.ts';
import { readOperation, restoreOperation, signOperation, type OperationFields } from '../../src/membership/operation.ts';
import { concat } from '../../src/lib/bytes.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { credential, MAX_CREDENTIAL_BYTES } from '../../src/protocol/credential.ts';
import { MAX_NAME_BYTES } from '../../src/protocol/frame.ts';
import {
  groupOperation,
  MAX_GROUP_NAME_BYTES,
  MAX_OPERATION_BYTES,
  MAX_PICTURE_BYTES,
  signedOperation,
  type GroupOperation,
} from '../../src/protocol/group-operation.ts';
import { MAX_GREETING_BYTES, MAX_JOIN_REQUEST_BYTES, signedJoinRequest } from '../../src/protocol/join-request.ts';
import { bytesOf, groupIdOf, operationIdOf, type GroupId } from '../../src/protocol/ids.ts';
import { identityOf } from '../support/identities.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { valueOf } from '../support/value-of.ts';
import * as acts from './acts.ts';
import { creation, realAuthor, type RealAuthor } from './authors.ts';
import { Replica } from './replica.ts';

let alice: RealAuthor;
let bob: RealAuthor;
let mallory: RealAuthor;
let group: Replica<RealAuthor>;

beforeAll(async () => {
  await sodiumReady();
  [alice, bob, mallory] = [realAuthor('alice'), realAuthor('bob'), realAuthor('mallory')];
  group = new Replica(alice, creation(alice, seededRandom(1)));
});

/** What is signed, said differently, and signed by whoever `by` is. */
function resigned(envelope: Uint8Array, by: RealAuthor, changes: Partial<GroupOperation>) {
  const { payload } = valueOf(decode(signedOperation, envelope));
  const fields = valueOf(decode(groupOperation, payload));
  return encode(signedOperation, sign('grp-op', encode(groupOperation, { ...fields, ...changes }), by.identity.device.signing));
}

describe('an operation', () => {
  it('is read as it was signed, and its id names the group it makes (G1)', () => {
    const [made] = group.history.operations;
    if (!made) throw new Error('There is no group.');

    expect(readOperation(made.envelope)).toEqual({ ok: true, value: made });
    expect(made.group).toBe(groupIdOf(made.id));
    expect(made.account).toBe(alice.account);
    expect(made.introduces?.deviceId).toBe(alice.device);
  });

  it('is read again from the own store without its signature, to the same', () => {
    const renamed = group.does(acts.rename('the orchard'));
    const admitted = group.admits(bob);

    for (const operation of [renamed, admitted]) expect(restoreOperation(operation.envelope)).toEqual({ ok: true, value: operation });
  });

  it('is refused with any byte of it changed (C5)', () => {
    const { envelope } = group.claims(acts.kick(bob));
    for (let place = 0; place < envelope.length; place++) {
      const changed = envelope.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(readOperation(changed).ok).toBe(false);
    }
  });

  it('is refused when it is cut off or has more behind it', () => {
    const { envelope } = group.claims(acts.kick(bob));
    for (let length = 0; length < envelope.length; length++) expect(readOperation(envelope.slice(0, length)).ok).toBe(false);
    expect(readOperation(concat(envelope, new Uint8Array(1))).ok).toBe(false);
  });

  it('is none when the signature was made for something else (C5, attack 19)', () => {
    const { envelope } = group.claims(acts.kick(bob));
    const { payload } = valueOf(decode(signedOperation, envelope));
    for (const context of ['grp-msg', 'grp-mark', 'join-req', 'invite-proof', 'devcert', 'devlist', 'prekeys', 'chan-sigI'] as const) {
      const signed = encode(signedOperation, sign(context, payload, alice.identity.device.signing));
      expect(readOperation(signed)).toMatchObject({ failure: { kind: 'wrong-signature' } });
    }
  });

  it('never makes reading throw, whatever it is (attack 40)', () => {
    const random = seededRandom(40);
    const { envelope } = group.claims(acts.announce('hello'));
    const { payload } = valueOf(decode(signedOperation, envelope));
    for (let round = 0; round < 300; round++) {
      const [at = 0, by = 0, length = 0] = random(3);
      const garbled = payload.slice(0, Math.max(1, payload.length - (length % 32)));
      garbled[at % garbled.length] = by;
      const signed = encode(signedOperation, sign('grp-op', garbled, mallory.identity.device.signing));
      expect(() => readOperation(signed)).not.toThrow();
      expect(() => readOperation(random(length))).not.toThrow();
    }
  });

  it('is at most 16 KiB, and everything allowed fits, a full credential with the largest picture too (G2)', () => {
    const filled = (length: number) => new Uint8Array(length).fill(97);
    const text = (length: number) => 'a'.repeat(length);
    const act = {
      type: 'create' as const,
      nonce: filled(32),
      owner: { credential: filled(MAX_CREDENTIAL_BYTES), name: text(MAX_NAME_BYTES), kemKey: filled(1216) },
      name: text(MAX_GROUP_NAME_BYTES),
      picture: filled(MAX_PICTURE_BYTES),
      policy: { history: { type: 'days' as const, days: 7 }, invites: 'everybody' as const },
    };
    const blank = { group: filled(32), account: filled(32), seq: 1, own: undefined, prev: [], ownerPrev: undefined };
    const payload = encode(groupOperation, { ...blank, lamport: 1, wall: 0, place: 0, act });
    const envelope = encode(signedOperation, { payload, key: filled(32), signature: filled(64) });

    expect(envelope.length).toBeLessThanOrEqual(MAX_OPERATION_BYTES);
    expect(readOperation(filled(MAX_OPERATION_BYTES + 1))).toMatchObject({ failure: { kind: 'malformed' } });
  });

  it.each<[string, Partial<OperationFields>]>([
    ['names nothing before it', { prev: [] }],
    ['is the first of its device and names another of it', { seq: 1 }],
    ['is not the first and names none', { own: undefined }],
    ['is numbered zero', { seq: 0, own: undefined }],
    ['names an operation of the owner’s chain without being part of it', { ownerPrev: operationIdOf(new Uint8Array(32)) }],
  ])('is refused when it %s (G3, G4)', (_, changes) => {
    expect(() => group.claims(acts.rename('the desert'), changes)).toThrow();
  });

  it('names the ends it follows from once each, in their order (G3)', () => {
    const { envelope, prev } = group.claims(acts.rename('the desert'));
    const [end] = prev.map(bytesOf);
    if (!end) throw new Error('It follows from nothing.');
    const lower = new Uint8Array(32);

    expect(readOperation(resigned(envelope, alice, { prev: [lower, end] })).ok).toBe(true);
    expect(readOperation(resigned(envelope, alice, { prev: [end, lower] })).ok).toBe(false);
    expect(readOperation(resigned(envelope, alice, { prev: [end, end] })).ok).toBe(false);
  });
});

describe('whose an operation is (attack 24)', () => {
  it('is not what it says: mallory signs as alice, and no history takes it (G6)', () => {
    const forged = signOperation(
      { account: alice.account, signing: mallory.identity.device.signing },
      { ...fieldsFor(group), act: acts.kick(bob) },
    );

    expect(forged.account).toBe(alice.account);
    expect(group.history.add(forged, 'mallory')).toEqual({ kind: 'refused', because: 'unknown-device' });
  });

  it('is not what its credential says either: the credential has to be of the key that signs (G6)', () => {
    const stolen = { type: 'keyPackage' as const, ...alice.keyPackage };
    const theft = () =>
      signOperation({ account: alice.account, signing: mallory.identity.device.signing }, { ...fieldsFor(group), act: stolen });
    const borrowed = () => mallory.sign({ ...fieldsFor(group), act: stolen });

    expect(theft).toThrow();
    expect(borrowed).toThrow();
  });

  it('is not mallory’s because mallory has certified alice’s key: it is the account that is asked for (G6)', () => {
    const { envelope } = group.claims(acts.rename('the desert'));
    const claimed = resigned(envelope, alice, { account: mallory.identity.account.signing.publicKey });

    expect(group.history.add(valueOf(readOperation(claimed)), 'mallory')).toEqual({ kind: 'refused', because: 'broken-sequence' });
  });

  it('cannot be anybody’s who was not let in', () => {
    const stranger = { ...fieldsFor(group), seq: 1, own: undefined, act: acts.rename('the desert') };

    expect(group.history.add(mallory.sign(stranger), 'mallory')).toEqual({ kind: 'refused', because: 'unknown-device' });
  });

  it('cannot be made with a device that the account has not in force (K5)', () => {
    const parts = valueOf(decode(credential, mallory.identity.device.credential));
    const foreign = valueOf(decode(credential, alice.identity.device.credential));
    const mixed = encode(credential, { ...parts, devices: foreign.devices });
    const act = { type: 'keyPackage' as const, ...mallory.keyPackage, credential: mixed };

    expect(() => mallory.sign({ ...fieldsFor(group), act })).toThrow();
  });
});

describe('a request to be let in (G8)', () => {
  const seed = () => signingKeyPair(new Uint8Array(32).fill(3));
  const requestWith = (who: RealAuthor, of: GroupId, proving: boolean) => {
    const { kemKey } = who.keyPackage;
    const invitation = proving ? { id: new Uint8Array(16), key: seed() } : undefined;
    return signJoinRequest(who.identity.device, { group: of, name: who.name, kemKey, greeting: 'it is me', invitation });
  };

  it('is of the account and device that signed it, for one group', () => {
    const request = valueOf(readJoinRequest(requestWith(bob, group.history.group, true)));

    expect(request).toMatchObject({ account: bob.account, group: group.history.group, greeting: 'it is me' });
    expect(request.introduction).toMatchObject({ deviceId: bob.device, name: 'bob' });
  });

  it('proves the invitation only to whoever knows its key, for this group, account and device', () => {
    const request = valueOf(readJoinRequest(requestWith(bob, group.history.group, true)));
    const ofAnother = valueOf(readJoinRequest(requestWith(mallory, group.history.group, true)));

    expect(provesInvitation(request, seed().publicKey)).toBe(true);
    expect(provesInvitation(request, alice.identity.device.signing.publicKey)).toBe(false);
    expect(provesInvitation({ ...ofAnother, invitation: request.invitation }, seed().publicKey)).toBe(false);
    expect(provesInvitation(valueOf(readJoinRequest(requestWith(bob, group.history.group, false))), seed().publicKey)).toBe(false);
  });

  it('does not let mallory in as bob: another’s credential is not enough', () => {
    const { kemKey } = bob.keyPackage;
    const { device } = bob.identity;
    const stolen = { ...device, signing: mallory.identity.device.signing };
    const request = signJoinRequest(stolen, { group: group.history.group, name: 'bob', kemKey, greeting: '', invitation: undefined });

    expect(readJoinRequest(request)).toEqual({ ok: false, failure: { kind: 'mixed-accounts' } });
  });

  it('is refused with any byte of it changed', () => {
    const request = requestWith(bob, group.history.group, true);
    for (let place = 0; place < request.length; place++) {
      const changed = request.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(readJoinRequest(changed).ok).toBe(false);
    }
  });

  it('is for its own group and no other', () => {
    const elsewhere = valueOf(readJoinRequest(requestWith(bob, groupIdOf(operationIdOf(randomBytes(32))), false)));

    expect(() => group.admits(bob, elsewhere)).toThrow();
  });

  it('always fits, with the largest of everything', () => {
    const payload = new Uint8Array(MAX_CREDENTIAL_BYTES + MAX_NAME_BYTES + 1216 + MAX_GREETING_BYTES + 16 + 64 + 1 + 64 + 12 + 1);
    const envelope = encode(signedJoinRequest, { payload, key: new Uint8Array(32), signature: new Uint8Array(64) });

    expect(envelope.length).toBeLessThanOrEqual(MAX_JOIN_REQUEST_BYTES);
  });

  it('comes from a stranger, so its greeting and name are made harmless', () => {
    const { kemKey } = bob.keyPackage;
    const fields = { group: group.history.group, name: 'b\u202eob', kemKey, greeting: 'hi\u0007', invitation: undefined };
    const request = valueOf(readJoinRequest(signJoinRequest(identityOf('bob').device, fields)));

    expect(request).toMatchObject({ greeting: 'hi', introduction: { name: 'bob' } });
  });
});

/** What somebody's next operation would say if it were alice's, at the end of what is known. */
function fieldsFor({ history }: Replica): OperationFields {
  const [head] = history.heads;
  if (!head) throw new Error('There is no group.');
  return {
    group: history.group,
    seq: 1,
    own: undefined,
    prev: [head.id],
    ownerPrev: undefined,
    lamport: head.lamport + 1,
    wall: 0,
    place: 0,
    act: acts.leave,
  };
}
