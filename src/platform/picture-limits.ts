/** Which pictures may be decoded here. */
import { readPictureHeader, type PictureSize } from '../lib/picture-header.ts';

/** The longest side. Graphics hardware stops here, and decoders before long. */
export const MAX_PICTURE_SIDE = 16_384;
/** 100 megapixels are 400 MB when decoded: more than any camera in a pocket makes, and as much as a tab survives. */
const MAX_PICTURE_PIXELS = 100_000_000;

/** Whether a picture that begins with these bytes may be decoded: its size is told and can be held. */
export function isSafePicture(start: Uint8Array): boolean {
  const header = readPictureHeader(start);
  return header !== undefined && header !== 'incomplete' && fits(header);
}

export function fits({ width, height }: Pick<PictureSize, 'width' | 'height'>): boolean {
  return Math.max(width, height) <= MAX_PICTURE_SIDE && width * height <= MAX_PICTURE_PIXELS;
}
