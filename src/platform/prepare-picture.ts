/**
 * Makes a picture ready to be sent: smaller, upright, and without what cameras and programs wrote into it (above all the
 * place). Nothing is decoded whose size was not looked at before.
 */
import type { Bytes } from '../lib/bytes.ts';
import { draw, drawThumbnail, sizeWithin, type Encoding, type Size } from './drawing.ts';
import { cleanPicture } from './picture-cleaning.ts';
import { readPictureHeader, type PictureHeader } from '../lib/picture-header.ts';
import { fits } from './picture-limits.ts';

/** The longer side of what is sent: sharp on any screen it is likely to be seen on. */
const MAX_SENT_SIDE = 2560;
/** Photographs at this quality cannot be told from the original without looking for it. */
const PHOTO_QUALITY = 0.85;
/** Where a picture says its size; more than any camera writes before it. */
const HEADER_BYTES = 1_048_576;
/** What is taken apart is whole in memory. */
const MAX_CLEANED_BYTES = 64 * 2 ** 20;

export interface PictureOptions {
  /** It goes as it is, with whatever its makers wrote into it. */
  readonly original: boolean;
  /** Bytes a thumbnail may have. */
  readonly thumbnailLimit: number;
}

export type PreparedPicture = {
  readonly kind: 'picture';
  readonly blob: Blob;
  readonly mime: string;
  /** Pixels, as it is shown. */
  readonly width: number;
  readonly height: number;
  /** JPEG or WebP; empty when none could be made small enough. */
  readonly thumbnail: Bytes;
  /**
   * `made-anew`: drawn again. `cleaned`: as it was, without what is not the picture; so go pictures that move. `as-is`: byte
   * by byte, because that was wanted, or because it moves and is of a kind, or a size, that is not taken apart (AVIF, above 64 MiB).
   */
  readonly change: 'made-anew' | 'cleaned' | 'as-is';
};

export type NoPicture =
  | { readonly kind: 'plain'; readonly why: 'no-picture' }
  /** A picture this browser cannot read (HEIC mostly), or a broken one: it goes as the file it is, with all that is in it. */
  | { readonly kind: 'plain'; readonly why: 'unreadable' }
  /** More pixels than may be decoded. */
  | { readonly kind: 'plain'; readonly why: 'too-many-pixels' };

/** Rejects only when the file itself can no longer be read (`NotReadableError`). */
export async function preparePicture(file: Blob, options: PictureOptions): Promise<PreparedPicture | NoPicture> {
  const header = readPictureHeader(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()));
  if (header === undefined) return { kind: 'plain', why: 'no-picture' };
  if (header === 'incomplete') return { kind: 'plain', why: 'unreadable' };
  if (!fits(header)) return { kind: 'plain', why: 'too-many-pixels' };
  const image = await decode(file, header);
  if (!image) return { kind: 'plain', why: 'unreadable' };
  try {
    const thumbnail = await drawThumbnail(image, options.thumbnailLimit);
    const made = options.original ? undefined : await makeAnew(file, image, header);
    if (!made && !options.original && !moves(header)) return { kind: 'plain', why: 'unreadable' };
    const { blob, change, width, height } = made ?? { blob: file, change: 'as-is', width: image.width, height: image.height };
    return { kind: 'picture', blob, mime: blob.type || `image/${header.format}`, width, height, thumbnail, change };
  } finally {
    image.close();
  }
}

/**
 * Whether a picture or video would go as it is even where that was not wanted, with whatever its makers wrote into it: videos always,
 * and pictures that are not made anew (above). False of what is neither, and of drawings (SVG). Rejects as `preparePicture` does.
 */
export async function keepsTraces(file: Blob): Promise<boolean> {
  if (file.type.startsWith('video/')) return true;
  if (file.type === 'image/svg+xml') return false;
  const header = readPictureHeader(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()));
  if (header === undefined) return file.type.startsWith('image/');
  if (header === 'incomplete' || !fits(header)) return true;
  if (moves(header)) return header.format === 'avif' || file.size > MAX_CLEANED_BYTES;
  if (header.format !== 'heic') return false;
  const image = await decode(file, header);
  image?.close();
  return !image;
}

interface Made extends Size {
  readonly blob: Blob;
  readonly change: PreparedPicture['change'];
}

async function makeAnew(file: Blob, image: ImageBitmap, header: PictureHeader): Promise<Made | undefined> {
  const whole = { width: image.width, height: image.height };
  if (moves(header)) return clean(file, header, whole);
  const size = sizeWithin(image, MAX_SENT_SIDE);
  const isDrawing = header.format === 'png';
  const drawn = await smallest(image, size, isDrawing ? DRAWING : header.hasAlpha ? TRANSPARENT : PHOTO);
  // A drawing that another program has packed better than the browser does stays as it is.
  const cleaned = isDrawing && size.width === whole.width ? await clean(file, header, whole) : undefined;
  if (cleaned && cleaned.blob.size <= (drawn?.size ?? Infinity)) return cleaned;
  return drawn && { blob: drawn, change: 'made-anew', ...size };
}

/** Screenshots, drawings, what has sharp edges: without loss. */
const DRAWING: readonly Encoding[] = [{ type: 'image/webp', quality: 1 }, { type: 'image/png' }];
const TRANSPARENT: readonly Encoding[] = [{ type: 'image/webp', quality: PHOTO_QUALITY }, { type: 'image/png' }];
const PHOTO: readonly Encoding[] = [{ type: 'image/jpeg', quality: PHOTO_QUALITY }];

async function smallest(image: ImageBitmap, size: Size, encodings: readonly Encoding[]): Promise<Blob | undefined> {
  let best: Blob | undefined;
  for (const encoding of encodings) {
    const blob = await draw(image, size, encoding);
    if (blob && blob.size < (best?.size ?? Infinity)) best = blob;
  }
  return best;
}

async function clean(file: Blob, { format }: PictureHeader, size: Size): Promise<Made | undefined> {
  if (file.size > MAX_CLEANED_BYTES) return undefined;
  const cleaned = cleanPicture(new Uint8Array(await file.arrayBuffer()), format);
  return cleaned && { blob: new Blob([cleaned], { type: `image/${format}` }), change: 'cleaned', ...size };
}

/** Whether a canvas would lose something: any GIF may move, and is small enough if it does not. */
function moves({ format, isAnimated }: PictureHeader): boolean {
  return isAnimated || format === 'gif';
}

/** Upright. Undefined when this browser cannot. */
async function decode(file: Blob, { format }: PictureHeader): Promise<ImageBitmap | undefined> {
  // Only of bytes whose format was seen: a type that says something else, SVG for one, is not asked.
  const picture = file.slice(0, file.size, `image/${format}`);
  try {
    return await createImageBitmap(picture, { imageOrientation: 'from-image' });
  } catch (reason) {
    if (reason instanceof DOMException) return undefined;
    throw reason;
  }
}
