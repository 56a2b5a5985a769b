/** What becomes of files, as screens show it. */
import type { AccountId, ConversationId, FileId } from '../protocol/ids.ts';
import type { Attachment, AttachmentPlace } from '../session/attachment.ts';

/** What a bubble shows. */
export interface FileState {
  readonly size: number;
  /** Bytes of it that are here. */
  readonly here: number;
  readonly phase: FilePhase;
  /** Who is being given it now, or was since the account was opened, as far as they told; those who have all of it too. */
  readonly takers: readonly FileTaker[];
}

export type FilePhase =
  /** Waits for the person's word: it is larger than what comes by itself. */
  | { readonly kind: 'offered' }
  /** Nobody who has it can be reached now; it goes on by itself. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'arriving'; readonly speed: Speed }
  | { readonly kind: 'paused' }
  | ({ readonly kind: 'stopped' } & Obstacle)
  | { readonly kind: 'removed' }
  | { readonly kind: 'complete' };

/**
 * It stops until something is done. `disk-full`: `needed` more bytes. `gone`: all who could have it deleted it. `damaged`: what
 * those who have it give is not what the message promised.
 */
export type Obstacle = { readonly why: 'gone' | 'damaged' } | { readonly why: 'disk-full'; readonly needed: number };

/** `remaining`: seconds; undefined until it can be said. */
export interface Speed {
  readonly bytesPerSecond: number;
  readonly remaining: number | undefined;
}

export interface FileTaker {
  readonly account: AccountId;
  /** Bytes that are there. */
  readonly there: number;
  /** Undefined: nothing is flowing. */
  readonly speed: Speed | undefined;
}

export interface Transfer {
  readonly file: FileId;
  readonly attachment: Attachment;
  readonly direction: 'in' | 'out';
  readonly conversation: ConversationId;
  /** 0 to 1. */
  readonly part: number;
  readonly speed: Speed;
}

export interface FileItem {
  readonly attachment: Attachment;
  readonly place: AttachmentPlace;
  readonly isHere: boolean;
}

/** Bytes. */
export interface Usage {
  /** All of this origin, messages too; undefined where the browser does not say. */
  readonly total: { readonly used: number; readonly quota: number } | undefined;
  /** A file that stands in several talks is counted where it stood first. */
  readonly conversations: readonly {
    readonly conversation: ConversationId;
    readonly bytes: number;
    readonly files: readonly (FileItem & { readonly bytes: number })[];
  }[];
}
