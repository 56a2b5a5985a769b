/** What a group's state says, as text: two states are equal when these are. */
import type { GroupState } from '../../src/membership/group-state.ts';

/** All of it. */
export function digest(state: GroupState): string {
  return textOf(state);
}

/** What says no more than that something was tried: what counts for nothing, branches not followed, proofs, admissions without the right. */
const ATTEMPTS: ReadonlySet<string> = new Set(['voided', 'forks', 'equivocations', 'ejected'] satisfies (keyof GroupState)[]);

/** What people see of it. */
export function appearance(state: GroupState): string {
  const seen = Object.entries(state).filter(([name]) => !ATTEMPTS.has(name));
  const former = [...state.former.values()].filter(({ how }) => how !== 'ejected');
  return textOf({ ...Object.fromEntries(seen), former });
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return [...(part as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
    if (part instanceof Set) return [...(part as Set<string>)].sort();
    if (part instanceof Uint8Array) return part.length;
    // Operations go by their ids, introductions by their devices.
    const { idBytes, id, deviceId } = (part ?? {}) as { readonly idBytes?: unknown; readonly id?: unknown; readonly deviceId?: unknown };
    if (idBytes !== undefined) return id;
    return deviceId ?? part;
  });
}
