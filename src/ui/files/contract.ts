/** What the screens need for files. `app/` provides it as `Home.files`. */
import type { FileItem, FileState, Transfer, Usage } from '../../files/file-state.ts';
import type { FileSettings, ShelfFailure } from '../../files/ports.ts';
import type { SayFailure } from '../../membership/act-rules.ts';
import type { Observable } from '../../lib/observable.ts';
import type { Result } from '../../lib/result.ts';
import type { ConversationId, FileId, MessageId } from '../../protocol/ids.ts';
import type { AttachmentPlace } from '../../session/attachment.ts';
import type { Mentions } from '../../session/group-talk.ts';

export type { FileItem, FileState, FileTaker, Speed, Transfer, Usage } from '../../files/file-state.ts';

export interface Files {
  // ————— sending —————
  /**
   * Sends each as a message of its own, in order; the text goes with the first that can be stored. Resolves once all are stored (each
   * is shown as sent from then on, and survives whatever happens) or none is left to try. `preparing` tells of them until then. The
   * answers are in the order of the items.
   */
  send(
    conversation: ConversationId,
    items: readonly OutgoingFile[],
    text: string,
    mentions?: Mentions,
  ): Promise<readonly { readonly item: OutgoingFile; readonly result: Result<MessageId, FileSendFailure> }[]>;
  /** Files on their way into the house: being made smaller, sealed and stored. */
  readonly preparing: Observable<readonly PreparingFile[]>;
  cancelPreparing(id: string): void;
  /**
   * The files and whole folders in what was dropped or pasted; without any, nothing. Called within the event, after which the browser
   * closes what it gave.
   */
  readDropped(transfer: DataTransfer): Promise<Gathered>;
  /** What the browser's own dialog gave for a folder, as the folder it was. */
  readFolder(files: readonly File[]): Gathered;
  /**
   * Whether a picture or video goes with what its maker wrote into it (place, camera) whatever is chosen, because it cannot be made
   * anew here. False of all else.
   */
  keepsTraces(file: File): Promise<boolean>;
  /** Undefined where the browser cannot record. */
  readonly recorder: VoiceRecorder | undefined;
  /** The same file to another talk; nothing is copied, and whoever has it serves it. Fetches nothing that is not here. */
  forward(message: AttachmentPlace, to: readonly ConversationId[]): Promise<Result<undefined, FileSendFailure>>;

  // ————— what becomes of each —————
  watch(file: FileId): Observable<FileState>;
  /** Fetch it, or go on fetching it. */
  download(file: FileId): Promise<void>;
  pause(file: FileId): Promise<void>;
  /** Fetched: what came is thrown away, and it can be fetched again. */
  cancel(file: FileId): Promise<void>;
  /** What is under way now, for the line that tells of it all. */
  readonly transfers: Observable<readonly Transfer[]>;

  // ————— having —————
  /**
   * An address of this origin under which this page can show or play the file, whole or still arriving, with ranges; undefined where
   * the browser has no service worker that serves it. Only pictures, sound, video and PDF are served to be shown; `dispose` when done.
   */
  address(file: FileId): Promise<{ readonly url: string; dispose(): void } | undefined>;
  /** The bytes of a complete file of at most MAX_BLOB_BYTES, for a picture or a text; undefined when it is larger or not (whole) here. */
  bytes(file: FileId): Promise<Blob | undefined>;
  /** To a place of the person's choosing, or the browser's downloads. Must be called from a click. */
  save(file: FileId, progress: (part: number) => void): Promise<Result<undefined, SaveFailure>>;

  // ————— keeping house —————
  /** Newest first. */
  inConversation(conversation: ConversationId): Observable<readonly FileItem[]>;
  readonly usage: Observable<Usage | undefined>;
  /** Deletes the bytes of these files from this browser; the messages stay, and whoever has them can give them again. */
  free(files: readonly FileId[]): Promise<void>;
  readonly settings: Observable<FileSettings>;
  change(settings: FileSettings): Promise<void>;
}

/** Enough for any picture worth showing; more is streamed. */
export const MAX_BLOB_BYTES = 256 * 2 ** 20;

/** What somebody wants to send: a file, or a folder with all in it. */
export type ChosenFile = { readonly kind: 'file'; readonly file: File } | Extract<OutgoingFile, { readonly kind: 'folder' }>;

export interface Gathered {
  readonly chosen: readonly ChosenFile[];
  /** Names of what could not be read, of folders with too much in them, and of empty ones. */
  readonly leftOut: readonly string[];
}

export type OutgoingFile =
  /** `original`: pictures go as they are, with whatever their makers wrote into them (place, camera). Otherwise they are made anew. */
  | { readonly kind: 'file'; readonly file: File; readonly original: boolean }
  | { readonly kind: 'folder'; readonly name: string; readonly entries: readonly { readonly path: string; readonly file: File }[] }
  | { readonly kind: 'voice'; readonly recording: Recording };

/** A voice message as it was recorded. Duration in milliseconds; `waveform`: 64 values, 0 to 255. */
export interface Recording {
  readonly blob: Blob;
  readonly duration: number;
  readonly waveform: Uint8Array<ArrayBuffer>;
}

export interface VoiceRecorder {
  /** Asks for the microphone, where it has to, and records at once. */
  begin(): Promise<Result<VoiceRecording, VoiceFailure>>;
}
/** `refused`: by the person or the system. `in-use`: another program keeps it to itself. */
export type VoiceFailure = { readonly kind: 'refused' | 'no-microphone' | 'in-use' };

/** A recording under way. It ends by `finish` or `discard`, after which the microphone is free and nothing may be asked of it. */
export interface VoiceRecording {
  readonly progress: Observable<VoiceProgress>;
  pause(): void;
  resume(): void;
  /** What was recorded so far, to be listened to; asked while it is paused. */
  soFar(): Promise<Blob>;
  finish(): Promise<Recording>;
  discard(): void;
}

/** Told some ten times a second while it records, and when it is paused or goes on. */
export interface VoiceProgress {
  /** `ended`: the microphone went away; what came until then can be had by `finish`. */
  readonly phase: 'recording' | 'paused' | 'ended';
  /** Milliseconds recorded, without pauses. */
  readonly duration: number;
  /** Loudness now, 0 to 255. */
  readonly level: number;
}

export interface PreparingFile {
  readonly id: string;
  readonly conversation: ConversationId;
  readonly name: string;
  /** Bytes; of a folder, of all in it. */
  readonly size: number;
  /** 0 to 1. */
  readonly part: number;
}

export type FileSendFailure = ShelfFailure | SayFailure | { readonly kind: 'text-too-long' | 'storage-full' | 'storage-refused' };
export type SaveFailure = { readonly kind: 'cancelled' | 'not-here' | 'disk-full' | 'refused' };
