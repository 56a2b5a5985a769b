import type { Mentions } from '../../session/group-talk.ts';
import { isComposing } from '../chat/enter-key.ts';
import { candidatesFor, mentionsIn, NO_PICKS, queryAt, withPick, type Callable, type Query } from './mentions.ts';

/** What a pick makes of the text that is being written. */
export interface Completion {
  readonly text: string;
  readonly caret: number;
}

/** Names offered while one is being typed after "@". What an input method composes is left to it. */
export class MentionView {
  #query = $state.raw<Query>();
  #chosen = $state(0);
  /** Where an "@" has its answer: picked, or waved away. */
  #settled: number | undefined;
  #picks = NO_PICKS;
  readonly #people: () => readonly Callable[];

  /** `people`: who may be called now; the first of their names is the one that is written. */
  constructor(people: () => readonly Callable[]) {
    this.#people = people;
  }

  readonly candidates = $derived.by((): readonly Callable[] => (this.#query ? candidatesFor(this.#query.text, this.#people()) : []));

  get isOpen(): boolean {
    return this.candidates.length > 0;
  }

  get chosen(): number {
    return Math.min(this.#chosen, this.candidates.length - 1);
  }

  /** The text or the caret has changed. */
  moved(text: string, caret: number): void {
    const query = queryAt(text, caret);
    if (query?.at !== this.#settled) this.#settled = undefined;
    if (query?.text !== this.#query?.text) this.#chosen = 0;
    this.#query = this.#settled === undefined ? query : undefined;
  }

  close(): void {
    this.#settled = this.#query?.at;
    this.#query = undefined;
  }

  /** A key pressed in the text: true when it was meant for the list. `take` is what Enter and Tab do. */
  pressed(event: KeyboardEvent, take: (candidate: Callable) => void): boolean {
    if (!this.isOpen || isComposing(event) || event.ctrlKey || event.altKey || event.metaKey) return false;
    const count = this.candidates.length;
    const candidate = this.candidates[this.chosen];
    if (event.key === 'ArrowDown') this.#chosen = (this.chosen + 1) % count;
    else if (event.key === 'ArrowUp') this.#chosen = (this.chosen - 1 + count) % count;
    else if (event.key === 'Escape') this.close();
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && candidate) take(candidate);
    else return false;
    return true;
  }

  /** The text with the name in it, and where the caret goes. */
  pick({ id, names: [name = ''] }: Callable, text: string, caret: number): Completion {
    const at = this.#query?.at ?? caret;
    this.#picks = withPick(this.#picks, name, id);
    this.close();
    const before = `${text.slice(0, at)}@${name} `;
    return { text: before + text.slice(caret).replace(/^ /, ''), caret: before.length };
  }

  /** Begins a call at the end of the text, as from the list of members. */
  call({ id, names: [name = ''] }: Callable, text: string): string {
    this.#picks = withPick(this.#picks, name, id);
    return `${text}${text === '' || /\s$/u.test(text) ? '' : ' '}@${name} `;
  }

  /** Whom the text calls. */
  of(text: string): Mentions {
    return mentionsIn(text, this.#people(), this.#picks);
  }
}
