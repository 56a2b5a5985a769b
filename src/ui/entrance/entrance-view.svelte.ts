import type { Gate, Registration } from '../parley.ts';
import { pickPositions } from './asked-positions.ts';

type Outside = Extract<Gate, { phase: 'outside' }>;

/** Where somebody is on the way in. What has been made so far travels along, so that one can go back and look. */
type Step =
  | { readonly at: 'welcome' }
  | { readonly at: 'register' }
  | { readonly at: 'words'; readonly made: Made }
  | { readonly at: 'ask'; readonly made: Made }
  | { readonly at: 'log-in'; readonly userName: string | undefined }
  | { readonly at: 'recover'; readonly userName: string | undefined }
  | { readonly at: 'lost'; readonly userName: string | undefined }
  | { readonly at: 'restore'; readonly before: Step };

interface Made {
  readonly registration: Registration;
  readonly userName: string;
  readonly asked: readonly number[];
}

const ASKED_WORDS = 3;

export class EntranceView {
  step = $state.raw<Step>({ at: 'welcome' });
  /** Of the account that was locked: where ways back lead to. */
  readonly #lockedName: string | undefined;

  constructor({ hasAccounts, userName }: Outside) {
    this.#lockedName = userName;
    if (hasAccounts) this.step = { at: 'log-in', userName };
  }

  welcome(): void {
    this.step = { at: 'welcome' };
  }

  register(): void {
    this.step = { at: 'register' };
  }

  logIn(): void {
    this.step = { at: 'log-in', userName: undefined };
  }

  /** Back to where the password is asked for, of the locked account if it was that one. */
  backToLogIn(): void {
    this.step = { at: 'log-in', userName: this.#lockedName };
  }

  recover(userName: string | undefined): void {
    this.step = { at: 'recover', userName };
  }

  lost(userName: string): void {
    this.step = { at: 'lost', userName: userName.trim() === '' ? undefined : userName };
  }

  restore(): void {
    this.step = { at: 'restore', before: this.step };
  }

  backTo(step: Step): void {
    this.step = step;
  }

  registered(userName: string, registration: Registration): void {
    const asked = pickPositions(ASKED_WORDS, registration.words.length);
    this.step = { at: 'words', made: { registration, userName, asked } };
  }

  ask(made: Made): void {
    this.step = { at: 'ask', made };
  }

  lookAgain(made: Made): void {
    this.step = { at: 'words', made };
  }
}
