/** A picture somebody chose, made small enough to travel inside an operation of the group. */
import { MAX_PICTURE_BYTES } from '../../protocol/group-operation.ts';
import { fail, succeed, type Result } from '../../lib/result.ts';
import type { Bytes } from '../../lib/bytes.ts';

/** Pixels along one side: sharp at twice the largest size it is shown at on most screens. */
const SIDES = [160, 128, 96, 64] as const;
const QUALITIES = [0.85, 0.7, 0.5] as const;

/** The middle square of the picture, as WebP of at most MAX_PICTURE_BYTES (PNG where the browser makes no WebP). */
export async function scalePicture(file: Blob): Promise<Result<Bytes, { readonly kind: 'picture-unreadable' }>> {
  const source = await readPicture(file);
  if (!source) return fail({ kind: 'picture-unreadable' });
  try {
    for (const side of SIDES) {
      const canvas = drawSquare(source, side);
      for (const quality of QUALITIES) {
        const blob = await encode(canvas, quality);
        if (blob && blob.size <= MAX_PICTURE_BYTES) return succeed(new Uint8Array(await blob.arrayBuffer()));
      }
    }
    return fail({ kind: 'picture-unreadable' });
  } finally {
    source.close();
  }
}

async function readPicture(file: Blob): Promise<ImageBitmap | undefined> {
  try {
    return await createImageBitmap(file);
  } catch {
    // The one way the browser says that a file is no picture it knows; the person is told.
    return undefined;
  }
}

function drawSquare(source: ImageBitmap, side: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const short = Math.min(source.width, source.height);
  const context = canvas.getContext('2d');
  if (context) {
    context.imageSmoothingQuality = 'high';
    context.drawImage(source, (source.width - short) / 2, (source.height - short) / 2, short, short, 0, 0, side, side);
  }
  return canvas;
}

function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', quality));
}
