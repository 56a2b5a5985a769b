/** Putting an operation where it belongs: after all its author knows. */
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import type { Device } from '../identity/device.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { GroupAct, GroupActOf } from '../protocol/group-operation.ts';
import type { GroupState } from './group-state.ts';
import type { History } from './history.ts';
import { isChained, signOperation, type Operation } from './operation.ts';
import { wirePolicy } from './policy.ts';
import type { GroupPolicy } from './policy.ts';

/** Shown to people and trusted for nothing. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Lamport time of the talk where the author's timeline stands. */
  readonly place: number;
}

export interface NewGroup {
  readonly name: string;
  readonly picture: Bytes | undefined;
  readonly policy: GroupPolicy;
  /** What the owner is called. */
  readonly ownerName: string;
  /** The owner's device's X-Wing public key for this group: 1,216 bytes. */
  readonly kemKey: Bytes;
}

const NONCE_BYTES = 32;

/** The operation that makes a group; its id is the group's. Sizes are the caller's to check (MAX_GROUP_NAME_BYTES, MAX_PICTURE_BYTES). */
export function createGroup(device: Device, group: NewGroup, moment: Moment, random: RandomSource = randomBytes): Operation {
  const act: GroupActOf<'create'> = {
    type: 'create',
    nonce: random(NONCE_BYTES),
    owner: { credential: device.credential, name: group.ownerName, kemKey: group.kemKey },
    name: group.name,
    picture: group.picture,
    policy: wirePolicy(group.policy),
  };
  const first = { group: undefined, seq: 1, own: undefined, prev: [], ownerPrev: undefined, lamport: 1 };
  return signOperation(device, { ...first, ...moment, act });
}

/** The device's next operation, after all that is in `history` (of which `state` is made). Whether it will count, `mayAct` says. */
export function writeOperation(history: History, state: GroupState, device: Device, act: GroupAct, moment: Moment): Operation {
  const own = history.lastOf(toBase64url(device.signing.publicKey));
  const prev = history.previous;
  const ownerPrev = isChained(act) ? state.tip : undefined;
  const parents = [...prev, own?.id, ownerPrev].map((id) => (id === undefined ? 0 : (history.get(id)?.lamport ?? 0)));
  return signOperation(device, {
    group: history.group,
    seq: (own?.seq ?? 0) + 1,
    own: own?.id,
    prev,
    ownerPrev,
    lamport: Math.max(...parents) + 1,
    ...moment,
    act,
  });
}
