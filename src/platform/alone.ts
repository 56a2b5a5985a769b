/** Work that one tab of a browser does at a time (Web Locks). */

/** Runs the work when no other tab does work of this name; undefined, at once, when one does and `wait` is false. */
export async function workAlone<Value>(
  locks: Pick<LockManager, 'request'> | undefined,
  name: string,
  work: () => Promise<Value>,
  { wait }: { readonly wait: boolean },
): Promise<Value | undefined> {
  // Missing in old browsers and on insecure origins: then the person is the one who does one thing at a time.
  if (!locks) return work();
  return locks.request(name, { ifAvailable: !wait }, async (lock) => (lock ? work() : undefined));
}
