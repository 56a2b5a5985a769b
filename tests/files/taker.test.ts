import { describe, expect, it } from 'vitest';
import type { FileCard } from '../../src/files/catalog.ts';
import { MAX_AWAITED, Taker } from '../../src/files/taker.ts';
import { accountIdOf, type FileId } from '../../src/protocol/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';

const card = (name: string): FileCard => ({
  file: name as FileId,
  key: new Uint8Array(32),
  root: new Uint8Array(32),
  size: 2 ** 40,
  wish: 'complete',
  slot: name,
  places: [],
});

const bob = () => new Taker(accountIdOf(new Uint8Array(32)), new ManualClock());

function taken(taker: Taker, count: number): readonly string[] {
  return Array.from({ length: count }, () => taker.next()).map((next) => (next ? `${next.offer.card.file} ${next.index}` : 'nothing'));
}

describe('a taker', () => {
  it('gets a chunk of each of their files in turn, each in the order asked for (X22)', () => {
    const taker = bob();
    taker.ask(taker.offer(card('film')), [
      { from: 7, to: 9 },
      { from: 2, to: 4 },
    ]);
    taker.ask(taker.offer(card('song')), [{ from: 0, to: 2 }]);
    expect(taken(taker, 7)).toEqual(['film 7', 'song 0', 'film 8', 'song 1', 'film 2', 'film 3', 'nothing']);
  });

  it('gets nothing more of what they take back, and of the others what they asked for', () => {
    const taker = bob();
    const film = taker.offer(card('film'));
    taker.ask(film, [{ from: 0, to: 9 }]);
    taker.ask(taker.offer(card('song')), [{ from: 0, to: 2 }]);
    taker.cease(film);
    expect(taken(taker, 3)).toEqual(['song 0', 'song 1', 'nothing']);
    taker.ask(film, [{ from: 5, to: 6 }]);
    expect(taken(taker, 2)).toEqual(['film 5', 'nothing']);
  });

  it('has so many chunks awaited and no more, whatever they ask for (X21)', () => {
    const taker = bob();
    const film = taker.offer(card('film'));
    for (let time = 0; time < 10; time++) taker.ask(film, [{ from: 0, to: 2 ** 24 }]);
    expect(taken(taker, MAX_AWAITED + 1).filter((next) => next !== 'nothing')).toHaveLength(MAX_AWAITED);
    taker.ask(film, [{ from: 3, to: 4 }]);
    expect(taken(taker, 1)).toEqual(['film 3']);
  });
});
