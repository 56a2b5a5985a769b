/** What one group keeps of itself beside its operations, messages and secrets: how I stand to it and how I want it. */
import { assert } from '../lib/assert.ts';
import { fromBase64url, toBase64url, type Bytes } from '../lib/bytes.ts';
import { bytes, decode, encode, fixed, flag, list, marked, oneOf, optional, struct, text, u53, type Decoded } from '../protocol/codec.ts';
import { MAX_CREDENTIAL_BYTES } from '../protocol/credential.ts';
import { MAX_JOIN_REQUEST_BYTES } from '../protocol/join-request.ts';
import { MAX_GROUP_INVITATION_BYTES, MAX_INVITED_NAME_BYTES } from '../protocol/group-invitation.ts';
import { accountIdOf, accountKeyOf, bytesOf, operationIdOf, type AccountId, type OperationId } from '../protocol/ids.ts';
import { deviceKeyOf } from './epoch.ts';
import type { NotifyLevel } from './ports.ts';

/** Members to ask first while I am not a member yet. */
export const MAX_HOSTS = 16;
const MAX_DISMISSED = 256;
const MAX_ALERT_NAME_BYTES = 160;
const MAX_READ_LOGS = 4_096;
const KEY_BYTES = 32;
const SHORT_DEVICE_BYTES = 8;

/**
 * `invited`: a friend asks me in, and I have not decided. `joining`: waiting to be let in at once. `applied`: waiting for an admin. `declined`: one said no. `withdrawn`: I did. `inside`: the
 * operations had me as a member once; what I am now, they say.
 */
export type Standing = 'invited' | 'joining' | 'applied' | 'declined' | 'withdrawn' | 'inside';

/** Somebody who can bring me in touch with the group, and the device to meet them by unless they are a contact. */
export interface Host {
  readonly account: AccountId;
  readonly credential: Bytes | undefined;
}

export interface GroupRecord {
  readonly standing: Standing;
  /** As the invitation has it, until the operations are here. */
  readonly name: string;
  /** The end of the owner's chain as it was shown here (G12). */
  readonly pin: OperationId | undefined;
  readonly notify: NotifyLevel;
  /** Alerts the person has seen, by their keys. */
  readonly dismissed: readonly string[];
  readonly hosts: readonly Host[];
  /** My request, as signed: handed out until it is answered. */
  readonly request: Bytes | undefined;
  /** The invitation I came with, encoded: says at which door to stand. */
  readonly invitation: Bytes | undefined;
  /** I have left, and some member has heard of it. */
  readonly parted: boolean;
  /** A grant has said where the logs begin for me. */
  readonly granted: boolean;
  /** By the first 8 bytes of the device's key, in base64url: messages up to this number are never asked for. */
  readonly beginnings: ReadonlyMap<string, number>;
  /** The highest Lamport time there was before I came. */
  readonly lamport: number;
  /** By device: read up to this number. */
  readonly read: ReadonlyMap<string, number>;
  readonly announcementRead: OperationId | undefined;
}

const stored = marked(
  new Uint8Array([1]),
  struct({
    standing: oneOf('invited', 'joining', 'applied', 'declined', 'withdrawn', 'inside'),
    name: text(MAX_INVITED_NAME_BYTES),
    pin: optional(fixed(KEY_BYTES)),
    notify: oneOf('all', 'mentions', 'nothing'),
    dismissed: list(text(MAX_ALERT_NAME_BYTES), MAX_DISMISSED),
    hosts: list(struct({ account: fixed(KEY_BYTES), credential: optional(bytes(MAX_CREDENTIAL_BYTES)) }), MAX_HOSTS),
    request: optional(bytes(MAX_JOIN_REQUEST_BYTES)),
    invitation: optional(bytes(MAX_GROUP_INVITATION_BYTES)),
    parted: flag,
    granted: flag,
    beginnings: list(struct({ device: fixed(SHORT_DEVICE_BYTES), after: u53 }), MAX_READ_LOGS),
    lamport: u53,
    read: list(struct({ device: fixed(KEY_BYTES), seq: u53 }), MAX_READ_LOGS),
    announcementRead: optional(fixed(KEY_BYTES)),
  }),
);

/** Of a group that is mine or will be, as it is in the beginning. */
export function newRecord(fields: Partial<GroupRecord> & Pick<GroupRecord, 'standing'>): GroupRecord {
  return {
    name: '',
    pin: undefined,
    notify: 'all',
    dismissed: [],
    hosts: [],
    request: undefined,
    invitation: undefined,
    parted: false,
    granted: false,
    beginnings: new Map(),
    lamport: 0,
    read: new Map(),
    announcementRead: undefined,
    ...fields,
  };
}

export function encodeRecord(record: GroupRecord): Bytes {
  return encode(stored, {
    ...record,
    pin: record.pin && bytesOf(record.pin),
    dismissed: record.dismissed.slice(-MAX_DISMISSED),
    hosts: record.hosts.slice(0, MAX_HOSTS).map(({ account, credential }) => ({ account: accountKeyOf(account), credential })),
    beginnings: [...record.beginnings].slice(0, MAX_READ_LOGS).map(([device, after]) => ({ device: shortKeyOf(device), after })),
    read: [...record.read].slice(0, MAX_READ_LOGS).map(([device, seq]) => ({ device: deviceKeyOf(device), seq })),
    announcementRead: record.announcementRead && bytesOf(record.announcementRead),
  });
}

/** Undefined for a row that a newer version of this program wrote. */
export function decodeRecord(encoded: Uint8Array): GroupRecord | undefined {
  const decoded = decode(stored, encoded);
  return decoded.ok ? recordOf(decoded.value) : undefined;
}

function recordOf(row: Decoded<typeof stored>): GroupRecord {
  return {
    ...row,
    pin: row.pin && operationIdOf(row.pin),
    hosts: row.hosts.map(({ account, credential }) => ({ account: accountIdOf(account), credential })),
    beginnings: new Map(row.beginnings.map(({ device, after }) => [toBase64url(device), after])),
    read: new Map(row.read.map(({ device, seq }) => [toBase64url(device), seq])),
    announcementRead: row.announcementRead && operationIdOf(row.announcementRead),
  };
}

function shortKeyOf(device: string): Bytes {
  const key = fromBase64url(device);
  assert(key?.length === SHORT_DEVICE_BYTES, 'a log is named by the beginning of a key');
  return key;
}
