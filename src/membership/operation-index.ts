/** A group's operations, sorted once for everything the resolver asks of them. */
import { compareBytes } from '../lib/bytes.ts';
import type { ActType } from '../protocol/group-operation.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { History } from './history.ts';
import { isChained } from './operation.ts';

/** Operations go by their numbers in the history, which differ between replicas: nothing may depend on which is lower. */
export interface OperationIndex {
  readonly history: History;
  /** All, by Lamport time, then lowest id: causes first, and the same on every replica (G9). */
  readonly order: readonly number[];
  /** Where each stands in it, by its number. */
  readonly ranks: readonly number[];
  /** In that order. */
  readonly byType: ReadonlyMap<ActType, readonly number[]>;
  /** Operations of the owner's chain by the one they continue. */
  readonly continuations: ReadonlyMap<OperationId, readonly number[]>;
  /** `leave`, by author. */
  readonly leaves: ReadonlyMap<AccountId, readonly number[]>;
  /**
   * `create`, by its author, and `admit`, by whom it lets in, unless it follows from another with the same request: what they asked
   * for themselves.
   */
  readonly entries: ReadonlyMap<AccountId, readonly number[]>;
  /** What the operations that bring a device in say of all devices of its account. */
  readonly lists: ReadonlyMap<AccountId, readonly DeviceWord[]>;
  /** Accounts that have changed their list of devices. */
  readonly relisted: ReadonlySet<AccountId>;
  /** What device-lists.ts has found out, to be asked for again. */
  readonly withdrawals: Map<number, Withdrawal>;
}

/** An account's list of devices (K3), with the operation that brought it. */
export interface DeviceWord {
  readonly number: number;
  readonly version: number;
  readonly active: ReadonlySet<string>;
  /** One of the devices has brought it, not somebody else who had it from them. */
  readonly isOwn: boolean;
}

/** That the device of an operation's author is out of force. */
export interface Withdrawal {
  readonly ever: boolean;
  /** And its author knew. */
  readonly known: boolean;
  /** Numbers of the operations by which a device of the account says so that did not know of it, nor it of them. */
  readonly concurrent: readonly number[];
}

export function indexOperations(history: History): OperationIndex {
  const order = orderOf(history);
  const ranks = new Array<number>(order.length).fill(0);
  for (const [rank, number] of order.entries()) ranks[number] = rank;
  const index = {
    history,
    order,
    ranks,
    byType: new Map<ActType, number[]>(),
    continuations: new Map<OperationId, number[]>(),
    leaves: new Map<AccountId, number[]>(),
    entries: new Map<AccountId, number[]>(),
    lists: new Map<AccountId, DeviceWord[]>(),
    relisted: new Set<AccountId>(),
    withdrawals: new Map<number, Withdrawal>(),
  };
  const versions = new Map<AccountId, number>();
  const requests = new Map<string, number[]>();
  const isNew = (request: string, number: number) => {
    if (requests.get(request)?.some((earlier) => history.precedes(earlier, number))) return false;
    collect(requests, request, number);
    return true;
  };
  for (const number of order) {
    const { act, account, ownerPrev, request, introduces } = history.at(number);
    collect(index.byType, act.type, number);
    if (ownerPrev && isChained(act)) collect(index.continuations, ownerPrev, number);
    if (act.type === 'leave') collect(index.leaves, account, number);
    if (act.type === 'create') collect(index.entries, account, number);
    if (request && act.type === 'admit' && isNew(request.id, number)) collect(index.entries, request.account, number);
    if (introduces) {
      const { account: owner } = introduces.device;
      const { version, active } = introduces.list;
      collect(index.lists, owner, { number, version, active, isOwn: act.type === 'keyPackage' });
      if (version !== (versions.get(owner) ?? version)) index.relisted.add(owner);
      versions.set(owner, version);
    }
  }
  return index;
}

/** Causes first. */
export function inOrder({ ranks }: Pick<OperationIndex, 'ranks'>, numbers: Iterable<number>): readonly number[] {
  return [...numbers].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
}

export function numbersOf(index: OperationIndex, ...types: readonly ActType[]): readonly number[] {
  return types.flatMap((type) => index.byType.get(type) ?? []);
}

/** Adds to the list under a key. */
export function collect<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Lamport times are small and have no gaps (G4): each has its list, most of one. */
function orderOf(history: History): readonly number[] {
  const byTime: number[][] = [];
  for (const [number, { lamport }] of history.operations.entries()) (byTime[lamport] ??= []).push(number);
  const byId = (a: number, b: number) => compareBytes(history.at(a).idBytes, history.at(b).idBytes);
  return byTime.flatMap((numbers) => (numbers.length > 1 ? numbers.sort(byId) : numbers));
}
