/** Which chunks one giver is asked for next. */
import type { ChunkRun } from '../protocol/file-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import { ChunkSet, indicesOf, runsFrom, runsOf } from './chunk-set.ts';
import type { Claims } from './claims.ts';
import type { Giver } from './giver.ts';
import type { Givers } from './givers.ts';

/** What a giver owed for so long is asked of another one who has nothing else to do; windows are a second's worth. */
const STEAL_AFTER_MS = 2_000;
/** Chunks asked of a second one at a time: the end of a file comes sooner, and little comes twice. */
const STEAL_CHUNKS = 8;

export interface Circumstances {
  readonly me: AccountId;
  /** Milliseconds, as the clock of the givers has it. */
  readonly now: number;
  /** What is here. */
  readonly have: ChunkSet;
  /** What somebody looks at: comes first. */
  readonly needs: Iterable<ChunkRun>;
  readonly givers: Givers;
  readonly claims: Claims;
}

/** Up to `limit` chunks to ask this giver for, in the order in which they are to come; they are claimed at once. */
export function claimNext(giver: Giver, limit: number, circumstances: Circumstances): readonly ChunkRun[] {
  const { me, now, have, needs, givers, claims } = circumstances;
  const chosen: ChunkRun[] = [];
  let left = limit;
  const take = (runs: readonly ChunkRun[]) => {
    for (const index of indicesOf(runs)) {
      claims.claim(giver, index, now);
      left--;
    }
    chosen.push(...runs);
  };
  const taken = [have, claims.claimed];
  for (const need of needs) take(runsOf(giver.has, taken, need, left));
  const fellows = givers.fellows();
  const start = startAmong(fellows, me, have.chunks);
  // What only a few have is asked of those who have everything; the rest can be had from others who are getting it (rarest first).
  if (left > 0 && fellows.length > 0 && giver.has.isFull) take(runsFrom(giver.has, [...taken, haveOf(fellows, have.chunks)], start, left));
  if (left > 0) take(runsFrom(giver.has, taken, start, left));
  return chosen.length === 0 ? claimOwed(giver, Math.min(left, STEAL_CHUNKS), circumstances) : chosen;
}

/** Each of those who are getting a file begins in another part of it: what they have together is the more for it. */
function startAmong(fellows: readonly Giver[], me: AccountId, chunks: number): number {
  const place = fellows.filter(({ account }) => account < me).length;
  return Math.floor((chunks * place) / (fellows.length + 1));
}

function haveOf(fellows: readonly Giver[], chunks: number): ChunkSet {
  const together = new ChunkSet(chunks);
  for (const { has } of fellows) together.addAll(has);
  return together;
}

/** What others have owed for long, asked of this one too. */
function claimOwed(giver: Giver, limit: number, { now, givers, claims }: Circumstances): readonly ChunkRun[] {
  const stolen: ChunkRun[] = [];
  for (const other of givers) {
    for (const [index, since] of other === giver ? [] : other.owed) {
      if (stolen.length >= limit || now - since < STEAL_AFTER_MS) break;
      if (claims.isAwaitedOfTwo(index) || !giver.has.has(index)) continue;
      claims.claimAgain(giver, index, now);
      stolen.push({ from: index, to: index + 1 });
    }
  }
  return stolen;
}
