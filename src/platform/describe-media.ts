/** What a film or a piece of sound is like, before it is sent: how long, how large, and what it looks like. */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { drawThumbnail } from './drawing.ts';
import { shownType, SNIFFED_BYTES } from './shown-type.ts';

/** A browser that has not read the beginning by then never will, or is too busy: the file goes without. */
const PATIENCE_MS = 8000;
/** Films begin black. */
const THUMBNAIL_AT_SECONDS = 1;
/** Beyond the end of anything: a recording without a duration is looked through to its end for it. */
const FAR_SECONDS = 1e9;
const MAX_SIDE = 0xffff;
const MAX_DURATION_MS = 0xffff_ffff;

/** Milliseconds; pixels, as it is shown. */
export type MediaFacts =
  | { readonly kind: 'video'; readonly width: number; readonly height: number; readonly duration: number; readonly thumbnail: Bytes }
  | { readonly kind: 'audio'; readonly duration: number };

export interface MediaSurroundings {
  readonly page: Document;
  readonly clock: Pick<Clock, 'after'>;
  /** Bytes a thumbnail may have. */
  readonly thumbnailLimit: number;
}

/** Undefined: neither, or nothing this browser can play. Never takes longer than some seconds, whatever the file is. */
export async function describeMedia(file: Blob, { page, clock, thumbnailLimit }: MediaSurroundings): Promise<MediaFacts | undefined> {
  const type = shownType(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  if (!type?.startsWith('video/') && !type?.startsWith('audio/')) return undefined;
  const player = page.createElement('video');
  const patience = new AbortController();
  const cancel = clock.after(PATIENCE_MS, () => patience.abort());
  const url = URL.createObjectURL(file.slice(0, file.size, type));
  try {
    player.muted = true;
    player.preload = 'auto';
    player.src = url;
    if (!(await happened(player, 'loadedmetadata', patience.signal))) return undefined;
    const duration = await durationOf(player, patience.signal);
    const { videoWidth: width, videoHeight: height } = player;
    if (width === 0 || width > MAX_SIDE || height > MAX_SIDE) return { kind: 'audio', duration };
    return { kind: 'video', width, height, duration, thumbnail: await thumbnailOf(player, thumbnailLimit, patience.signal) };
  } finally {
    cancel();
    // Frees the decoder at once, not when it is collected.
    player.removeAttribute('src');
    player.load();
    URL.revokeObjectURL(url);
  }
}

async function durationOf(player: HTMLVideoElement, signal: AbortSignal): Promise<number> {
  if (player.duration === Infinity) {
    player.currentTime = FAR_SECONDS;
    await happened(player, 'durationchange', signal);
  }
  const { duration } = player;
  return Number.isFinite(duration) ? Math.min(MAX_DURATION_MS, Math.round(duration * 1000)) : 0;
}

async function thumbnailOf(player: HTMLVideoElement, limit: number, signal: AbortSignal): Promise<Bytes> {
  player.currentTime = Number.isFinite(player.duration) ? Math.min(THUMBNAIL_AT_SECONDS, player.duration / 2) : 0;
  if (!(await happened(player, 'seeked', signal))) return new Uint8Array(0);
  let image: ImageBitmap | undefined;
  try {
    image = await createImageBitmap(player);
    return await drawThumbnail(image, limit);
  } catch (reason) {
    // No frame at that place.
    if (reason instanceof DOMException) return new Uint8Array(0);
    throw reason;
  } finally {
    image?.close();
  }
}

/** False when it cannot be played, or takes too long. */
function happened(player: HTMLVideoElement, event: 'loadedmetadata' | 'durationchange' | 'seeked', signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || player.error) return Promise.resolve(false);
  return new Promise((resolve) => {
    const listening = new AbortController();
    const settle = (did: boolean) => (): void => {
      listening.abort();
      resolve(did);
    };
    player.addEventListener(event, settle(true), { signal: listening.signal });
    player.addEventListener('error', settle(false), { signal: listening.signal });
    signal.addEventListener('abort', settle(false), { signal: listening.signal });
  });
}
