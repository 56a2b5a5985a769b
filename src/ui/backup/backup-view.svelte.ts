import { Live } from '../live.svelte.ts';
import type { Backup, PasswordFailure, StorageFailure } from '../parley.ts';

type Made = { readonly file: Blob; readonly name: string };

/** Making a backup: once it is made it is saved, and can be saved again while the dialog is open. */
export class BackupView {
  password = $state('');
  failure = $state.raw<PasswordFailure | StorageFailure>();
  working = $state(false);
  /** How much has been sealed, 0 to 1. */
  part = $state(0);
  made = $state.raw<Made>();
  readonly #backup: Backup;
  readonly #lastMade: Live<number | undefined>;
  readonly #hand: (name: string, file: Blob) => void;

  constructor(backup: Backup, hand: (name: string, file: Blob) => void) {
    this.#backup = backup;
    this.#lastMade = new Live(backup.lastMade);
    this.#hand = hand;
  }

  get lastMade(): number | undefined {
    return this.#lastMade.current;
  }

  async submit(): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.failure = undefined;
    this.part = 0;
    try {
      const made = await this.#backup.make(this.password, (part) => (this.part = part));
      if (made.ok) this.made = made.value;
      else this.failure = made.failure;
    } finally {
      this.working = false;
    }
    this.save();
  }

  save(): void {
    if (this.made) this.#hand(this.made.name, this.made.file);
  }
}
