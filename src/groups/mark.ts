/** A mark: what a device says it holds and has read. Of each device the newest counts (PROTOCOL.md G55). */
import { sign, verify, type SigningKeyPair } from '../crypto/sign.ts';
import { fromBase64url, toBase64url, type Bytes } from '../lib/bytes.ts';
import { assert } from '../lib/assert.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode } from '../protocol/codec.ts';
import { groupMark, signedGroupMark } from '../protocol/group-message.ts';
import {
  accountIdOf,
  accountKeyOf,
  bytesOf,
  groupIdOf,
  operationIdOf,
  type AccountId,
  type GroupId,
  type OperationId,
} from '../protocol/ids.ts';
import { shortDevice } from './message-log.ts';

/** Of one device's log: held from `from` + 1 to `have`, read up to `read`. */
export interface MarkedLog {
  readonly from: number;
  readonly have: number;
  readonly read: number;
}

export interface Mark {
  readonly group: GroupId;
  /** Whose device says so. */
  readonly account: AccountId;
  readonly counter: number;
  /** By the first 8 bytes of the author's device, in base64url. */
  readonly logs: ReadonlyMap<string, MarkedLog>;
  /** The newest announcement its person has read. */
  readonly announcement: OperationId | undefined;
}

/** A mark whose signature was verified. Whether `device` is one of the account's is for the group's operations to say. */
export interface CarriedMark extends Mark {
  /** Signing key, 32 bytes in base64url. */
  readonly device: string;
  readonly envelope: Bytes;
}

/** `logs`: by device, signing key in base64url. `counter`: higher than in every mark of this device before. */
export function signMark(
  mark: Omit<Mark, 'logs'> & { readonly logs: ReadonlyMap<string, MarkedLog> },
  signing: SigningKeyPair,
): CarriedMark {
  const logs = new Map([...mark.logs].map(([device, log]) => [toBase64url(shortDevice(device)), log]));
  const payload = encode(groupMark, {
    group: bytesOf(mark.group),
    account: accountKeyOf(mark.account),
    counter: mark.counter,
    logs: [...logs].map(([device, log]) => ({ device: shortKeyOf(device), ...log })),
    announcement: mark.announcement && bytesOf(mark.announcement),
  });
  const envelope = encode(signedGroupMark, sign('grp-mark', payload, signing));
  return { ...mark, logs, device: toBase64url(signing.publicKey), envelope };
}

export function readMark(envelope: Bytes): Result<CarriedMark, { readonly kind: 'malformed' | 'wrong-signature' }> {
  const signed = decode(signedGroupMark, envelope);
  if (!signed.ok) return fail({ kind: 'malformed' });
  const payload = verify('grp-mark', signed.value);
  if (!payload) return fail({ kind: 'wrong-signature' });
  const decoded = decode(groupMark, payload);
  if (!decoded.ok) return fail({ kind: 'malformed' });
  const { group, account, counter, logs, announcement } = decoded.value;
  return succeed({
    group: groupIdOf(operationIdOf(group)),
    account: accountIdOf(account),
    counter,
    logs: new Map(logs.map(({ device, from, have, read }) => [toBase64url(device), { from, have, read }])),
    announcement: announcement && operationIdOf(announcement),
    device: toBase64url(signed.value.key),
    envelope,
  });
}

/** Whether this mark takes the place of the one known of the same device. */
export function isNewerMark(mark: CarriedMark, known: CarriedMark | undefined): boolean {
  return !known || mark.counter > known.counter;
}

function shortKeyOf(device: string): Bytes {
  const key = fromBase64url(device);
  assert(key !== undefined, 'a log is named by the beginning of a key');
  return key;
}
