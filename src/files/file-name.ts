/** Names of files from others, made so that no file system, and no reader, takes them for something else (PROTOCOL.md X3). */
import { utf8 } from '../lib/bytes.ts';
import { cleanLine } from '../lib/clean-text.ts';
import { MAX_FILE_NAME_BYTES } from '../protocol/file-manifest.ts';

const NAMELESS = 'file';
/** What Windows takes for something other than a part of a name (Microsoft, "Naming Files, Paths, and Namespaces"). */
const FORBIDDEN = /[<>:"|?*]/g;
const PATH_SEPARATORS = /[/\\]/;
/** Devices of Windows, whatever stands behind the first dot. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;
const LEADING = /^[\s.]+/u;
const TRAILING = /[\s.]+$/u;
/** Longer is no extension that a program goes by. */
const MAX_EXTENSION_BYTES = 32;

/** One line, no path, at most 255 bytes with the extension kept; never empty. */
export function harmlessFileName(claimed: string): string {
  const base = cleanLine(claimed).split(PATH_SEPARATORS).at(-1) ?? '';
  const name = trimmed(cleanLine(base).replace(FORBIDDEN, '_'));
  const cut = shortened(RESERVED.test(name) ? `_${name}` : name);
  return cut === '' ? NAMELESS : cut;
}

/** Hidden files of Unix; what Windows would silently leave out at the end. */
function trimmed(name: string): string {
  return name.replace(LEADING, '').replace(TRAILING, '');
}

function shortened(name: string): string {
  if (utf8(name).length <= MAX_FILE_NAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && utf8(name.slice(dot)).length <= MAX_EXTENSION_BYTES ? name.slice(dot) : '';
  const room = MAX_FILE_NAME_BYTES - utf8(ending).length;
  return trimmed(cutToBytes(name.slice(0, name.length - ending.length), room)) + ending;
}

/** As many whole characters, as a reader counts them, as fit into `limit` bytes. */
function cutToBytes(text: string, limit: number): string {
  let length = 0;
  let end = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    length += utf8(segment).length;
    if (length > limit) break;
    end += segment.length;
  }
  return text.slice(0, end);
}
