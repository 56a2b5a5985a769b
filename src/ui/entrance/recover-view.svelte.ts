import { readTyped } from '../parts/typed-phrase.ts';
import type { Door } from '../parley.ts';
import type { AnyFailure } from '../sentence.ts';

type RecoverFailure = Extract<Awaited<ReturnType<Door['recover']>>, { ok: false }>['failure'];

/** The form of somebody who has forgotten the password and kept the words. */
export class RecoverView {
  userName = $state('');
  phrase = $state('');
  password = $state('');
  failure = $state.raw<RecoverFailure>();
  working = $state(false);
  readonly #door: Door;

  constructor(door: Door, userName: string) {
    this.#door = door;
    this.userName = userName;
  }

  /** Which part of the form the failure is about. */
  readonly about = $derived.by(() => this.failure && aboutWhat(this.failure));

  async submit(): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.failure = undefined;
    try {
      const opened = await this.#door.recover(this.userName, readTyped(this.phrase).text, this.password);
      if (!opened.ok) this.failure = opened.failure;
    } finally {
      this.working = false;
    }
  }
}

export function aboutWhat({ kind }: Pick<AnyFailure, 'kind'>): 'name' | 'words' | 'password' | 'account' {
  if (kind === 'no-such-account') return 'name';
  if (kind === 'password-weak') return 'password';
  return kind.startsWith('words-') ? 'words' : 'account';
}
