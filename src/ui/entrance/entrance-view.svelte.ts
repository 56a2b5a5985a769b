import type { Gate, Registration } from '../parley.ts';
import { pickPositions } from './asked-positions.ts';

type Outside = Extract<Gate, { phase: 'outside' }>;

/** Where somebody is on the way in. What has been made so far travels along, so that one can go back and look. */
type Step =
  | { readonly at: 'welcome' }
  | { readonly at: 'register' }
  | { readonly at: 'words'; readonly made: Made }
  | { readonly at: 'ask'; readonly made: Made }
  | { readonly at: 'log-in'; readonly userName: string | undefined };

interface Made {
  readonly registration: Registration;
  readonly userName: string;
  readonly asked: readonly number[];
}

const ASKED_WORDS = 3;

export class EntranceView {
  step = $state.raw<Step>({ at: 'welcome' });

  constructor({ hasAccounts, userName }: Outside) {
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
