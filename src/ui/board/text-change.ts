/** What a person did to a text, found from the text before and after. Positions count UTF-16 units. */
export interface TextChange {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/**
 * The one edit between two texts. `caret`: where the caret stands afterwards, which is the end of what was inserted: of
 * letters that repeat, it says which one came or went. Undefined when nothing changed.
 */
export function changeBetween(before: string, after: string, caret: number): TextChange | undefined {
  if (before === after) return undefined;
  const suffix = commonSuffix(before, after, after.length - caret);
  const prefix = commonPrefix(before, after, Math.min(before.length, after.length) - suffix);
  return { at: prefix, remove: before.length - suffix - prefix, insert: after.slice(prefix, after.length - suffix) };
}

function commonPrefix(a: string, b: string, limit: number): number {
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  // The first half of a character says nothing: its other half may differ.
  return length > 0 && isHigh(a.charCodeAt(length - 1)) ? length - 1 : length;
}

function commonSuffix(a: string, b: string, limit: number): number {
  const most = Math.min(limit, a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length > 0 && isLow(a.charCodeAt(a.length - length)) ? length - 1 : length;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
