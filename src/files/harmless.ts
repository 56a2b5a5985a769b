/** What a manifest says of a file, read as what it is: claims of somebody else (PROTOCOL.md X3). */
import { identifyFile } from '../crypto/file-id.ts';
import { EMPTY, type Bytes } from '../lib/bytes.ts';
import { readPictureSize, type PictureFormat } from '../lib/picture-header.ts';
import { decode, encode } from '../protocol/codec.ts';
import { fileManifest, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_THUMBNAIL_BYTES, type FileManifest } from '../protocol/file-manifest.ts';
import type { FileId } from '../protocol/ids.ts';
import type { Attachment, AttachmentView } from '../session/attachment.ts';
import { harmlessFileName } from './file-name.ts';

/** Decoded, a pixel takes four bytes: 256 MiB. What says it is larger is shown as a file. */
export const MAX_PICTURE_PIXELS = 2 ** 26;
/** Either side of a small picture; ours have some 320. */
const MAX_THUMBNAIL_PIXELS = 1_024;
/** Those that small pictures are made as; each more would be a decoder more that strangers' bytes reach unasked. */
const THUMBNAIL_FORMATS: ReadonlySet<PictureFormat> = new Set<PictureFormat>(['png', 'jpeg', 'webp']);

const UNKNOWN_TYPE = 'application/octet-stream';
/** RFC 6838 §4.2; parameters are left out. */
const MEDIA_TYPE = /^([a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63})(\s*;.*)?$/s;
/** Pictures that are programs. */
const SCRIPTABLE = 'image/svg';

/** What opens a file and checks it. */
export interface FileSeal {
  readonly file: FileId;
  readonly key: Bytes;
  readonly root: Bytes;
  readonly size: number;
}

/** Undefined when it is no manifest, or speaks of more bytes than there can be. */
export function readManifest(bytes: Bytes): { readonly seal: FileSeal; readonly attachment: Attachment } | undefined {
  if (bytes.length > MAX_MANIFEST_BYTES) return undefined;
  const manifest = decode(fileManifest, bytes);
  if (!manifest.ok || manifest.value.size > MAX_FILE_BYTES) return undefined;
  const { key, root, size, name, mime, view } = manifest.value;
  const file = identifyFile(key, root, size);
  return { seal: { file, key, root, size }, attachment: harmless({ file, size, name, mime, view: viewOf(view) }) };
}

/** The same file for another message. What we call it is harmless already, so nobody's tricks travel on. */
export function writeManifest(seal: FileSeal, { name, mime, view }: Attachment): Bytes {
  const { key, root, size } = seal;
  return encode(fileManifest, { key, root, size, name, mime, view: wireView(view) });
}

export function harmless(attachment: Attachment): Attachment {
  const mime = harmlessMime(attachment.mime);
  return { ...attachment, name: harmlessFileName(attachment.name), mime, view: harmlessView(attachment.view, mime) };
}

function harmlessMime(claimed: string): string {
  return MEDIA_TYPE.exec(claimed.trim().toLowerCase())?.[1] ?? UNKNOWN_TYPE;
}

/** `plain` for whatever its type or its numbers speak against. */
function harmlessView(view: AttachmentView, mime: string): AttachmentView {
  switch (view.kind) {
    case 'picture':
    case 'video': {
      const family = view.kind === 'picture' ? 'image/' : 'video/';
      const isShown = mime.startsWith(family) && !mime.startsWith(SCRIPTABLE) && isVisibleSize(view.width, view.height);
      return isShown ? { ...view, thumbnail: harmlessThumbnail(view.thumbnail) } : { kind: 'plain' };
    }
    case 'audio':
    case 'voice':
      return mime.startsWith('audio/') ? view : { kind: 'plain' };
    case 'plain':
      return view;
  }
}

/** A small picture that says it is small, or none. */
function harmlessThumbnail(thumbnail: Bytes): Bytes {
  const size = readPictureSize(thumbnail);
  if (size === undefined || size === 'incomplete' || !THUMBNAIL_FORMATS.has(size.format)) return EMPTY;
  const isSmall = Math.max(size.width, size.height) <= MAX_THUMBNAIL_PIXELS && thumbnail.length <= MAX_THUMBNAIL_BYTES;
  return isSmall ? thumbnail : EMPTY;
}

function isVisibleSize(width: number, height: number): boolean {
  return width > 0 && height > 0 && width * height <= MAX_PICTURE_PIXELS;
}

function viewOf({ type, ...rest }: FileManifest['view']): AttachmentView {
  return { kind: type, ...rest } as AttachmentView;
}

function wireView({ kind, ...rest }: AttachmentView): FileManifest['view'] {
  return { type: kind, ...rest } as FileManifest['view'];
}
