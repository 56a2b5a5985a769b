import { wipe } from '../crypto/wipe.ts';
import type { Clock } from '../lib/clock.ts';
import { Serial } from '../lib/serial.ts';
import type { OpenVault } from './open-vault.ts';
import type { KeptLogIn, SessionKeys } from './ports.ts';

const HOUR_MS = 60 * 60 * 1000;
const MINUTE_MS = 60 * 1000;
/** More often gains nothing: the shortest log-in lasts an hour. */
const RENEW_EVERY_MS = 5 * MINUTE_MS;
/** How far a device's clock may be set back between two starts without looking like a trick. */
const CLOCK_SLACK_MS = MINUTE_MS;

/** Whether a kept log-in still counts: not past its end, and not from a future that somebody turned the clock back from. */
export function isStillKept({ since, until }: KeptLogIn, now: number): boolean {
  return now >= since - CLOCK_SLACK_MS && now < until;
}

export interface LogInKeeperOptions {
  readonly vault: Pick<OpenVault, 'database' | 'key'>;
  readonly sessionKeys: SessionKeys;
  readonly clock: Pick<Clock, 'now'>;
}

/** Keeps an open account's log-in for as long as its owner wants, counted from when somebody was last here (VAULT.md V8, V9). */
export class LogInKeeper {
  readonly #options: LogInKeeperOptions;
  readonly #turns = new Serial();
  #hours = 0;
  #renewed = 0;
  #closed = false;

  constructor(options: LogInKeeperOptions) {
    this.#options = options;
  }

  /** Keeps the log-in under a new key, in place of what was kept; not at all when `hours` is 0. */
  keepFor(hours: number): Promise<void> {
    this.#hours = hours;
    return this.renew();
  }

  /** Somebody is here: the time begins anew. */
  async seen(): Promise<void> {
    if (Math.abs(this.#options.clock.now() - this.#renewed) >= RENEW_EVERY_MS) await this.renew();
  }

  renew(): Promise<void> {
    const { vault, sessionKeys, clock } = this.#options;
    this.#renewed = clock.now();
    return this.#turns.run(async () => {
      if (this.#closed) return;
      if (this.#hours === 0) {
        await sessionKeys.drop(vault.database);
        return;
      }
      const since = clock.now();
      const vaultKey = vault.key.expose().slice();
      try {
        await sessionKeys.keep({ database: vault.database, since, until: since + this.#hours * HOUR_MS }, vaultKey);
      } finally {
        wipe(vaultKey);
      }
    });
  }

  /** Keeps nothing from now on. `drop`: what is kept goes too; otherwise another tab comes in with it. */
  close({ drop }: { readonly drop: boolean }): Promise<void> {
    this.#closed = true;
    const { vault, sessionKeys } = this.#options;
    return this.#turns.run(async () => {
      if (drop) await sessionKeys.drop(vault.database);
    });
  }
}
