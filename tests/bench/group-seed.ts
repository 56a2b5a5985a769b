/** Groups as their members' pages find them stored: who is in them, what was done, and what was said, all of it signed as it would be. */
import { randomBytes } from '../../src/crypto/random.ts';
import { encodeRecord, newRecord, type GroupRecord } from '../../src/groups/group-record.ts';
import type { Operation } from '../../src/membership/operation.ts';
import { createAccount } from '../../src/identity/account.ts';
import { createDevice, encodeDevice } from '../../src/identity/device.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { GroupAct } from '../../src/protocol/group-operation.ts';
import type { AccountId, GroupId, OperationId } from '../../src/protocol/ids.ts';
import * as acts from '../membership/acts.ts';
import { creation, realAuthor, type RealAuthor } from '../membership/authors.ts';
import { Replica } from '../membership/replica.ts';
import { REGISTERED_AT } from '../support/identities.ts';

/** Of a message in a device's log. */
export interface LoggedMessage {
  readonly id: OperationId;
  readonly device: string;
  readonly seq: number;
  readonly envelope: Bytes;
}

/** A box of an epoch, by its hash in base64url. */
interface NamedBox {
  readonly name: string;
  readonly body: Bytes;
}

export interface GroupSeed {
  readonly group: GroupId;
  /** An encoded `GroupRecord`. */
  readonly record: Bytes;
  readonly operations: readonly { readonly id: OperationId; readonly envelope: Bytes }[];
  readonly log: readonly LoggedMessage[];
  readonly epoch: { readonly id: OperationId; readonly secret: Bytes; readonly boxes: readonly NamedBox[] } | undefined;
}

/** Everything a page needs to be somebody. */
export interface Seat {
  readonly name: string;
  /** An encoded `Device`. */
  readonly device: Bytes;
  readonly contacts: readonly { readonly account: AccountId; readonly pairSecret: Bytes }[];
  readonly groups: readonly GroupSeed[];
}

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];

/** As many people, nobody like those made before. libsodium must be ready. */
export function newcomers(count: number): readonly RealAuthor[] {
  return NAMES.slice(0, count).map((name) => {
    const account = createAccount(randomBytes(32));
    return realAuthor(name, { account, device: createDevice(account, `${name}'s laptop`, REGISTERED_AT) });
  });
}

export function seatOf({ name, identity }: RealAuthor, groups: readonly GroupSeed[], contacts: Seat['contacts'] = []): Seat {
  return { name, device: encodeDevice(identity.device), contacts, groups };
}

/** A group the first of them made, which the others are in. */
export function groupOf(people: readonly RealAuthor[]): Replica<RealAuthor> {
  const [owner, ...others] = people;
  if (!owner) throw new Error('A group has an owner.');
  const replica = new Replica(owner, creation(owner, randomBytes));
  for (const other of others) replica.admits(other);
  return replica;
}

/** A group with so many operations, the last of which let somebody in who was never there; all else was done by those named. */
export function longGroup(people: readonly RealAuthor[], newcomer: RealAuthor, count: number): readonly Operation[] {
  const { history } = groupOf(people);
  const operations = [...history.operations];
  const last = new Map(operations.map((operation) => [operation.device, operation]));
  const [owner] = people;
  const [made] = operations;
  if (!owner || !made) throw new Error('A group has an owner.');
  const write = (author: RealAuthor, act: GroupAct): void => {
    const own = last.get(author.device);
    const before = operations.at(-1) ?? made;
    const operation = author.sign({
      group: made.group,
      seq: (own?.seq ?? 0) + 1,
      own: own?.id,
      prev: [before.id],
      ownerPrev: undefined,
      lamport: before.lamport + 1,
      wall: made.wall,
      place: 0,
      act,
    });
    operations.push(operation);
    last.set(author.device, operation);
  };
  while (operations.length < count - 1) {
    const author = people[operations.length % people.length] ?? owner;
    write(author, everydayAct(author === owner, operations.length, made.id));
  }
  write(owner, acts.admit(newcomer.request(made.group), made.id));
  return operations;
}

/** What members may do, and what admins may. */
function everydayAct(byAdmin: boolean, number: number, tip: OperationId): GroupAct {
  if (!byAdmin) return number % 3 === 0 ? acts.nickname(`nick ${String(number)}`) : acts.ack(tip);
  return number % 3 === 0
    ? acts.announce(`At the lake at seven, for the ${String(number)}. time`)
    : acts.rename(`garden ${String(number)}`);
}

/** The group as somebody has it who is in it. */
export function seedOf({ history, state }: Replica, more: Partial<Pick<GroupSeed, 'log' | 'epoch'>> = {}): GroupSeed {
  const record = { standing: 'inside', name: state.name, pin: state.tip, granted: true } as const;
  return seedWith(history.group, record, history.operations, more);
}

export function seedWith(
  group: GroupId,
  record: Parameters<typeof newRecord>[0] & Partial<GroupRecord>,
  operations: readonly Operation[],
  { log = [], epoch }: Partial<Pick<GroupSeed, 'log' | 'epoch'>> = {},
): GroupSeed {
  return {
    group,
    record: encodeRecord(newRecord(record)),
    operations: operations.map(({ id, envelope }) => ({ id, envelope })),
    log,
    epoch,
  };
}
