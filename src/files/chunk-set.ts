/** Which chunks of a file: a bit for each. Picking what to ask for next goes over 32 of them at a time. */
import type { ChunkRun } from '../protocol/file-word.ts';

const BITS = 32;

export class ChunkSet {
  /** How many the file has. */
  readonly chunks: number;
  readonly #words: Uint32Array;
  #size = 0;

  constructor(chunks: number, runs: readonly ChunkRun[] = []) {
    this.chunks = chunks;
    this.#words = new Uint32Array(Math.ceil(chunks / BITS));
    for (const run of runs) this.addRun(run);
  }

  static full(chunks: number): ChunkSet {
    return new ChunkSet(chunks, [{ from: 0, to: chunks }]);
  }

  /** How many are in it. */
  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.chunks;
  }

  has(index: number): boolean {
    return (this.word(index >>> 5) & (1 << (index & 31))) !== 0;
  }

  add(index: number): void {
    if (index >= this.chunks || this.has(index)) return;
    this.#words[index >>> 5] = this.word(index >>> 5) | (1 << (index & 31));
    this.#size++;
  }

  delete(index: number): void {
    if (index >= this.chunks || !this.has(index)) return;
    this.#words[index >>> 5] = this.word(index >>> 5) & ~(1 << (index & 31));
    this.#size--;
  }

  /** What lies beyond the file's end is left out. */
  addRun({ from, to }: ChunkRun): void {
    const end = Math.min(to, this.chunks);
    for (let place = from >>> 5; place * BITS < end; place++) {
      const before = this.word(place);
      const after = (before | maskOf(place, from, end)) >>> 0;
      this.#words[place] = after;
      this.#size += countBits(after) - countBits(before);
    }
  }

  addAll(other: ChunkSet): void {
    for (let place = 0; place < this.#words.length; place++) {
      const before = this.word(place);
      const after = (before | other.word(place)) >>> 0;
      this.#words[place] = after;
      this.#size += countBits(after) - countBits(before);
    }
  }

  /** The runs in order; where there are more than `limit`, the longest of them. */
  runs(limit: number): readonly ChunkRun[] {
    const runs = runsOf(this, [], { from: 0, to: this.chunks }, this.chunks);
    if (runs.length <= limit) return runs;
    const longest = runs.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, limit);
    return longest.sort((a, b) => a.from - b.from);
  }

  /** Bits of 32 chunks; for picking. */
  word(place: number): number {
    return this.#words[place] ?? 0;
  }
}

/** Up to `limit` chunks within `range` that are in `source` and in none of `except`, in order, as runs. */
export function runsOf(source: ChunkSet, except: readonly ChunkSet[], range: ChunkRun, limit: number): ChunkRun[] {
  const runs: { from: number; to: number }[] = [];
  const end = Math.min(range.to, source.chunks);
  let left = limit;
  for (let place = range.from >>> 5; place * BITS < end && left > 0; place++) {
    let bits = source.word(place) & maskOf(place, range.from, end);
    for (const set of except) bits &= ~set.word(place);
    while (bits !== 0 && left > 0) {
      const first = BITS - 1 - Math.clz32(bits & -bits);
      // As many ones as follow each other from there, as the zeros of the complement begin.
      const ones = ~(bits >>> first);
      const length = Math.min(ones === 0 ? BITS : BITS - 1 - Math.clz32(ones & -ones), left);
      const from = place * BITS + first;
      const last = runs.at(-1);
      if (last?.to === from) last.to += length;
      else runs.push({ from, to: from + length });
      left -= length;
      bits = first + length >= BITS ? 0 : bits & (-1 << (first + length));
    }
  }
  return runs;
}

/** Like `runsOf` over the whole file, beginning at `start` and going round. */
export function runsFrom(source: ChunkSet, except: readonly ChunkSet[], start: number, limit: number): ChunkRun[] {
  const behind = runsOf(source, except, { from: start, to: source.chunks }, limit);
  const left = limit - countChunks(behind);
  return left === 0 || start === 0 ? behind : [...behind, ...runsOf(source, except, { from: 0, to: start }, left)];
}

export function countChunks(runs: readonly ChunkRun[]): number {
  return runs.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Every index of the runs, in order. */
export function* indicesOf(runs: readonly ChunkRun[]): Generator<number> {
  for (const { from, to } of runs) for (let index = from; index < to; index++) yield index;
}

/** Indices in rising order as runs. */
export function asRuns(indices: Iterable<number>): readonly ChunkRun[] {
  const runs: { from: number; to: number }[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.to === index) last.to++;
    else runs.push({ from: index, to: index + 1 });
  }
  return runs;
}

/** The bits of word `place` that lie from `from` up to, and not including, `to`. */
function maskOf(place: number, from: number, to: number): number {
  const low = Math.max(0, from - place * BITS);
  const high = Math.min(BITS, to - place * BITS);
  if (low >= BITS || high <= low) return 0;
  return high - low === BITS ? -1 : ((1 << (high - low)) - 1) << low;
}

/** Hamming weight of 32 bits, summed in halves. */
function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
