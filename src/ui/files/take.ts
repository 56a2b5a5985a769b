/** A file as something the page can show or play. */
import type { Attachment } from '../../session/attachment.ts';
import type { Files } from './contract.ts';
import { asPicture } from './picture-type.ts';

/** Larger pictures are streamed rather than held in memory. Bytes. */
const MAX_HELD_PICTURE = 48 * 2 ** 20;

export interface Taken {
  readonly url: string;
  dispose(): void;
}

/** Sound or video: by its address, whole or still arriving; else by its bytes. Undefined when it cannot be had either way. */
export async function take(files: Files, { file, mime }: Attachment): Promise<Taken | undefined> {
  const address = await files.address(file);
  if (address) return address;
  const bytes = await files.bytes(file);
  // A page or a drawing is never what is played; the type only helps the browser to choose a decoder.
  return bytes && held(/^(audio|video)\//.test(mime) ? bytes.slice(0, bytes.size, mime) : bytes);
}

/** Only when its bytes are those of a picture that can hold nothing else. */
export async function takePicture(files: Files, { file, size }: Attachment): Promise<Taken | undefined> {
  if (size > MAX_HELD_PICTURE) return files.address(file);
  const bytes = await files.bytes(file);
  const picture = bytes && (await asPicture(bytes));
  return picture && held(picture);
}

function held(blob: Blob): Taken {
  const url = URL.createObjectURL(blob);
  return { url, dispose: () => URL.revokeObjectURL(url) };
}
