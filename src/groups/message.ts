/** One message of a group: signed by its author's device, sealed in an epoch, readable in any order (PROTOCOL.md G47…). */
import { AEAD_NONCE_BYTES, openWithNonce, sealWithNonce } from '../crypto/aead.ts';
import { deriveCommittedKey, type CommittedKey } from '../crypto/commitment.ts';
import { equalSecrets } from '../crypto/compare.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { pad, unpad } from '../crypto/ratchet/padding.ts';
import { sign, signedId, verify, type Signed, type SigningKeyPair } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import { concat, toBase64url, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode } from '../protocol/codec.ts';
import { groupBody, groupMessage, signedGroupMessage, type GroupBody, type GroupMessage } from '../protocol/group-message.ts';
import {
  accountIdOf,
  accountKeyOf,
  bytesOf,
  groupIdOf,
  MESSAGE_ID_BYTES,
  messageIdOf,
  operationIdOf,
  type AccountId,
  type GroupId,
  type MessageId,
  type OperationId,
} from '../protocol/ids.ts';
import { deviceKeyOf, type EpochSecret } from './epoch.ts';
import type { LogEntry } from './ports.ts';

/** A message whose signature was verified, and nothing else yet: whether it belongs in the group is for `judgeMessage` to say. */
export interface CarriedMessage extends LogEntry {
  /** Whose device it says it is from. */
  readonly account: AccountId;
  readonly epoch: OperationId;
  /** The id of the device's message before; undefined in its first. */
  readonly own: OperationId | undefined;
  /** Heads of the operations its author knew. */
  readonly control: readonly OperationId[];
  readonly lamport: number;
  /** The author's clock, milliseconds since 1970. */
  readonly wall: number;
  readonly sealed: Pick<GroupMessage, 'nonce' | 'commitment' | 'ciphertext'>;
}

/** What is to be said, and where it stands: after the device's own last message, upon what its author knows. */
export interface MessageDraft {
  readonly group: GroupId;
  readonly epoch: { readonly id: OperationId; readonly secret: EpochSecret };
  readonly author: { readonly account: AccountId; readonly signing: SigningKeyPair };
  readonly seq: number;
  readonly own: OperationId | undefined;
  /** At most eight. */
  readonly control: readonly OperationId[];
  readonly lamport: number;
  readonly wall: number;
  readonly body: GroupBody;
}

export type MessageReadFailure = { readonly kind: 'malformed' } | { readonly kind: 'wrong-signature' };

export type MessageOpenFailure =
  /** Not sealed under this secret or key. */
  | { readonly kind: 'wrong-key' }
  /** Sealed well, but what is in it says nothing we know. */
  | { readonly kind: 'malformed' };

/** What the first message of a device says of the one before. */
const NONE = new Uint8Array(32);

/** The message, sealed and signed. It is stored before it leaves: a device never signs two with one number. */
export function sealMessage(draft: MessageDraft, random: RandomSource = randomBytes): CarriedMessage {
  const { group, epoch, author, seq, own, control, lamport, wall, body } = draft;
  const device = toBase64url(author.signing.publicKey);
  const messageKey = messageKeyOf(epoch.secret, device, seq);
  const padded = pad(encode(groupBody, body));
  const sealed = sealBody(messageKey, padded, random(AEAD_NONCE_BYTES), contextOf({ group, account: author.account, epoch: epoch.id }));
  wipe(messageKey, padded);
  const payload = encode(groupMessage, {
    group: bytesOf(group),
    account: accountKeyOf(author.account),
    epoch: bytesOf(epoch.id),
    seq,
    own: own ? bytesOf(own) : NONE,
    control: control.map(bytesOf),
    lamport,
    wall,
    ...sealed,
  });
  const signed = sign('grp-msg', payload, author.signing);
  const id = operationIdOf(signedId('grp-msg', signed));
  const envelope = encode(signedGroupMessage, signed);
  return { id, group, device, seq, envelope, account: author.account, epoch: epoch.id, own, control, lamport, wall, sealed };
}

/** Reads a message that came from anywhere. Total: any bytes that no device signed as a message are refused (attacks 12, 19). */
export function readMessage(envelope: Bytes): Result<CarriedMessage, MessageReadFailure> {
  const signed = decode(signedGroupMessage, envelope);
  if (!signed.ok) return fail({ kind: 'malformed' });
  if (!verify('grp-msg', signed.value)) return fail({ kind: 'wrong-signature' });
  const message = carriedIn(signed.value, envelope);
  return message ? succeed(message) : fail({ kind: 'malformed' });
}

/** A message as it is found again in the store, where only what was verified is: its signature is not checked again. */
export function restoreMessage(envelope: Bytes): CarriedMessage | undefined {
  const signed = decode(signedGroupMessage, envelope);
  return signed.ok ? carriedIn(signed.value, envelope) : undefined;
}

function carriedIn(signed: Signed, envelope: Bytes): CarriedMessage | undefined {
  const decoded = decode(groupMessage, signed.payload);
  if (!decoded.ok || decoded.value.seq === 0) return undefined;
  const { group, account, epoch, seq, own, control, lamport, wall, nonce, commitment, ciphertext } = decoded.value;
  const isFirst = own.every((byte) => byte === 0);
  if (isFirst !== (seq === 1)) return undefined;
  return {
    id: operationIdOf(signedId('grp-msg', signed)),
    group: groupIdOf(operationIdOf(group)),
    device: toBase64url(signed.key),
    seq,
    envelope,
    account: accountIdOf(account),
    epoch: operationIdOf(epoch),
    own: isFirst ? undefined : operationIdOf(own),
    control: control.map(operationIdOf),
    lamport,
    wall,
    sealed: { nonce, commitment, ciphertext },
  };
}

/** What it says, with the secret of its epoch. */
export function openMessage(message: CarriedMessage, secret: EpochSecret): Result<GroupBody, MessageOpenFailure> {
  const key = messageKeyOf(secret, message.device, message.seq);
  const opened = openMessageWithKey(message, key);
  wipe(key);
  return opened;
}

/** What it says, with the key of this message alone: what a new member gets of an epoch that began before their time. */
export function openMessageWithKey(message: CarriedMessage, messageKey: Uint8Array): Result<GroupBody, MessageOpenFailure> {
  const padded = openBody(messageKey, message.sealed, contextOf(message));
  if (!padded) return fail({ kind: 'wrong-key' });
  const encoded = unpad(padded);
  const body = encoded && decode(groupBody, encoded);
  return body?.ok ? body : fail({ kind: 'malformed' });
}

/** The key of one message: 32 bytes, from which neither the epoch's secret nor another message's key can be found. */
export function messageKeyOf(secret: EpochSecret, device: string, seq: number): Bytes {
  return deriveKey({ secret: secret.expose(), info: 'epoch/msg', context: [deviceKeyOf(device), u64(seq)] });
}

/** What a message is called in the timeline: the first 16 bytes of its id. */
export function timelineIdOf({ id }: Pick<CarriedMessage, 'id'>): MessageId {
  return messageIdOf(bytesOf(id).subarray(0, MESSAGE_ID_BYTES));
}

function sealBody(messageKey: Uint8Array, padded: Bytes, nonce: Bytes, context: Bytes): CarriedMessage['sealed'] {
  const { key, commitment } = bodyKey(messageKey, nonce);
  const ciphertext = sealWithNonce(key, nonce, padded, context);
  wipe(key);
  return { nonce, commitment, ciphertext };
}

function openBody(messageKey: Uint8Array, { nonce, commitment, ciphertext }: CarriedMessage['sealed'], context: Bytes): Bytes | undefined {
  const own = bodyKey(messageKey, nonce);
  const padded = equalSecrets(own.commitment, commitment) ? openWithNonce(own.key, nonce, ciphertext, context) : undefined;
  wipe(own.key);
  return padded;
}

/** Salted with the nonce: a device set back to an older state, which seals a number twice, does not use a key twice (as R6). */
function bodyKey(messageKey: Uint8Array, nonce: Bytes): CommittedKey {
  return deriveCommittedKey({ secret: messageKey, salt: nonce, info: 'epoch/body' });
}

/** What else the body stands for; device and number are in the key. */
function contextOf({ group, account, epoch }: Pick<CarriedMessage, 'group' | 'account' | 'epoch'>): Bytes {
  return concat(bytesOf(group), accountKeyOf(account), bytesOf(epoch));
}

function u64(value: number): Bytes {
  const encoded = new Uint8Array(8);
  new DataView(encoded.buffer).setBigUint64(0, BigInt(value));
  return encoded;
}
