/**
 * Addresses within a text. Only http and https, and only ASCII: look-alike letters of other scripts make no link, and
 * Chinese may follow an address without a space. What is shown is what was written; punycode stays punycode.
 */
import type { Mark } from './talk.ts';

/** `call`: a name that is called. */
export interface Segment {
  readonly kind: 'text' | 'link' | 'call';
  readonly text: string;
}

/** The characters of RFC 3986, less the quotes that mostly stand around an address. */
const ADDRESS = /https?:\/\/[a-z0-9\-._~:/?#[\]@!$&()*+,;=%]+/giu;
const TRAILING = /[.,;:!?]+$/u;

/** `calls`: where names are called, in order and apart from each other. What stands in an address is part of the address. */
export function segmentsOf(text: string, calls: readonly Mark[] = []): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const { kind, from, to } of [...addressesIn(text), ...calls.map((call) => ({ ...call, kind: 'call' as const }))].sort(inOrder)) {
    if (from < end) continue;
    if (from > end) segments.push({ kind: 'text', text: text.slice(end, from) });
    segments.push({ kind, text: text.slice(from, to) });
    end = to;
  }
  if (end < text.length) segments.push({ kind: 'text', text: text.slice(end) });
  return segments;
}

function addressesIn(text: string): readonly (Mark & { readonly kind: 'link' })[] {
  return Array.from(text.matchAll(ADDRESS)).flatMap((match) => {
    const address = trimmed(match[0]);
    return isAddress(address) ? [{ kind: 'link' as const, from: match.index, to: match.index + address.length }] : [];
  });
}

function inOrder(a: Mark, b: Mark): number {
  return a.from - b.from;
}

/** Without the punctuation of the sentence around it: a closing bracket belongs only to one opened inside. */
function trimmed(address: string): string {
  let rest = address.replace(TRAILING, '');
  while (closesNothing(rest)) rest = rest.slice(0, -1).replace(TRAILING, '');
  return rest;
}

function closesNothing(address: string): boolean {
  const last = address.at(-1);
  if (last !== ')' && last !== ']') return false;
  const opening = last === ')' ? '(' : '[';
  return address.split(opening).length < address.split(last).length;
}

function isAddress(text: string): boolean {
  const url = URL.parse(text);
  // A user name before the host is how an address pretends to lead elsewhere.
  return url !== null && url.hostname !== '' && url.username === '' && url.password === '';
}
