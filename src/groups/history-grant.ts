/**
 * What a new member gets of what was said before they came (PROTOCOL.md G56, attack 35). Whole epochs where all of an epoch lies within
 * the group's policy, single messages' keys where it does not: so the policy is kept to the message.
 */
import { Secret } from '../crypto/secret.ts';
import { assertNever } from '../lib/assert.ts';
import { toBase64url } from '../lib/bytes.ts';
import { MAX_GRANTED_EPOCHS, MAX_GRANTED_MESSAGES, type ContentOf } from '../protocol/content.ts';
import { MAX_GROUP_DEVICES, type EpochAct } from '../protocol/group-message.ts';
import { bytesOf, groupIdOf, operationIdOf, type GroupId, type OperationId } from '../protocol/ids.ts';
import { deviceKeyOf, isSecretOf, type EpochSecret } from './epoch.ts';
import { messageKeyOf } from './message.ts';
import { shortDevice } from './message-log.ts';
import type { HistoryPolicy } from '../membership/policy.ts';

const DAY_MS = 86_400_000;

/** An epoch the new member has no box of, whose secret I hold. */
export interface GrantableEpoch {
  readonly id: OperationId;
  /** When its operation was signed, by its author's clock: milliseconds since 1970. */
  readonly began: number;
  readonly secret: EpochSecret;
}

/** A message I hold and that is shown. */
export interface GrantableMessage {
  readonly device: string;
  readonly seq: number;
  readonly epoch: OperationId;
  readonly wall: number;
}

export interface GrantPlan {
  readonly group: GroupId;
  readonly policy: HistoryPolicy;
  /** When they were let in, milliseconds since 1970. */
  readonly joinedAt: number;
  readonly epochs: readonly GrantableEpoch[];
  /** Of every author. Those of epochs the new member has a box of are not missed: they begin no later than the first of these. */
  readonly messages: readonly GrantableMessage[];
  /** How far I have each device's log, by signing key in base64url. */
  readonly vector: ReadonlyMap<string, number>;
  /** The highest Lamport time of the group's messages. */
  readonly lamport: number;
}

/** What to send the new member, in as many contents as it takes; the first says where logs begin even when nothing is granted. */
export function grantHistory(plan: GrantPlan): readonly ContentOf<'groupHistory'>[] {
  const { group, policy, joinedAt, epochs, messages, vector, lamport } = plan;
  const earliest = earliestOf(policy, joinedAt);
  const grantable = new Map(epochs.map((epoch) => [epoch.id, epoch]));
  const readable = messages.filter(({ epoch, wall }) => !grantable.has(epoch) || wall >= earliest);
  const tooEarly = new Set(messages.filter(({ wall }) => wall < earliest).map(({ epoch }) => epoch));
  const isWhole = ({ id, began }: GrantableEpoch) => began >= earliest && !tooEarly.has(id);
  const whole = epochs.filter(isWhole).map(({ id, secret }) => ({ epoch: bytesOf(id), secret: secret.expose().slice() }));
  const single = readable.flatMap(({ device, seq, epoch: id }) => {
    const epoch = grantable.get(id);
    return epoch && !isWhole(epoch) ? [{ device: deviceKeyOf(device), seq, key: messageKeyOf(epoch.secret, device, seq) }] : [];
  });
  const beginnings = [...beginningsOf(vector, readable)].map(([device, after]) => ({ device: shortDevice(device), after }));
  const shared = { type: 'groupHistory', group: bytesOf(group), lamport } as const;
  const count = Math.max(1, Math.ceil(whole.length / MAX_GRANTED_EPOCHS), Math.ceil(single.length / MAX_GRANTED_MESSAGES));
  return Array.from({ length: count }, (_, index) => ({
    ...shared,
    beginnings: index === 0 ? beginnings.slice(0, MAX_GROUP_DEVICES) : [],
    epochs: whole.slice(index * MAX_GRANTED_EPOCHS, (index + 1) * MAX_GRANTED_EPOCHS),
    messages: single.slice(index * MAX_GRANTED_MESSAGES, (index + 1) * MAX_GRANTED_MESSAGES),
  }));
}

/** From when on a new member may read; Infinity: only what is sealed to them. By the authors' clocks, as there is no other. */
function earliestOf(policy: HistoryPolicy, joinedAt: number): number {
  switch (policy.kind) {
    case 'none':
      return Infinity;
    case 'since-joining':
      return joinedAt;
    case 'days':
      return joinedAt - policy.days * DAY_MS;
    case 'all':
      return 0;
    default:
      return assertNever(policy);
  }
}

/** For each device, the last number before all that can be read. */
function beginningsOf(vector: GrantPlan['vector'], readable: readonly GrantableMessage[]): ReadonlyMap<string, number> {
  const after = new Map(vector);
  for (const { device, seq } of readable) after.set(device, Math.min(after.get(device) ?? Infinity, seq - 1));
  return after;
}

/** What a grant says, as far as it can be checked now. */
export interface ReceivedGrant {
  readonly group: GroupId;
  readonly lamport: number;
  /** By the first 8 bytes of the device's key, in base64url: messages up to this number are not asked for. */
  readonly beginnings: ReadonlyMap<string, number>;
  /** Secrets that are the ones their epochs commit to. */
  readonly secrets: ReadonlyMap<OperationId, EpochSecret>;
  /** Keys of single messages. Whether one is right shows when the message is opened with it: the message commits to its key. */
  readonly keys: readonly { readonly device: string; readonly seq: number; readonly key: Uint8Array }[];
  /** Epochs whose operation is not here yet: the grant is looked at again when it is. */
  readonly unknown: readonly OperationId[];
  /** Epochs that commit to another secret: whoever sent this lies or was lied to. */
  readonly refused: readonly OperationId[];
}

/** Reads a grant. `epochOf`: the act of an epoch's operation, if it is here. */
export function receiveGrant(content: ContentOf<'groupHistory'>, epochOf: (id: OperationId) => EpochAct | undefined): ReceivedGrant {
  const group = groupIdOf(operationIdOf(content.group));
  const secrets = new Map<OperationId, EpochSecret>();
  const unknown: OperationId[] = [];
  const refused: OperationId[] = [];
  for (const { epoch, secret: bytes } of content.epochs) {
    const id = operationIdOf(epoch);
    const act = epochOf(id);
    const secret: EpochSecret = new Secret('epoch', bytes);
    if (!act) unknown.push(id);
    else if (isSecretOf(secret, { group, act })) secrets.set(id, secret);
    else refused.push(id);
  }
  return {
    group,
    lamport: content.lamport,
    beginnings: new Map(content.beginnings.map(({ device, after }) => [toBase64url(device), after])),
    secrets,
    keys: content.messages.map(({ device, seq, key }) => ({ device: toBase64url(device), seq, key })),
    unknown,
    refused,
  };
}
