import type { AccountId } from '../../protocol/ids.ts';

/** Characters shown of an account id: 96 bits, more than anybody can make a match for by trying. */
const SHOWN = 16;
const GROUP = 4;

/** The start of an account id in groups of four, to be compared by eye. */
export function fingerprintOf(id: AccountId): string {
  const groups: string[] = [];
  for (let at = 0; at < SHOWN; at += GROUP) groups.push(id.slice(at, at + GROUP));
  return groups.join(' ');
}
