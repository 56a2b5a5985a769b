/** One thing done to a group: read from its envelope and verified, or signed (PROTOCOL.md G1–G8). */
import { sign, signedId, verify, type Signed } from '../crypto/sign.ts';
import type { Device } from '../identity/device.ts';
import { assert } from '../lib/assert.ts';
import { compareBytes, toBase64url, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode } from '../protocol/codec.ts';
import {
  groupOperation,
  MAX_OPERATION_BYTES,
  signedOperation,
  type ActType,
  type GroupAct,
  type GroupActOf,
  type GroupOperation,
} from '../protocol/group-operation.ts';
import {
  accountIdOf,
  accountKeyOf,
  bytesOf,
  groupIdOf,
  OPERATION_ID_BYTES,
  operationIdOf,
  type AccountId,
  type GroupId,
  type OperationId,
} from '../protocol/ids.ts';
import { readIntroduction, restoreIntroduction, type Introduction } from './introduction.ts';
import { readJoinRequest, restoreJoinRequest, type JoinRequest } from './join-request.ts';

/**
 * An operation whose signature was verified and whose fields fit each other. That its key is one of the account's devices,
 * its history says (`History.add`); whether it counts, the resolver.
 */
export interface Operation {
  readonly id: OperationId;
  /** The same, 32 bytes: what "lowest id" compares. */
  readonly idBytes: Bytes;
  /** Of the operation that made the group, its own id. */
  readonly group: GroupId;
  readonly account: AccountId;
  /** The signing key of the author's device: 32 bytes in base64url. */
  readonly device: string;
  /** Counts the device's operations in the group from 1. */
  readonly seq: number;
  /** The device's operation before; undefined in its first. */
  readonly own: OperationId | undefined;
  readonly prev: readonly OperationId[];
  /** The operation of the owner's chain this one continues; only in those that are part of it. */
  readonly ownerPrev: OperationId | undefined;
  readonly lamport: number;
  /** The author's clock, milliseconds since 1970. */
  readonly wall: number;
  /** Lamport time of the talk where the author's timeline stood. */
  readonly place: number;
  readonly act: GroupAct;
  /** Whom it is done to, by acts that name one account; the applicant in `admit` and `apply`. */
  readonly target: AccountId | undefined;
  /** The device it brings in: the author's in `create` and `keyPackage`, the applicant's in `admit`. */
  readonly introduces: Introduction | undefined;
  /** In `admit` and `apply`. */
  readonly request: JoinRequest | undefined;
  /** As it was signed and is carried. */
  readonly envelope: Bytes;
}

export type OperationOf<Type extends ActType> = Operation & { readonly act: GroupActOf<Type> };

export type OperationFailure =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'wrong-signature' }
  /** Fields that contradict each other: a first operation with one before, a chain link where there is no chain, … */
  | { readonly kind: 'inconsistent' }
  /** The credential or join request in it does not hold, or is another's. */
  | { readonly kind: 'wrong-credential' };

/** What an author decides; account and key are the device's. `group`: undefined in `create` alone. */
export interface OperationFields {
  readonly group: GroupId | undefined;
  readonly seq: number;
  readonly own: OperationId | undefined;
  readonly prev: readonly OperationId[];
  readonly ownerPrev: OperationId | undefined;
  readonly lamport: number;
  readonly wall: number;
  readonly place: number;
  readonly act: GroupAct;
}

const NO_GROUP = new Uint8Array(OPERATION_ID_BYTES);

/** The acts that make the owner's chain, in which each names the one before (G10). */
const CHAINED: ReadonlySet<ActType> = new Set(['create', 'grant', 'revoke', 'expel', 'offer', 'accept', 'policy', 'disband']);

export function isChained(act: GroupAct): boolean {
  return CHAINED.has(act.type);
}

export function isAct<Type extends ActType>(operation: Operation, type: Type): operation is OperationOf<Type> {
  return operation.act.type === type;
}

/** Signs without asking whether anybody will honour it: `writeOperation` (drafting.ts) does. Throws when the fields do not fit an operation. */
export function signOperation(device: Pick<Device, 'account' | 'signing'>, fields: OperationFields): Operation {
  const payload = encode(groupOperation, {
    group: fields.group === undefined ? NO_GROUP : bytesOf(fields.group),
    account: accountKeyOf(device.account),
    seq: fields.seq,
    own: fields.own && bytesOf(fields.own),
    prev: fields.prev.map(bytesOf).sort(compareBytes),
    ownerPrev: fields.ownerPrev && bytesOf(fields.ownerPrev),
    lamport: fields.lamport,
    wall: fields.wall,
    place: fields.place,
    act: fields.act,
  });
  const operation = readOperation(encode(signedOperation, sign('grp-op', payload, device.signing)));
  assert(operation.ok, 'what is signed here can be read by others');
  return operation.value;
}

/** Reads what somebody says is an operation. Total: hostile bytes are a failure, never an exception (attack 40). */
export function readOperation(envelope: Bytes): Result<Operation, OperationFailure> {
  return read(envelope, { isVerified: false });
}

/** The same for what was verified before it was stored: signatures, which take most of the time, are not checked again. */
export function restoreOperation(envelope: Bytes): Result<Operation, OperationFailure> {
  return read(envelope, { isVerified: true });
}

function read(envelope: Bytes, { isVerified }: { readonly isVerified: boolean }): Result<Operation, OperationFailure> {
  if (envelope.length > MAX_OPERATION_BYTES) return fail({ kind: 'malformed' });
  const signed = decode(signedOperation, envelope);
  if (!signed.ok) return fail({ kind: 'malformed' });
  if (!isVerified && !verify('grp-op', signed.value)) return fail({ kind: 'wrong-signature' });
  const fields = decode(groupOperation, signed.value.payload);
  if (!fields.ok) return fail({ kind: 'malformed' });
  if (!isConsistent(fields.value)) return fail({ kind: 'inconsistent' });

  const operation = operationOf(envelope, signed.value, fields.value);
  const cargo = readCargo(operation, { isVerified });
  return cargo ? succeed({ ...operation, ...cargo }) : fail({ kind: 'wrong-credential' });
}

/** The first operation has nothing before it and no group; every other has (G3, G4). */
function isConsistent({ group, seq, own, prev, ownerPrev, lamport, act }: GroupOperation): boolean {
  if (act.type === 'create') {
    return group.every((byte) => byte === 0) && seq === 1 && !own && prev.length === 0 && !ownerPrev && lamport === 1;
  }
  const ascending = prev.every((id, index) => index === 0 || compareBytes(prev[index - 1] ?? id, id) < 0);
  return prev.length > 0 && ascending && seq > 0 && (own !== undefined) === seq > 1 && (ownerPrev !== undefined) === isChained(act);
}

type Bare = Omit<Operation, 'introduces' | 'request'>;

function operationOf(envelope: Bytes, signed: Signed, { group, account, own, prev, ownerPrev, act, ...counts }: GroupOperation): Bare {
  const idBytes = signedId('grp-op', signed);
  const id = operationIdOf(idBytes);
  return {
    id,
    idBytes,
    group: groupIdOf(act.type === 'create' ? id : operationIdOf(group)),
    account: accountIdOf(account),
    device: toBase64url(signed.key),
    seq: counts.seq,
    own: own && operationIdOf(own),
    prev: prev.map(operationIdOf),
    ownerPrev: ownerPrev && operationIdOf(ownerPrev),
    lamport: counts.lamport,
    wall: counts.wall,
    place: counts.place,
    act,
    target: 'account' in act && act.account ? accountIdOf(act.account) : undefined,
    envelope,
  };
}

/** What else is signed inside: the author's own device, or somebody's request for this very group (attack 24). */
function readCargo(
  operation: Bare,
  { isVerified }: { readonly isVerified: boolean },
): Pick<Operation, 'introduces' | 'request' | 'target'> | undefined {
  const { act, account, device, group, target } = operation;
  if (act.type === 'create' || act.type === 'keyPackage') {
    const keyPackage = act.type === 'create' ? act.owner : act;
    const introduces = isVerified ? restoreIntroduction(keyPackage) : readIntroduction(keyPackage);
    const isOwn = introduces?.device.account === account && introduces.deviceId === device;
    return isOwn ? { introduces, request: undefined, target } : undefined;
  }
  if (act.type === 'admit' || act.type === 'apply') {
    const request = isVerified ? restoreJoinRequest(act.request) : readJoinRequest(act.request);
    if (!request.ok || request.value.group !== group) return undefined;
    const introduces = act.type === 'admit' ? request.value.introduction : undefined;
    return { introduces, request: request.value, target: request.value.account };
  }
  return { introduces: undefined, request: undefined, target };
}
