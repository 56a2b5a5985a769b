import type { Clock } from '../src/lib/clock.ts';
import { TokenBucket, type Rate } from './token-bucket.ts';

export interface AddressLimitOptions {
  readonly clock: Clock;
  readonly maxSockets: number;
  readonly connects: Rate;
}

interface Visitor {
  sockets: number;
  readonly connects: TokenBucket;
}

/** How often visitors who left and whose connect rate has recovered are forgotten. */
const SWEEP_EVERY_MS = 10_000;

/** Counts the sockets and the connects of each address. */
export class AddressLimits {
  readonly #options: AddressLimitOptions;
  readonly #visitors = new Map<string, Visitor>();
  #sweptAt: number;

  constructor(options: AddressLimitOptions) {
    this.#options = options;
    this.#sweptAt = options.clock.now();
  }

  /** Counts one more socket of this address, unless it has too many or opens them too fast. */
  admit(address: string): boolean {
    this.#sweep();
    const visitor = this.#visitors.get(address) ?? { sockets: 0, connects: new TokenBucket(this.#options.connects, this.#options.clock) };
    this.#visitors.set(address, visitor);
    if (visitor.sockets >= this.#options.maxSockets || !visitor.connects.take()) return false;
    visitor.sockets++;
    return true;
  }

  release(address: string): void {
    const visitor = this.#visitors.get(address);
    if (visitor) visitor.sockets--;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#visitors.size;
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    if (Math.abs(now - this.#sweptAt) < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    for (const [address, visitor] of this.#visitors) if (visitor.sockets === 0 && visitor.connects.full) this.#visitors.delete(address);
  }
}
