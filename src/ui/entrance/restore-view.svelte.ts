import { readTyped } from '../parts/typed-phrase.ts';
import type { BackupKey, Door, RestoreFailure } from '../parley.ts';
import { aboutWhat } from './recover-view.svelte.ts';

/** The form of somebody who brings a backup. */
export class RestoreView {
  file = $state.raw<File>();
  by = $state.raw<BackupKey['kind']>('password');
  password = $state('');
  phrase = $state('');
  newPassword = $state('');
  isFileMissing = $state(false);
  failure = $state.raw<RestoreFailure>();
  working = $state(false);
  /** How much of the file has been read, 0 to 1. */
  part = $state(0);
  readonly #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Which part of the form the failure is about. A file made with a weak password says so under the file. */
  readonly about = $derived.by(() => {
    const about = this.failure && aboutWhat(this.failure);
    return about === 'password' && this.by === 'password' ? 'account' : about;
  });

  choose(by: BackupKey['kind']): void {
    this.by = by;
    this.failure = undefined;
  }

  async submit(): Promise<void> {
    this.isFileMissing = !this.file;
    if (this.working || !this.file) return;
    this.working = true;
    this.failure = undefined;
    this.part = 0;
    try {
      const restored = await this.#door.restore(this.file, this.#key(), (part) => (this.part = part));
      if (!restored.ok) this.failure = restored.failure;
    } finally {
      this.working = false;
    }
  }

  #key(): BackupKey {
    return this.by === 'password'
      ? { kind: 'password', password: this.password }
      : { kind: 'words', words: readTyped(this.phrase).text, newPassword: this.newPassword };
  }
}
