/** The ICE servers the signaling server gave out, and when to ask for new credentials. */
import type { Clock } from '../lib/clock.ts';
import type { IceServer } from '../protocol/signaling.ts';

/** Bounds on what a server may claim about the life of its credentials. */
const SHORTEST_LIFE_MS = 60_000;
const LONGEST_LIFE_MS = 24 * 3_600_000;

export class IceServerList {
  readonly #clock: Clock;
  readonly #ask: () => void;
  #servers: readonly IceServer[] = [];
  /** Undefined: they do not expire. */
  #expiresAt: number | undefined;
  #cancelRefresh: () => void = () => undefined;

  /** `ask` requests a fresh list; the answer comes back by `take`. */
  constructor(clock: Clock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** `lifetime` in seconds; absent without TURN. */
  take(servers: readonly IceServer[], lifetime: number | undefined): void {
    this.#cancelRefresh();
    this.#servers = servers;
    this.#expiresAt = undefined;
    if (lifetime === undefined) return;
    const life = Math.min(Math.max(lifetime * 1_000, SHORTEST_LIFE_MS), LONGEST_LIFE_MS);
    this.#expiresAt = this.#clock.now() + life;
    this.#askAfter(life / 2);
  }

  /** At half-life, so that a link made just before has credentials for as long again; then at half of what is left. */
  #askAfter(delay: number): void {
    this.#cancelRefresh = this.#clock.after(delay, () => {
      this.#askAfter(Math.max(delay / 2, SHORTEST_LIFE_MS / 2));
      this.#ask();
    });
  }

  /** The connection is gone: there is nobody to ask. What is known stays valid until it expires. */
  pause(): void {
    this.#cancelRefresh();
  }

  /** Those that can be used now; expired credentials would only make every link wait for a refusal. */
  valid(): readonly IceServer[] {
    if (this.#expiresAt === undefined || this.#clock.now() < this.#expiresAt) return this.#servers;
    return this.#servers.filter(({ credential }) => credential === undefined);
  }
}
