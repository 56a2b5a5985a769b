/** Throws when an invariant of ours is broken. Never used on foreign input: that is a `Result`. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${invariant}`);
}

/** Marks the end of an exhaustive `switch`; the compiler complains when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected case: ${typeof value}`);
}
