/** What has been opened, to be closed again in the reverse order, all of it whatever fails. */
type Step<How> = (how: How) => Promise<void> | void;

export class Closing<How> {
  readonly #steps: Step<How>[] = [];

  /** Something was opened, and this closes it. */
  add(step: Step<How>): void {
    this.#steps.push(step);
  }

  /** Closes everything that was opened so far. Rejects at the end, with the first failure. */
  async run(how: How): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step(how);
      } catch (reason) {
        failures.push(reason);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
