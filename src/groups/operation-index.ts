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
  /** `admit`, by whom it lets in, and `create`, by its author: what they asked for themselves. */
  readonly entries: ReadonlyMap<AccountId, readonly number[]>;
  /** Operations that bring a device in, by its account: each has a list of all that account's devices. */
  readonly introductions: ReadonlyMap<AccountId, readonly number[]>;
  /** Accounts that have changed their list of devices. */
  readonly relisted: ReadonlySet<AccountId>;
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
    introductions: new Map<AccountId, number[]>(),
    relisted: new Set<AccountId>(),
  };
  const versions = new Map<AccountId, number>();
  for (const number of order) {
    const { act, account, ownerPrev, target, introduces } = history.at(number);
    collect(index.byType, act.type, number);
    if (ownerPrev && isChained(act)) collect(index.continuations, ownerPrev, number);
    if (act.type === 'leave') collect(index.leaves, account, number);
    if (act.type === 'create') collect(index.entries, account, number);
    if (target && act.type === 'admit') collect(index.entries, target, number);
    if (introduces) {
      const { account: owner, listVersion } = introduces.device;
      collect(index.introductions, owner, number);
      if (listVersion !== (versions.get(owner) ?? listVersion)) index.relisted.add(owner);
      versions.set(owner, listVersion);
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
