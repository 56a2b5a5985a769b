/** People who do things to groups: with real keys, or, where thousands of histories are needed, with made-up ones. */
import { kemKeyPair } from '../../src/crypto/kem.ts';
import type { RandomSource } from '../../src/crypto/random.ts';
import type { Introduction } from '../../src/membership/introduction.ts';
import { readJoinRequest, signJoinRequest, type JoinRequest } from '../../src/membership/join-request.ts';
import { signOperation, type Operation, type OperationFields } from '../../src/membership/operation.ts';
import { EMPTY, toBase64url, type Bytes } from '../../src/lib/bytes.ts';
import type { GroupActOf } from '../../src/protocol/group-operation.ts';
import type { KeyPackage } from '../../src/protocol/join-request.ts';
import { accountIdOf, groupIdOf, operationIdOf, type AccountId, type GroupId } from '../../src/protocol/ids.ts';
import { identityOf, type Identity } from '../support/identities.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { valueOf } from '../support/value-of.ts';

export interface Author {
  readonly name: string;
  readonly account: AccountId;
  /** Signing key of their device, in base64url. */
  readonly device: string;
  readonly keyPackage: KeyPackage;
  /** A fresh request to be let in. */
  request(group: GroupId): JoinRequest;
  /** `request`: what an `admit` or `apply` carries. */
  sign(fields: OperationFields, request?: JoinRequest): Operation;
}

export interface RealAuthor extends Author {
  readonly identity: Identity;
}

/** With keys of their own, the same in every run. libsodium must be ready. */
export function realAuthor(name: string, identity: Identity = identityOf(name)): RealAuthor {
  const { device } = identity;
  const random = seededRandom(name.length);
  const { publicKey } = kemKeyPair(random(32));
  let requests = 0;
  return {
    name,
    identity,
    account: device.account,
    device: toBase64url(device.signing.publicKey),
    keyPackage: { credential: device.credential, name, kemKey: publicKey },
    request: (group) => {
      const greeting = `hello, for the ${String(++requests)}. time`;
      return valueOf(readJoinRequest(signJoinRequest(device, { group, name, kemKey: publicKey, greeting, invitation: undefined })));
    },
    sign: (fields) => signOperation(device, fields),
  };
}

const KEM_KEY = new Uint8Array(1216);

/** Without keys: ids are drawn, nothing is signed. For what comes after reading alone. */
export function fabricatedAuthor(name: string, random: RandomSource, list?: Introduction['list']): Author {
  const key = random(32);
  const deviceKey = random(32);
  return fabricated(name, accountIdOf(key), deviceKey, random, list);
}

/** Another device of a made-up account; `list`: what the account says of its devices with it. */
export function furtherDevice(author: Author, random: RandomSource, list: (certificate: string) => Introduction['list']): Author {
  const deviceKey = random(32);
  return fabricated(author.name, author.account, deviceKey, random, list(toBase64url(deviceKey)));
}

function fabricated(
  name: string,
  account: AccountId,
  deviceKey: Bytes,
  random: RandomSource,
  list: Introduction['list'] = { version: 1, active: new Set([toBase64url(deviceKey)]) },
): Author {
  const device = toBase64url(deviceKey);
  const introduction: Introduction = {
    device: { account, certificateId: deviceKey, deviceKey, agreementKey: deviceKey, name: 'a laptop', listVersion: list.version },
    deviceId: device,
    certificate: device,
    list,
    credential: EMPTY,
    name,
    kemKey: KEM_KEY,
  };
  return {
    name,
    account,
    device,
    keyPackage: { credential: EMPTY, name, kemKey: KEM_KEY },
    request: (group) => ({
      id: toBase64url(random(32)),
      group,
      account,
      introduction,
      greeting: '',
      invitation: undefined,
      envelope: EMPTY,
    }),
    sign: (fields, request) => {
      const idBytes = random(32);
      const id = operationIdOf(idBytes);
      const { act } = fields;
      const isOwn = act.type === 'create' || act.type === 'keyPackage';
      return {
        ...fields,
        id,
        idBytes,
        group: fields.group ?? groupIdOf(id),
        account,
        device,
        target: request?.account ?? ('account' in act && act.account ? accountIdOf(act.account) : undefined),
        introduces: isOwn ? introduction : act.type === 'admit' ? request?.introduction : undefined,
        request,
        envelope: EMPTY,
      };
    },
  };
}

export function creation(owner: Author, random: RandomSource, changes: Partial<GroupActOf<'create'>> = {}): Operation {
  return owner.sign({
    group: undefined,
    seq: 1,
    own: undefined,
    prev: [],
    ownerPrev: undefined,
    lamport: 1,
    wall: 1_790_000_000_000,
    place: 0,
    act: {
      type: 'create',
      nonce: random(32),
      owner: owner.keyPackage,
      name: 'the garden',
      picture: undefined,
      policy: { history: { type: 'sinceJoining' }, invites: 'admins' },
      ...changes,
    },
  });
}
