/** All operations of a group, each with its verdict: what the parts of its state are made from. */
import type { ActType, GroupActOf } from '../protocol/group-operation.ts';
import type { OperationId } from '../protocol/ids.ts';
import type { Pins } from './group-state.ts';
import type { History } from './history.ts';
import { membershipsBy, type Memberships } from './membership.ts';
import { collect, indexOperations, inOrder, type OperationIndex } from './operation-index.ts';
import type { OperationOf } from './operation.ts';
import { followChain } from './owner-chain.ts';
import { rightsBy, type Rights } from './rights.ts';
import { verdictsBy } from './verdicts.ts';

export interface Judged {
  readonly index: OperationIndex;
  readonly rights: Rights;
  readonly memberships: Memberships;
  /** By number: whether it counts. */
  readonly verdicts: readonly boolean[];
  /** Those that count, causes first, by what they do. */
  readonly byType: ReadonlyMap<ActType, readonly number[]>;
}

/**
 * From the top down, so that nothing is asked of what is not decided yet: the owner's chain; by it, what admins may do; by
 * that, who is a member; by that, what members do.
 */
export function judge(history: History, pins: Pins): Judged {
  const index = indexOperations(history);
  const rights = rightsBy(index, followChain(index, pins));
  const memberships = membershipsBy(rights);
  const verdicts = verdictsBy(rights, memberships);

  const byType = new Map<ActType, number[]>();
  for (const number of index.order) if (verdicts[number]) collect(byType, history.at(number).act.type, number);
  return { index, rights, memberships, verdicts, byType };
}

/** An operation that counts, with the number that says how it lies to others. */
export interface Counted<Type extends ActType> {
  readonly number: number;
  readonly operation: OperationOf<Type>;
  readonly act: GroupActOf<Type>;
}

/** Those that count and do one of these, causes first. */
export function counted<const Type extends ActType>({ index, byType }: Judged, ...types: readonly Type[]): readonly Counted<Type>[] {
  const found = types.map((type) => byType.get(type) ?? []);
  const numbers = found.length === 1 ? (found[0] ?? []) : inOrder(index, found.flat());
  return numbers.map((number) => {
    // `byType` holds under each kind what is of that kind.
    const operation = index.history.at(number) as OperationOf<Type>;
    return { number, operation, act: operation.act };
  });
}

export function idsOf(history: History, numbers: readonly number[]): readonly OperationId[] {
  return numbers.map((number) => history.at(number).id);
}
