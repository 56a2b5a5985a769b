/** Web Locks as far as tabs use them (W3C Web Locks §4): exclusive locks, waiting in line, `ifAvailable`, `steal`, `signal`. */
interface Request {
  readonly grant: () => void;
  readonly isGone: () => boolean;
}

interface Holder {
  readonly lose: () => void;
}

class FakeLocks {
  readonly #holders = new Map<string, Holder>();
  readonly #waiting = new Map<string, Request[]>();

  request(name: string, options: LockOptions, callback: (lock: Lock | null) => unknown): Promise<unknown> {
    if (options.ifAvailable && this.#holders.has(name)) return Promise.resolve(callback(null));
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(new DOMException('no longer', 'AbortError'));
      };
      const grant = (): void => {
        const holder = { lose: abort };
        this.#holders.set(name, holder);
        void Promise.resolve(callback({ name, mode: 'exclusive' })).then((value) => {
          resolve(value);
          if (this.#holders.get(name) === holder) this.#grantNext(name);
        });
      };
      if (options.steal) {
        this.#holders.get(name)?.lose();
        grant();
      } else if (this.#holders.has(name)) {
        options.signal?.addEventListener('abort', abort);
        this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), { grant, isGone: () => options.signal?.aborted ?? false }]);
      } else {
        grant();
      }
    });
  }

  query(): Promise<LockManagerSnapshot> {
    return Promise.resolve({ held: Array.from(this.#holders.keys(), (name) => ({ name, mode: 'exclusive' as const })), pending: [] });
  }

  /** The page that has it is gone, without a word. */
  pageGone(name: string): void {
    this.#grantNext(name);
  }

  #grantNext(name: string): void {
    this.#holders.delete(name);
    const [next, ...rest] = (this.#waiting.get(name) ?? []).filter((request) => !request.isGone());
    this.#waiting.set(name, rest);
    next?.grant();
  }
}

export function createFakeLocks(): FakeLocks & LockManager {
  return new FakeLocks() as unknown as FakeLocks & LockManager;
}
