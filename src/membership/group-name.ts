import { cleanLine, cutText } from '../lib/clean-text.ts';

/** Code points: one line in a list, in any script. Fits MAX_GROUP_NAME_BYTES at four bytes each. */
const MAX_GROUP_NAME_LENGTH = 64;

/** A group's name as it came, made harmless and cut to length. Empty when nothing visible is left. */
export function cleanGroupName(received: string): string {
  return cutText(cleanLine(received), MAX_GROUP_NAME_LENGTH).trim();
}
