import { describe, expect, it } from 'vitest';
import { asRuns, ChunkSet, countChunks, indicesOf, runsFrom, runsOf } from '../../src/files/chunk-set.ts';
import { seededRandom } from '../support/seeded-random.ts';

const CHUNKS = 203;

describe('a set of chunks', () => {
  it('is the same as a set of numbers, whatever is done to it', () => {
    const random = seededRandom(5);
    const below = (limit: number) => ((random(1)[0] ?? 0) * limit) >> 8;
    for (let round = 0; round < 50; round++) {
      const [set, other, numbers] = [new ChunkSet(CHUNKS), new ChunkSet(CHUNKS), new Set<number>()];
      for (let step = 0; step < 30; step++) {
        const from = below(CHUNKS);
        const to = Math.min(from + below(70), CHUNKS);
        set.addRun({ from, to });
        for (let index = from; index < to; index++) numbers.add(index);
        const gone = below(CHUNKS);
        set.delete(gone);
        numbers.delete(gone);
        other.add(below(CHUNKS));
      }
      const inOrder = [...numbers].sort((a, b) => a - b);
      expect(set.size).toBe(numbers.size);
      expect([...indicesOf(set.runs(CHUNKS))]).toEqual(inOrder);
      expect(set.runs(CHUNKS)).toEqual(asRuns(inOrder));
      const [from, limit] = [below(CHUNKS), 1 + below(40)];
      const left = inOrder.filter((index) => !other.has(index));
      const range = { from, to: from + 60 };
      expect([...indicesOf(runsOf(set, [other], range, limit))]).toEqual(
        left.filter((index) => index >= from && index < from + 60).slice(0, limit),
      );
      const around = [...left.filter((index) => index >= from), ...left.filter((index) => index < from)];
      expect([...indicesOf(runsFrom(set, [other], from, limit))]).toEqual(around.slice(0, limit));
      const both = new ChunkSet(CHUNKS, set.runs(CHUNKS));
      both.addAll(other);
      expect(both.size).toBe(new Set([...inOrder, ...indicesOf(other.runs(CHUNKS))]).size);
    }
  });

  it('leaves out what lies beyond its end, and tells its longest runs when there are many', () => {
    const set = new ChunkSet(40, [
      { from: 0, to: 1 },
      { from: 3, to: 9 },
      { from: 20, to: 4_294_967_295 },
      { from: 7, to: 2 },
    ]);
    expect(set.runs(2)).toEqual([
      { from: 3, to: 9 },
      { from: 20, to: 40 },
    ]);
    expect(ChunkSet.full(40).isFull).toBe(true);
    expect(countChunks(set.runs(40))).toBe(set.size);
    expect(set.has(4_000)).toBe(false);
  });
});
