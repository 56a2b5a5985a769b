/** This account's hold on the browser's one turn to be in a call. */
import type { CallTurn } from './ports.ts';

type Held = { give(): void };

export class Turn {
  readonly #port: CallTurn;
  #held: Held | undefined;
  #taking: Promise<Held | undefined> | undefined;
  #closed = false;

  constructor(port: CallTurn) {
    this.#port = port;
  }

  /** It was asked for, and there is no answer yet. */
  get isTaking(): boolean {
    return this.#taking !== undefined;
  }

  /** False when another tab has it. */
  async take(): Promise<boolean> {
    if (this.#held) return true;
    this.#taking ??= this.#port.take().finally(() => {
      this.#taking = undefined;
    });
    const held = await this.#taking;
    // Two may have waited for the one turn, and the account may be closed meanwhile.
    if (this.#closed) held?.give();
    else this.#held ??= held;
    return this.#held !== undefined;
  }

  give(): void {
    this.#held?.give();
    this.#held = undefined;
  }

  close(): void {
    this.#closed = true;
    this.give();
  }
}
