import { randomBytes } from '../../crypto/random.ts';

/** `count` different positions out of `total`, counted from 1 and in order: which words a person is asked back. */
export function pickPositions(count: number, total: number): readonly number[] {
  const picked = new Set<number>();
  while (picked.size < count) {
    // The slight lean of a modulo is of no consequence: this asks for attention, it guards nothing.
    for (const byte of randomBytes(count)) if (picked.size < count) picked.add((byte % total) + 1);
  }
  return [...picked].sort((a, b) => a - b);
}

export interface Answer {
  readonly position: number;
  readonly typed: string;
}

/** Whether what was typed are the words at these positions; case and spaces around do not matter. */
export function answersMatch(words: readonly string[], answers: readonly Answer[]): boolean {
  return answers.every(({ position, typed }) => typed.trim().toLowerCase() === words[position - 1]);
}
