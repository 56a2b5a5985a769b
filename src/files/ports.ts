/** What files are, and what the room needs from outside: a shelf for their bytes, a store for what is known of them. */
import type { Bytes } from '../lib/bytes.ts';
import type { Observable } from '../lib/observable.ts';
import type { Result } from '../lib/result.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { AccountId, ConversationId, FileId } from '../protocol/ids.ts';
import type { Attachment, AttachmentPlace } from '../session/attachment.ts';

// ————— what is known of a file —————

/** What a person, or the setting, has decided about a file. What is here of it, the shelf knows. */
export type FileWish =
  /** Larger than what comes by itself: waits for the person's word. */
  | 'offered'
  /** To be here: fetched whenever somebody who has it can be reached. */
  | 'wanted'
  /** By the person: nothing is fetched, and nothing given. */
  | 'paused'
  /** All of it is here, and given to whoever asks. */
  | 'complete'
  /** Deleted from this browser to make room, or declined; can be fetched again. */
  | 'removed';

/** Saved, sealed. */
export interface FileRecord {
  readonly file: FileId;
  /** 32 bytes; never leaves this room but in a manifest. */
  readonly key: Bytes;
  readonly root: Bytes;
  readonly attachment: Attachment;
  readonly wish: FileWish;
  /** Its name on the shelf; random. */
  readonly slot: string;
  /** Messages that have it, oldest first; never empty. */
  readonly places: readonly AttachmentPlace[];
}

export interface FileStore extends Committer {
  all(): Promise<readonly FileRecord[]>;
  record(file: FileId): Promise<FileRecord | undefined>;
  /** Writes it whole; `update` gets what is there inside the transaction and answers with what shall be. */
  update(file: FileId, update: (before: FileRecord | undefined) => FileRecord | undefined): Write;
  delete(file: FileId): Write;
  settings(): Promise<FileSettings | undefined>;
  putSettings(settings: FileSettings): Write;
}

export interface FileSettings {
  /** Files above so many bytes wait to be asked for; undefined: all come by themselves. */
  readonly askAbove: number | undefined;
}

// ————— the shelf —————

/** What a person wants to send, as the browser gives it: a `Blob`, or the files of a folder that become one archive. Read by the shelf alone. */
export type FileSource =
  { readonly kind: 'blob'; readonly blob: Blob } | { readonly kind: 'folder'; readonly entries: readonly FolderEntry[] };
export interface FolderEntry {
  /** Path below the folder, `/` between its parts. */
  readonly path: string;
  readonly blob: Blob;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export type ShelfFailure =
  /** `needed`, `free`: bytes; free as far as the browser tells. */
  | { readonly kind: 'disk-full'; readonly needed: number; readonly free: number }
  /** The source changed, or can no longer be read. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'cancelled' }
  /** This browser has no place for files, or does not let us have it. */
  | { readonly kind: 'no-shelf' };

/** What a slot holds. */
export interface Layout {
  readonly file: FileId;
  readonly root: Bytes;
  readonly size: number;
}

/**
 * Files on disk, as sealed chunks. Nothing that is kept was not verified; what is told as kept survives the page being killed.
 * A slot is worked on by one caller at a time; calls on one slot are carried out in order.
 */
export interface FileShelf {
  /** Seals a source into a new slot, chunk by chunk. `progress`: bytes of plaintext so far. Nothing is left behind when it fails. */
  takeIn(
    slot: string,
    source: FileSource,
    key: Bytes,
    options: { readonly progress: (bytes: number) => void; readonly signal: AbortSignal },
  ): Promise<Result<{ readonly root: Bytes; readonly size: number }, ShelfFailure>>;
  /** Gets a slot ready for a file that is to come, or looks at what is there already. Refused when it cannot fit. */
  open(slot: string, layout: Layout): Promise<Result<Shelved, ShelfFailure>>;
  /** Hashes of the chunks from `from` on. `wrong`: the outline they complete is not the file's; all hashes are forgotten. */
  putOutline(slot: string, from: number, hashes: Bytes): Promise<Result<'more' | 'complete', ShelfFailure | { readonly kind: 'wrong' }>>;
  /**
   * Verified against the outline and then written. `wrong`: not this chunk; nothing was written. Takes `sealed` over, and all of
   * the buffer it lies in: a chunk is copied nowhere on its way from a link to the disk.
   */
  put(slot: string, index: number, sealed: Bytes): Promise<Result<'kept' | 'had', ShelfFailure | { readonly kind: 'wrong' }>>;
  /** A sealed chunk as it lies there; undefined when it does not, or the disk cannot be read. */
  read(slot: string, index: number): Promise<Bytes | undefined>;
  readOutline(slot: string, from: number, count: number): Promise<Bytes | undefined>;
  /** Plaintext of the bytes `from` up to, not including, `to`; undefined when one of their chunks is not here or does not open. */
  readPlain(slot: string, layout: Layout, key: Bytes, from: number, to: number): Promise<Bytes | undefined>;
  /** Closes the slot's handle; what is asked of it later opens it again. */
  release(slot: string): Promise<void>;
  remove(slot: string): Promise<void>;
  slots(): Promise<readonly string[]>;
  /** Bytes this origin uses and may use; undefined where the browser does not say. */
  room(): Promise<{ readonly used: number; readonly quota: number } | undefined>;
}

export interface Shelved {
  /** The hashes that are here, counted from the first without gaps. */
  readonly hashes: number;
  /** The chunks that are here, in order, apart from each other. */
  readonly runs: readonly { readonly from: number; readonly to: number }[];
}

// ————— who may have what —————

/** Whom a file can be had from, or has to be given to, besides the author of the message. */
export interface Audience {
  /** Contacts or members who see this talk, without myself. */
  of(conversation: ConversationId): readonly AccountId[];
  /** Told when they may have changed. */
  readonly changes: Observable<unknown>;
}
