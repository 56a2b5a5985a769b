/** What sort of file one is, for its icon and for how it is opened. By its claimed type first, then by the end of its name. */
import type { Attachment } from '../../session/attachment.ts';

export type FileSort = 'picture' | 'video' | 'audio' | 'pdf' | 'text' | 'archive' | 'sheet' | 'document' | 'slides' | 'other';

const BY_MIME: readonly (readonly [RegExp, FileSort])[] = [
  // A drawing (SVG) and a page (HTML) can carry programs: they are files like any other, and are never drawn.
  [/^image\/svg/, 'other'],
  [/^text\/html|xhtml/, 'other'],
  [/^image\//, 'picture'],
  [/^video\//, 'video'],
  [/^audio\//, 'audio'],
  [/^application\/pdf$/, 'pdf'],
  [/spreadsheet|ms-excel|^text\/csv$/, 'sheet'],
  [/presentation|powerpoint/, 'slides'],
  [/wordprocessing|msword|opendocument\.text|rtf$|epub/, 'document'],
  [/zip|x-tar|gzip|x-7z|rar|x-xz|x-bzip/, 'archive'],
  [/^text\/|^application\/(json|xml|yaml|toml|javascript|x-sh)$/, 'text'],
];

const BY_ENDING: Readonly<Record<string, FileSort>> = {
  pdf: 'pdf',
  ...endings('archive', 'zip tar gz tgz 7z rar xz bz2 zst'),
  ...endings('sheet', 'xls xlsx ods csv'),
  ...endings('slides', 'ppt pptx odp key'),
  ...endings('document', 'doc docx odt rtf epub pages'),
  ...endings(
    'text',
    'txt md log json xml yaml yml toml ini conf cfg diff patch ts js mjs css py rb rs go c h cpp hpp java kt swift sh bat sql tex srt vtt',
  ),
};

export function sortOf({ mime, name, view }: Pick<Attachment, 'mime' | 'name' | 'view'>): FileSort {
  if (view.kind === 'picture' || view.kind === 'video' || view.kind === 'audio') return view.kind;
  if (view.kind === 'voice') return 'audio';
  return BY_MIME.find(([pattern]) => pattern.test(mime))?.[1] ?? byEnding(name);
}

function byEnding(name: string): FileSort {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(BY_ENDING, ending) ? (BY_ENDING[ending] ?? 'other') : 'other';
}

function endings(sort: FileSort, list: string): Readonly<Record<string, FileSort>> {
  return Object.fromEntries(list.split(' ').map((ending) => [ending, sort]));
}
