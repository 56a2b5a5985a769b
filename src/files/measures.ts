/** How many bytes of each file are here, whether anybody works on it or not. */
import type { FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import { bytesOfSet, type Holdings } from './holdings.ts';

export class Measures {
  readonly #holdings: Holdings;
  /** Of those nobody works on. */
  readonly #atRest = new Map<FileId, number>();

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
  }

  here({ file, wish, size }: FileCard): number {
    if (wish === 'complete') return size;
    if (wish === 'offered' || wish === 'removed') return 0;
    const holding = this.#holdings.known(file);
    return holding ? bytesOfSet(holding.have, size) : (this.#atRest.get(file) ?? 0);
  }

  /** Whether it has been looked at. */
  isKnown({ file }: FileCard): boolean {
    return this.#atRest.has(file) || this.#holdings.known(file) !== undefined;
  }

  isAllHere(card: FileCard): boolean {
    return card.wish === 'complete' || this.#holdings.known(card.file)?.have.isFull === true;
  }

  /** Nobody works on it any more. */
  async close(card: FileCard): Promise<void> {
    this.#atRest.set(card.file, this.here(card));
    await this.#holdings.close(card);
  }

  forget(file: FileId): void {
    this.#atRest.delete(file);
    this.#holdings.forget(file);
  }
}
