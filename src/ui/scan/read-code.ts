/**
 * Finds a QR code in a picture. `BarcodeDetector`, where browsers have it, gives text alone; safety codes are bytes
 * (ISO/IEC 18004, byte mode), so every browser reads them with the same decoder. It is loaded when first needed.
 */

/** A picture is looked at no larger than this along its longer side, in pixels: codes need less, and time goes with the area. */
const LARGEST_SIDE = 1_000;

export interface ReadCode {
  readonly bytes: Uint8Array;
  /** What the bytes say as text; empty where they say none. */
  readonly text: string;
}

/** Looks at pictures, one after another, through one canvas. */
export class CodeReader {
  readonly #canvas = document.createElement('canvas');

  /** Undefined when there is no code to be found. Some ten milliseconds. */
  async read(picture: CanvasImageSource, width: number, height: number): Promise<ReadCode | undefined> {
    const { default: jsQr } = await import('jsqr');
    const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
    const canvas = this.#canvas;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context || canvas.width === 0 || canvas.height === 0) return undefined;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQr(data, canvas.width, canvas.height);
    return found ? { bytes: Uint8Array.from(found.binaryData), text: found.data } : undefined;
  }

  /** As `read`, of a file. What is no picture has no code in it. */
  async readFile(file: Blob): Promise<ReadCode | undefined> {
    const bitmap = await createImageBitmap(file).catch(() => undefined);
    if (!bitmap) return undefined;
    try {
      return await this.read(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  }
}
