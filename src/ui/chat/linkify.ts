/**
 * Addresses within a text. Only http and https, and only ASCII: look-alike letters of other scripts make no link, and
 * Chinese may follow an address without a space. What is shown is what was written; punycode stays punycode.
 */
export type Segment = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'link'; readonly text: string };

/** The characters of RFC 3986, less the quotes that mostly stand around an address. */
const ADDRESS = /https?:\/\/[a-z0-9\-._~:/?#[\]@!$&()*+,;=%]+/giu;
const TRAILING = /[.,;:!?]+$/u;

export function segmentsOf(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!isAddress(address)) continue;
    if (match.index > end) segments.push({ kind: 'text', text: text.slice(end, match.index) });
    segments.push({ kind: 'link', text: address });
    end = match.index + address.length;
  }
  if (end < text.length) segments.push({ kind: 'text', text: text.slice(end) });
  return segments;
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
