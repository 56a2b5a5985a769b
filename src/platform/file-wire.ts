/**
 * What page and service worker say to each other about files under addresses of their own.
 *
 * The worker remembers nothing: browsers stop it whenever they like. For every request it asks its pages, with a port of
 * the request's own, who made the address; that page answers on the port, and gives the bytes piece by piece.
 */
import type { Bytes } from '../lib/bytes.ts';

/** Below it stands the token; nothing is ever asked of a server there. */
export const FILE_PATH = '/~file/';

/** At most so much is asked for at a time: four chunks of a file, cut where chunks end, so that none is opened twice. */
export const PIECE_BYTES = 262_144;

/** Worker to page, with a port to answer on. */
export interface FileAsked {
  readonly fileAsked: string;
}

/** Page to worker, so that it is not stopped while it gives a file. */
export const STAY_AWAKE = 'parley-stay-awake';

/** On the port, page to worker: at once, whether the address is its own. */
export type Claim = 'mine' | 'unknown';

/** Then, as soon as the first bytes are here and it is known what they are. */
export interface FileFacts {
  readonly size: number;
  /** Headers as they are to be sent. */
  readonly type: string;
  readonly disposition: string;
}

/** On the port, worker to page: bytes `from` up to, not including, `to`. The next is asked when the one before was answered. */
export interface PieceAsked {
  readonly from: number;
  readonly to: number;
}

/** Null: they cannot be had. */
export type PieceGiven = Bytes | null;

/** On the port, worker to page: no more will be asked. */
export const ENOUGH = 'enough';

export function isFileAsked(message: unknown): message is FileAsked {
  return typeof message === 'object' && message !== null && 'fileAsked' in message && typeof message.fileAsked === 'string';
}
