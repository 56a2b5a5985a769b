/** Asks for links to those who may have what is wanted; a file in a large group does not ask for all its members at once. */
import type { Clock } from '../lib/clock.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { FileLinks } from './links.ts';

const REASON = 'files';
/** Files that become wanted at once are one change. */
const SOON_MS = 50;
/** Sources of one file that are wished for at a time, besides its first, the author. */
const AT_A_TIME = 16;
/** Then the next ones have their turn. */
const TURN_MS = 60_000;

export class LinkWishes {
  readonly #links: FileLinks;
  readonly #clock: Clock;
  /** Sources of each file that is wanted and could be had, authors first. */
  readonly #sources: () => Iterable<ReadonlySet<AccountId>>;
  #wished: ReadonlySet<AccountId> = new Set();
  #turn = 0;
  #cancelSoon: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;

  constructor(links: FileLinks, clock: Clock, sources: () => Iterable<ReadonlySet<AccountId>>) {
    this.#links = links;
    this.#clock = clock;
    this.#sources = sources;
  }

  soon(): void {
    this.#cancelSoon ??= this.#clock.after(SOON_MS, () => {
      this.#cancelSoon = undefined;
      this.#suit();
    });
  }

  close(): void {
    this.#cancelSoon?.();
    this.#cancelTurn?.();
    this.#wish(new Set());
  }

  #suit(): void {
    const wished = new Set<AccountId>();
    let isLarge = false;
    for (const sources of this.#sources()) {
      const [author, ...others] = sources;
      if (author !== undefined) wished.add(author);
      const turns = Math.ceil(others.length / AT_A_TIME);
      const begin = turns > 0 ? (this.#turn % turns) * AT_A_TIME : 0;
      for (const account of others.slice(begin, begin + AT_A_TIME)) wished.add(account);
      isLarge ||= turns > 1;
    }
    this.#wish(wished);
    if (isLarge) this.#takeTurns();
  }

  #takeTurns(): void {
    this.#cancelTurn ??= this.#clock.after(TURN_MS, () => {
      this.#cancelTurn = undefined;
      this.#turn++;
      this.#suit();
    });
  }

  #wish(wished: ReadonlySet<AccountId>): void {
    for (const account of this.#wished) if (!wished.has(account)) this.#links.wantLink(account, REASON, false);
    for (const account of wished) if (!this.#wished.has(account)) this.#links.wantLink(account, REASON, true);
    this.#wished = wished;
  }
}
