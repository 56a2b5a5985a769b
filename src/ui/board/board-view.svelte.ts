import type { Subscription } from '../../lib/observable.ts';
import type { Board, BoardContent } from '../parley.ts';
import { changeBetween } from './text-change.ts';

type Move = (position: number) => number;

/** The text area, as far as the board needs it. */
type Area = Pick<HTMLTextAreaElement, 'value' | 'selectionStart' | 'selectionEnd' | 'setSelectionRange'>;

/**
 * Keeps a text area and the board equal. While an input method composes, the area is left alone: to change it then would
 * end the composition. What others write meanwhile is put in, and what was composed handed on, when it ends.
 */
export class BoardView {
  /** What stands in the area. */
  text = $state.raw('');
  /** The board's text that the area began from. */
  #base = '';
  #latest = '';
  /** What happened to positions since the composition began; undefined when none is under way. */
  #meanwhile: Move[] | undefined;
  /** My own edit comes back while it is being handed on. */
  #isHandingOn = false;
  #area: Area | undefined;
  readonly #board: Board;

  constructor(board: Board) {
    this.#board = board;
  }

  /** Returns its undo. */
  attach(area: Area): () => void {
    this.#area = area;
    const subscription: Subscription = this.#board.content.subscribe((content) => this.#told(content));
    return () => {
      subscription.unsubscribe();
      this.#board.setCursor(undefined);
      this.#area = undefined;
    };
  }

  /** Something was written in the area. */
  typed(): void {
    if (!this.#area) return;
    this.text = this.#area.value;
    if (!this.#meanwhile) this.#handOn([]);
  }

  composes(): void {
    this.#meanwhile ??= [];
  }

  composed(): void {
    const moves = this.#meanwhile ?? [];
    this.#meanwhile = undefined;
    this.#handOn(moves);
  }

  /** The caret or the selection has moved, or left (`isHere` false). */
  selected(isHere: boolean): void {
    const area = this.#area;
    if (!area || this.#meanwhile) return;
    this.#board.setCursor(isHere ? { from: area.selectionStart, to: area.selectionEnd } : undefined);
  }

  #told({ text, moved }: BoardContent): void {
    this.#latest = text;
    if (this.#isHandingOn) return;
    if (this.#meanwhile) this.#meanwhile.push(moved);
    else if (this.#area && this.#area.value !== text) this.#show(moved(this.#area.selectionStart), moved(this.#area.selectionEnd));
    else this.#settle();
  }

  /** Hands on what the area has and the board has not. `moves`: what others did to the text that the area began from. */
  #handOn(moves: readonly Move[]): void {
    const area = this.#area;
    if (!area) return;
    const caret = area.selectionStart;
    const change = changeBetween(this.#base, area.value, caret);
    const move: Move = (position) => moves.reduce((at, step) => step(at), position);
    let place = move(caret);
    if (change) {
      const at = move(change.at);
      const end = Math.max(at, move(change.at + change.remove));
      place = at + change.insert.length;
      this.#isHandingOn = true;
      this.#board.edit(at, end - at, change.insert);
      this.#isHandingOn = false;
    }
    // Others wrote meanwhile, or the board would not have it.
    if (area.value !== this.#latest) this.#show(place, place);
    else this.#settle();
  }

  #show(from: number, to: number): void {
    const area = this.#area;
    if (!area) return;
    area.value = this.#latest;
    area.setSelectionRange(Math.min(from, this.#latest.length), Math.min(to, this.#latest.length));
    this.#settle();
  }

  #settle(): void {
    this.#base = this.#latest;
    this.text = this.#latest;
  }
}
