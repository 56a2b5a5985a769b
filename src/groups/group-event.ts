/** How an operation is told in the talk. */
import type { GroupEvent } from '../session/group-talk.ts';
import type { GroupState } from './group-state.ts';
import type { Operation } from './operation.ts';

/** Undefined: it is not told, or counts for nothing. */
export function eventOf(operation: Operation, state: GroupState): GroupEvent | undefined {
  void operation;
  void state;
  return undefined;
}
