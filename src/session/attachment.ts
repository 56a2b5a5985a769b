/**
 * Files in messages, as the rooms that tell of them see them. The features never import each other: chat and groups, who carry
 * what a message says of a file, and files, who know what it means, meet here.
 */
import type { Bytes } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import type { AccountId, ConversationId, FileId, MessageId } from '../protocol/ids.ts';

/** A file as a message shows it, made harmless. The key that opens it is not here: the files' room keeps it. */
export interface Attachment {
  readonly file: FileId;
  /** One line, no path, nothing a file system or a reader could take for something else. Never empty. */
  readonly name: string;
  /** `type/subtype`, lower case; `application/octet-stream` for what is not well-formed. Still the sender's claim. */
  readonly mime: string;
  /** Bytes. */
  readonly size: number;
  readonly view: AttachmentView;
}

/** How it wants to be shown. Sizes in pixels, durations in milliseconds. */
export type AttachmentView =
  | { readonly kind: 'plain' }
  | { readonly kind: 'picture'; readonly width: number; readonly height: number; readonly thumbnail: Bytes }
  | {
      readonly kind: 'video';
      readonly width: number;
      readonly height: number;
      readonly duration: number;
      readonly thumbnail: Bytes;
    }
  | { readonly kind: 'audio'; readonly duration: number }
  /** `waveform`: loudness 0 to 255 of 64 equal parts. */
  | { readonly kind: 'voice'; readonly duration: number; readonly waveform: Bytes };

/** A message that has a file. */
export interface AttachmentPlace {
  readonly conversation: ConversationId;
  readonly message: MessageId;
  /** Who sent it; myself for what I sent. */
  readonly author: AccountId;
  readonly wall: number;
}

/** What chat and groups ask of the files' room. */
export interface AttachmentKeeper {
  /** What a manifest says, made harmless; undefined when it is none or lies where it can be seen (X3): such a message shows its text alone. */
  read(manifest: Bytes): Attachment | undefined;
  /** The changes that remember a file that came, or went, in a message; saved with the message. The manifest was readable. */
  keep(place: AttachmentPlace, manifest: Bytes): Promise<readonly Write[]>;
  /** The message is gone: its file goes too if no other message has it. */
  drop(conversation: ConversationId, messages: readonly MessageId[] | 'all'): Promise<readonly Write[]>;
}
