/** alice, bob, carol and dave in a group, each with a device, key packages and the secrets they came by; what the operations say is told by hand. */
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { hash } from '../../src/crypto/hash.ts';
import { toBase64url, utf8, type Bytes } from '../../src/lib/bytes.ts';
import type { Result } from '../../src/lib/result.ts';
import { createEpoch, openBox, type BoxFailure, type NewEpoch } from '../../src/groups/epoch-boxes.ts';
import { inBoxOrder, type EpochClaim, type EpochSecret, type Recipient } from '../../src/groups/epoch.ts';
import { createKeyPackages, keyPackageOf, type OwnKeyPackages } from '../../src/groups/key-package.ts';
import { sealMessage, type CarriedMessage, type MessageDraft } from '../../src/groups/message.ts';
import type { GroupAuthority } from '../../src/groups/message-judge.ts';
import { groupIdOf, operationIdOf, type AccountId, type OperationId } from '../../src/protocol/ids.ts';
import type { SpokenBody } from '../../src/protocol/group-message.ts';
import { identityOf, REGISTERED_AT, type Identity } from '../support/identities.ts';

export const NOW = REGISTERED_AT + 86_400_000;

/** An operation that is only a name. */
export function operationCalled(name: string): OperationId {
  return operationIdOf(hash(utf8(name)));
}

export const GROUP = groupIdOf(operationCalled('create'));
export const BASE = operationCalled('create');

export function saying(text: string, mentions: SpokenBody['mentions'] = { all: false, accounts: [] }): SpokenBody {
  return { type: 'text', text, mentions };
}

/** An epoch with what its operation says, and its boxes by the device they are for. */
export interface BegunEpoch extends NewEpoch {
  readonly id: OperationId;
  readonly claim: EpochClaim;
  readonly devices: readonly string[];
  readonly boxOf: (device: string) => Bytes;
}

/** Somebody with one device. */
export class Talker {
  readonly identity: Identity;
  readonly account: AccountId;
  readonly device: string;
  keys: OwnKeyPackages;
  /** Last message written. */
  last: CarriedMessage | undefined;

  constructor(name: string) {
    this.identity = identityOf(name);
    this.account = this.identity.device.account;
    this.device = toBase64url(this.identity.device.signing.publicKey);
    this.keys = createKeyPackages(NOW);
  }

  get recipient(): Recipient {
    return { device: this.device, kemKey: keyPackageOf(this.keys) };
  }

  begin(name: string, members: readonly Talker[], n = 1): BegunEpoch {
    const recipients = members.map(({ recipient }) => recipient);
    const epoch = createEpoch({ group: GROUP, author: this.device, n, base: [hash(utf8('create'))], recipients });
    return begunEpoch(name, this, epoch, members);
  }

  open({ claim, devices, boxOf }: BegunEpoch, box = boxOf(this.device)): Result<EpochSecret, BoxFailure> {
    return openBox(claim, { devices, device: this.device, own: this.keys }, box);
  }

  write(epoch: Pick<BegunEpoch, 'id' | 'secret'>, text: string, changes: Partial<MessageDraft> = {}): CarriedMessage {
    this.last = this.draft(epoch, text, changes);
    return this.last;
  }

  /** As `write`, but nothing follows from it. */
  draft(epoch: Pick<BegunEpoch, 'id' | 'secret'>, text: string, changes: Partial<MessageDraft> = {}): CarriedMessage {
    const seq = (this.last?.seq ?? 0) + 1;
    return sealMessage({
      group: GROUP,
      epoch: { id: epoch.id, secret: epoch.secret },
      author: { account: this.account, signing: this.identity.device.signing },
      seq,
      own: this.last?.id,
      control: [BASE],
      lamport: (this.last?.lamport ?? 0) + 1,
      wall: NOW + seq,
      body: saying(text),
      ...changes,
    });
  }
}

export function begunEpoch(name: string, author: Talker, epoch: NewEpoch, members: readonly Talker[]): BegunEpoch {
  const devices = inBoxOrder(members.map(({ device }) => device));
  return {
    ...epoch,
    id: operationCalled(name),
    claim: { group: GROUP, author: author.device, act: epoch.act },
    devices,
    boxOf: (device) => epoch.boxes[devices.indexOf(device)] ?? new Uint8Array(0),
  };
}

export interface Sayings {
  readonly members: readonly Talker[];
  readonly epochs: readonly BegunEpoch[];
  readonly missing?: readonly OperationId[];
  readonly authorship?: GroupAuthority['authorship'];
}

/** Operations that say: these are the members, each with their device, and these are the epochs. */
export function authoritySaying({ members, epochs, missing = [], authorship }: Sayings): GroupAuthority {
  return {
    missing: (operations) => operations.filter((operation) => missing.includes(operation)),
    authorship:
      authorship ??
      (({ account, device }) => (members.some((member) => member.device === device && member.account === account) ? 'shown' : 'foreign')),
    epochDevices: (id) => {
      const epoch = epochs.find((begun) => begun.id === id);
      return epoch && new Set(epoch.devices);
    },
  };
}

/** libsodium ready, and the four of them. */
export async function fourTalkers(): Promise<readonly [Talker, Talker, Talker, Talker]> {
  await sodiumReady();
  return [new Talker('alice'), new Talker('bob'), new Talker('carol'), new Talker('dave')];
}
