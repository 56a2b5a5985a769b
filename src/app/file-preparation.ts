/** What somebody wants to send, as it is going to be sent: pictures made anew, and what can be said of a file before it is there. */
import type { FileSource } from '../files/ports.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { describeMedia } from '../platform/describe-media.ts';
import { preparePicture, type PreparedPicture } from '../platform/prepare-picture.ts';
import { shownType, SNIFFED_BYTES } from '../platform/shown-type.ts';
import { MAX_THUMBNAIL_BYTES } from '../protocol/file-manifest.ts';
import type { AttachmentView } from '../session/attachment.ts';
import type { OutgoingFile, Recording } from '../ui/files/contract.ts';

/** Ready to be taken in. */
export interface PreparedFile {
  readonly source: FileSource;
  readonly name: string;
  readonly mime: string;
  readonly view: AttachmentView;
}

export interface PreparationSurroundings {
  readonly page: Document;
  readonly clock: Clock;
}

const ARCHIVE = { mime: 'application/zip', ending: '.zip' };
const UNKNOWN_TYPE = 'application/octet-stream';
/** A side as it stands in manifests. */
const MAX_SIDE = 0xffff;

/** `unreadable`: it was moved or changed since it was chosen, or may not be read. */
export async function prepareFile(
  item: OutgoingFile,
  surroundings: PreparationSurroundings,
): Promise<Result<PreparedFile, { readonly kind: 'unreadable' }>> {
  switch (item.kind) {
    case 'folder':
      return succeed(folderOf(item));
    case 'voice':
      return succeed(voiceOf(item.recording, surroundings.clock.now()));
    case 'file':
      try {
        return succeed(await prepareSingle(item.file, item.original, surroundings));
      } catch (reason) {
        // What else a browser says of files that are gone differs; all of it comes as a DOMException.
        if (reason instanceof DOMException) return fail({ kind: 'unreadable' });
        throw reason;
      }
  }
}

/** What it is called while it is being prepared, and its bytes. `now`: milliseconds since 1970. */
export function nameAndSizeOf(item: OutgoingFile, now: number): { readonly name: string; readonly size: number } {
  switch (item.kind) {
    case 'folder':
      return { name: item.name, size: item.entries.reduce((sum, { file }) => sum + file.size, 0) };
    case 'voice':
      return { name: voiceName(essenceOf(item.recording.blob.type), now), size: item.recording.blob.size };
    case 'file':
      return { name: item.file.name, size: item.file.size };
  }
}

function folderOf({ name, entries }: Extract<OutgoingFile, { readonly kind: 'folder' }>): PreparedFile {
  return {
    source: { kind: 'folder', entries: entries.map(({ path, file }) => ({ path, blob: file, modified: file.lastModified })) },
    name: name + ARCHIVE.ending,
    mime: ARCHIVE.mime,
    view: { kind: 'plain' },
  };
}

function voiceOf({ blob, duration, waveform }: Recording, now: number): PreparedFile {
  const mime = essenceOf(blob.type);
  return {
    source: { kind: 'blob', blob },
    name: voiceName(mime, now),
    mime,
    view: { kind: 'voice', duration: Math.round(duration), waveform },
  };
}

/** By the moment: nobody gives it a name, and it needs one when it is saved. */
function voiceName(mime: string, now: number): string {
  const moment = new Date(now).toISOString().slice(0, 19).replaceAll(':', '.').replace('T', ' ');
  return `${moment}.${VOICE_ENDINGS[mime] ?? 'webm'}`;
}

const VOICE_ENDINGS: Readonly<Record<string, string>> = { 'audio/webm': 'webm', 'audio/ogg': 'ogg', 'audio/mp4': 'm4a' };

async function prepareSingle(file: File, original: boolean, { page, clock }: PreparationSurroundings): Promise<PreparedFile> {
  const picture = await preparePicture(file, { original, thumbnailLimit: MAX_THUMBNAIL_BYTES });
  if (picture.kind === 'picture' && Math.max(picture.width, picture.height) <= MAX_SIDE) return pictureOf(file, picture);
  const media = await describeMedia(file, { page, clock, thumbnailLimit: MAX_THUMBNAIL_BYTES });
  const source: FileSource = { kind: 'blob', blob: file };
  const claimed = essenceOf(file.type);
  if (!media) return { source, name: file.name, mime: claimed, view: { kind: 'plain' } };
  return { source, name: file.name, mime: await playedType(file, claimed, media.kind), view: media };
}

/** Where the name says nothing, or something else, the bytes do; and what has no pictures in it is sound, whatever its container. */
async function playedType(file: File, claimed: string, kind: 'audio' | 'video'): Promise<string> {
  if (claimed.startsWith(`${kind}/`)) return claimed;
  const seen = shownType(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  return (seen ?? claimed).replace(/^(audio|video)\//, `${kind}/`);
}

function pictureOf(file: File, { blob, mime, width, height, thumbnail }: PreparedPicture): PreparedFile {
  const type = essenceOf(mime);
  return {
    source: { kind: 'blob', blob },
    name: type === essenceOf(file.type) ? file.name : withEnding(file.name, type),
    mime: type,
    view: { kind: 'picture', width, height, thumbnail },
  };
}

/** What was made anew in another format is called by it. */
function withEnding(name: string, mime: string): string {
  const ending = mime === 'image/jpeg' ? 'jpg' : mime.replace(/^image\//, '');
  return `${name.replace(/\.[^.]{1,5}$/, '')}.${ending}`;
}

/** The type without its parameters (RFC 6838). */
function essenceOf(type: string): string {
  const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
  return essence === '' ? UNKNOWN_TYPE : essence;
}
