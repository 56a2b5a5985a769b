/**
 * One tab owns an account (Web Locks). Another tab may ask for it: the owner is told, closes the account cleanly and lets
 * go. An owner that does not answer, frozen by the browser or stuck, loses it.
 */
import type { Clock } from '../lib/clock.ts';

/** How long an owner may take to save and close. A frozen tab answers never. */
const PATIENCE_MS = 5000;
/** How long a page that is gone may still seem to have its locks. */
const LEAVING_MS = 500;
const CHANNEL = 'parley-tabs';
const LOCK_PREFIX = 'parley/';

export interface TabLock {
  /** Takes the account for this tab; undefined when another tab has it. */
  take(account: string, leave: Leave): Promise<TabClaim | undefined>;
  /** An account that a tab of this browser has open; when there are several, any. */
  held(): Promise<string | undefined>;
  /** Takes it from whoever has it. Resolves once it is ours. */
  takeOver(account: string, leave: Leave): Promise<TabClaim>;
}

/** Called once when another tab takes the account: to close it. The claim is let go when the promise settles. */
export type Leave = () => Promise<void>;

export interface TabClaim {
  /** Lets go; others may take the account. May be called twice. */
  release(): void;
}

export interface TabSurroundings {
  /** Missing in old browsers and on insecure origins: then every tab may have every account. */
  readonly locks: Pick<LockManager, 'request' | 'query'> | undefined;
  readonly openChannel: (name: string) => TabChannel;
  readonly clock: Pick<Clock, 'after'>;
}

export type TabChannel = Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>;

/** Between tabs: "I take this account." */
interface Demand {
  readonly demanded: string;
}

export function createTabLock({ locks, openChannel, clock }: TabSurroundings): TabLock {
  if (!locks) {
    const unguarded: TabClaim = { release: () => undefined };
    return { take: () => Promise.resolve(unguarded), held: () => Promise.resolve(undefined), takeOver: () => Promise.resolve(unguarded) };
  }
  const claim = (account: string, leave: Leave, options: LockOptions): Promise<TabClaim | undefined> =>
    new Promise((resolve, reject) => {
      let held: Holding | undefined;
      const hold = (lock: Lock | null): Promise<void> => {
        if (lock) held = new Holding(account, leave, openChannel(CHANNEL));
        resolve(held);
        return held?.released ?? Promise.resolve();
      };
      locks.request(LOCK_PREFIX + account, options, hold).catch((reason: unknown) => {
        // Granted before: it was stolen, because we did not answer.
        if (held) held.lose();
        else reject(reason instanceof Error ? reason : new Error(String(reason)));
      });
    });

  /** Whether whoever has it keeps it: a page that was just left, or reloaded, may have its locks for a moment longer. */
  const isKept = async (name: string): Promise<boolean> => {
    const patience = new AbortController();
    const cancel = clock.after(LEAVING_MS, () => patience.abort());
    try {
      await locks.request(name, { signal: patience.signal }, () => undefined);
      return false;
    } catch (reason) {
      if (!patience.signal.aborted) throw reason;
      return true;
    } finally {
      cancel();
    }
  };

  return {
    take: (account, leave) => claim(account, leave, { ifAvailable: true }),
    held: async () => {
      const { held = [] } = await locks.query();
      const name = held.map((lock) => lock.name ?? '').find((each) => each.startsWith(LOCK_PREFIX));
      return name !== undefined && (await isKept(name)) ? name.slice(LOCK_PREFIX.length) : undefined;
    },
    takeOver: async (account, leave) => {
      demand(account, openChannel(CHANNEL));
      const patience = new AbortController();
      const cancel = clock.after(PATIENCE_MS, () => patience.abort());
      try {
        return await granted(claim(account, leave, { signal: patience.signal }));
      } catch (reason) {
        if (!patience.signal.aborted) throw reason;
        return await granted(claim(account, leave, { steal: true }));
      } finally {
        cancel();
      }
    },
  };
}

function demand(account: string, channel: TabChannel): void {
  const message: Demand = { demanded: account };
  channel.postMessage(message);
  channel.close();
}

/** Without `ifAvailable`, a request is answered with the lock or not at all. */
async function granted(claim: Promise<TabClaim | undefined>): Promise<TabClaim> {
  const held = await claim;
  if (!held) throw new Error('Broken invariant: a lock that was waited for is granted');
  return held;
}

/** A lock while this tab has it. */
class Holding implements TabClaim {
  readonly released: Promise<void>;
  readonly #leave: Leave;
  readonly #channel: TabChannel;
  #letGo: () => void = () => undefined;
  #leaving = false;

  constructor(account: string, leave: Leave, channel: TabChannel) {
    this.#leave = leave;
    this.#channel = channel;
    this.released = new Promise((resolve) => (this.#letGo = resolve));
    channel.onmessage = ({ data }: MessageEvent<Partial<Demand> | undefined>) => {
      if (data?.demanded === account) this.lose();
    };
  }

  /** Another tab has it, or is about to. */
  lose(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    // Let go whether or not it could be closed well: the other tab must not wait for our trouble.
    void this.#leave().finally(() => {
      this.release();
    });
  }

  release(): void {
    this.#leaving = true;
    this.#channel.close();
    this.#letGo();
  }
}
