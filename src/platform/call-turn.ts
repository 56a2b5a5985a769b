import type { CallTurn } from '../calls/ports.ts';

const LOCK = 'parley-call';

/** One call in all tabs of this browser (Web Locks). Where there are none, every tab may have one. */
export function createCallTurn(locks: Pick<LockManager, 'request'> | undefined): CallTurn {
  return {
    take: () =>
      new Promise((resolve, reject) => {
        if (!locks) {
          resolve({ give: () => undefined });
          return;
        }
        const hold = (lock: Lock | null): Promise<void> | undefined => {
          if (!lock) {
            resolve(undefined);
            return undefined;
          }
          return new Promise((letGo) => resolve({ give: letGo }));
        };
        locks.request(LOCK, { ifAvailable: true }, hold).catch(reject);
      }),
  };
}
