import { SvelteMap } from 'svelte/reactivity';
import type { Attachment, AttachmentPlace } from '../../session/attachment.ts';
import type { FileId, MessageId } from '../../protocol/ids.ts';
import type { Files, SaveFailure } from './contract.ts';
import { asPicture } from './picture-type.ts';
import { Player } from './player.svelte.ts';

/** A file where it was said. */
export interface Placed {
  readonly attachment: Attachment;
  readonly place: AttachmentPlace;
}

type Shown = { readonly kind: 'media' | 'document'; readonly item: Placed };

/** What is open of files, over whichever talk: a picture, a document, the question where to forward to. */
export class FilesView {
  readonly files: Files;
  readonly player: Player;
  shown = $state.raw<Shown>();
  forwarding = $state.raw<Placed>();
  /** How far saving has come, by file; 0 to 1. */
  readonly saving = new SvelteMap<FileId, number>();
  /** What went wrong with a file, said where it stands until something else is tried. */
  failure = $state.raw<{ readonly file: FileId; readonly kind: SaveFailure['kind'] | 'uncopied' }>();
  /** Brings a message of the open talk on screen; set by the talk. */
  seek: (message: MessageId) => void = () => undefined;

  constructor(files: Files) {
    this.files = files;
    this.player = new Player(files);
  }

  /** Called from a click. */
  async save({ file }: Attachment): Promise<void> {
    if (this.saving.has(file)) return;
    this.failure = undefined;
    this.saving.set(file, 0);
    const saved = await this.files.save(file, (part) => {
      this.saving.set(file, part);
    });
    this.saving.delete(file);
    if (!saved.ok && saved.failure.kind !== 'cancelled') this.failure = { file, kind: saved.failure.kind };
  }

  /** Called from a click. Clipboards take PNG alone: anything else is drawn anew. */
  async copyPicture({ file }: Attachment): Promise<void> {
    this.failure = undefined;
    try {
      const png = this.files.bytes(file).then(asPng);
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    } catch {
      // Refused, or no picture after all: either way there is nothing to paste.
      this.failure = { file, kind: 'uncopied' };
    }
  }
}

async function asPng(bytes: Blob | undefined): Promise<Blob> {
  const picture = bytes && (await asPicture(bytes));
  if (!picture) throw new TypeError('This is no picture');
  if (picture.type === 'image/png') return picture;
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/png' });
}
