import { beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/crypto/secret.ts';
import { isStillKept, LogInKeeper } from '../../src/identity/log-in-keeper.ts';
import type { KeptLogIn, SessionKeys } from '../../src/identity/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

const DATABASE = 'parley-of-alice';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Keeps what it is told to; a test may hold it up. */
class SlowKeys implements SessionKeys {
  readonly shelf = new Map<string, KeptLogIn>();
  readonly copies: Uint8Array[] = [];
  times = 0;
  gate: Promise<void> = Promise.resolve();

  async keep(logIn: KeptLogIn, vaultKey: Uint8Array): Promise<void> {
    this.copies.push(vaultKey);
    await this.gate;
    this.times++;
    this.shelf.set(logIn.database, logIn);
  }

  kept(): Promise<readonly KeptLogIn[]> {
    return Promise.resolve([...this.shelf.values()]);
  }

  open(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  drop(database: string): Promise<void> {
    this.shelf.delete(database);
    return Promise.resolve();
  }
}

describe('alice’s log-in', () => {
  let clock: ManualClock;
  let keys: SlowKeys;
  let key: Secret<'vault'>;
  let keeper: LogInKeeper;
  beforeEach(() => {
    clock = new ManualClock();
    keys = new SlowKeys();
    key = new Secret('vault', new Uint8Array(32).fill(7));
    keeper = new LogInKeeper({ vault: { database: DATABASE, key }, sessionKeys: keys, clock });
  });

  it('[V8] is kept for as long as she wants', async () => {
    await keeper.keepFor(12);
    expect(keys.shelf.get(DATABASE)).toEqual({ database: DATABASE, since: clock.now(), until: clock.now() + 12 * HOUR });
  });

  it('[V8] counts from when somebody was last here, written down every five minutes', async () => {
    await keeper.keepFor(1);
    for (let minute = 0; minute < 60; minute++) {
      clock.jump(MINUTE);
      await keeper.seen();
    }
    expect(keys.times).toBe(13);
    expect(keys.shelf.get(DATABASE)?.until).toBe(clock.now() + HOUR);
  });

  it('[V9] is not kept in the strict setting, and no longer once it is strict', async () => {
    await keeper.keepFor(12);
    await keeper.keepFor(0);
    expect(keys.shelf.size).toBe(0);
    clock.jump(HOUR);
    await keeper.seen();
    expect(keys.shelf.size).toBe(0);
  });

  it('[V9] is dropped on locking, even while it is being written', async () => {
    await keeper.keepFor(12);
    let goOn: () => void = () => undefined;
    keys.gate = new Promise((resolve) => (goOn = resolve));
    const renewing = keeper.renew();
    const closing = keeper.close({ drop: true });
    const afterwards = keeper.renew();
    goOn();
    await Promise.all([renewing, closing, afterwards]);
    expect(keys.shelf.size).toBe(0);
  });

  it('[V8] stays for the tab that takes over, which is the only one to renew it', async () => {
    await keeper.keepFor(12);
    await keeper.close({ drop: false });
    clock.jump(HOUR);
    await keeper.seen();
    expect(keys.times).toBe(1);
    expect(keys.shelf.size).toBe(1);
  });

  it('[V14] leaves no copy of the key behind, and hers alone', async () => {
    await keeper.keepFor(12);
    expect(keys.copies.every((copy) => copy.every((byte) => byte === 0))).toBe(true);
    expect(key.expose()).toEqual(new Uint8Array(32).fill(7));
  });

  it('[V9] counts neither after its end nor before its beginning', () => {
    const logIn = { database: DATABASE, since: 100 * HOUR, until: 112 * HOUR };
    expect(isStillKept(logIn, 100 * HOUR)).toBe(true);
    expect(isStillKept(logIn, 112 * HOUR - 1)).toBe(true);
    expect(isStillKept(logIn, 112 * HOUR)).toBe(false);
    expect(isStillKept(logIn, 100 * HOUR - MINUTE)).toBe(true);
    expect(isStillKept(logIn, 100 * HOUR - MINUTE - 1)).toBe(false);
  });
});
