/** How hard a new password is made to try: as hard as this device can do in about a second (VAULT.md V3). */
import { ARGON2ID_FLOOR } from '../crypto/argon2id-cost.ts';
import type { Clock } from '../lib/clock.ts';
import type { PasswordCost, PasswordHasher } from './ports.ts';

const MEBIBYTE = 1024;
const COSTS: readonly PasswordCost[] = [64, 128, 256].map((memory) => ({ memory: memory * MEBIBYTE, passes: ARGON2ID_FLOOR.passes }));
/** What a person waits without wondering. */
const TARGET_MS = 1000;
/** Twice the memory took up to four times as long, where it no longer fits the caches (Chromium 156; README.md). */
const GROWTH = 4;
const SAMPLE = { password: new Uint8Array(16), salt: new Uint8Array(16) };

/** Measures once, when first asked. */
export class CostGauge {
  readonly #hasher: PasswordHasher;
  readonly #clock: Pick<Clock, 'now'>;
  #measured: Promise<PasswordCost> | undefined;

  constructor(hasher: PasswordHasher, clock: Pick<Clock, 'now'>) {
    this.#hasher = hasher;
    this.#clock = clock;
  }

  /** Takes up to two seconds the first time. Never rejects: where nothing can be measured, it is the floor. */
  affordable(): Promise<PasswordCost> {
    this.#measured ??= this.#measure();
    return this.#measured;
  }

  async #measure(): Promise<PasswordCost> {
    let affordable = ARGON2ID_FLOOR;
    for (const cost of COSTS) {
      const taken = await this.#timeOf(cost);
      if (taken > TARGET_MS) break;
      affordable = cost;
      if (taken * GROWTH > TARGET_MS) break;
    }
    return affordable;
  }

  async #timeOf(cost: PasswordCost): Promise<number> {
    const started = this.#clock.now();
    try {
      await this.#hasher.hash(SAMPLE.password.slice(), SAMPLE.salt, cost);
    } catch {
      // The device has not that much memory to give: as good as too slow.
      return Infinity;
    }
    return this.#clock.now() - started;
  }
}
