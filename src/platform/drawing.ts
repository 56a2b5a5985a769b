/** Drawing pictures anew, smaller, with nothing in them but what is seen. */
import type { Bytes } from '../lib/bytes.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a thumbnail may measure on its longer side, tried in turn until it is small enough in bytes. */
const THUMBNAIL_SIDES = [320, 240, 160, 96];
/** WebP first: it keeps transparency and is smaller. A browser that cannot write it gives something else. */
const THUMBNAIL_ENCODINGS = [
  { type: 'image/webp', quality: 0.75 },
  { type: 'image/jpeg', quality: 0.7 },
  { type: 'image/jpeg', quality: 0.45 },
] as const;

const WHITE = '#ffffff';

export interface Encoding {
  readonly type: 'image/jpeg' | 'image/png' | 'image/webp';
  /** 0 to 1; WebP of 1 is lossless. */
  readonly quality?: number;
}

/** The largest size of the same shape whose sides are at most `side`; never larger than it was. */
export function sizeWithin({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Undefined where this browser cannot write the type, or has no memory for it. */
export async function draw(image: ImageBitmap, { width, height }: Size, { type, quality }: Encoding): Promise<Blob | undefined> {
  const sheet = createSheet(width, height);
  if (!sheet.pen) return undefined;
  sheet.pen.imageSmoothingQuality = 'high';
  if (type === 'image/jpeg') {
    // What is transparent would turn black.
    sheet.pen.fillStyle = WHITE;
    sheet.pen.fillRect(0, 0, width, height);
  }
  sheet.pen.drawImage(image, 0, 0, width, height);
  try {
    const blob = await sheet.encode(type, quality);
    return blob?.type === type ? blob : undefined;
  } catch (reason) {
    // HTML §4.12.5.3: nothing could be made of it.
    if (reason instanceof DOMException) return undefined;
    throw reason;
  }
}

/** A picture of at most 320 pixels and `limit` bytes; empty when that cannot be made. */
export async function drawThumbnail(image: ImageBitmap, limit: number): Promise<Bytes> {
  for (const side of THUMBNAIL_SIDES) {
    for (const encoding of THUMBNAIL_ENCODINGS) {
      const blob = await draw(image, sizeWithin(image, side), encoding);
      if (blob && blob.size <= limit) return new Uint8Array(await blob.arrayBuffer());
    }
  }
  return new Uint8Array(0);
}

interface Sheet {
  readonly pen: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  encode(type: string, quality: number | undefined): Promise<Blob | null>;
}

/** Where there is one, a canvas that is no part of the page: it is encoded beside the page's own work. */
function createSheet(width: number, height: number): Sheet {
  if ('OffscreenCanvas' in globalThis) {
    const canvas = new OffscreenCanvas(width, height);
    return { pen: canvas.getContext('2d'), encode: (type, quality = 1) => canvas.convertToBlob({ type, quality }) };
  }
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return { pen: canvas.getContext('2d'), encode: (type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality)) };
}
