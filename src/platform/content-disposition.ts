import { utf8 } from '../lib/bytes.ts';

/** Bytes that stand for themselves in an extended value (`attr-char`, RFC 8187 §3.2.1). */
const PLAIN = /[\w!#$&+.^`|~-]/;

/**
 * The header that says whether a file is to be shown or saved, and what it is called (RFC 6266). The name is written out
 * byte by byte: whatever is in it, it cannot become another header or another parameter.
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const encoded = Array.from(utf8(name), (byte) => {
    const character = String.fromCharCode(byte);
    return PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `${kind}; filename*=UTF-8''${encoded.join('')}`;
}
