/** The files of an open account as the screens see them. */
import type { Chat } from '../chat/chat.ts';
import type { Files } from '../files/files.ts';
import type { Groups } from '../groups/groups.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { readDropped, readFolder } from '../platform/folder-reading.ts';
import { keepsTraces } from '../platform/prepare-picture.ts';
import type { ReadPart } from '../platform/save-file.ts';
import { MAX_TEXT_BYTES } from '../protocol/content.ts';
import { MAX_FILE_TEXT_BYTES } from '../protocol/group-message.ts';
import type { ConversationId, FileId, MessageId } from '../protocol/ids.ts';
import type { Attachment } from '../session/attachment.ts';
import { MAX_BLOB_BYTES, type Files as FileVerbs, type FileSendFailure } from '../ui/files/contract.ts';
import { FileSending, type Caption } from './file-sending.ts';
import type { FileSurroundings } from './file-surroundings.ts';
import { orStorageFailure } from './storage-failure.ts';

/** Read at a time of what is collected in memory. */
const PIECE_BYTES = 4 * 2 ** 20;
const NOTHING_SAID: Caption = { text: '', mentions: undefined };
const NOBODY = { all: false, accounts: [] };

export interface FileVerbsOptions {
  readonly files: Files;
  readonly chat: Pick<Chat, 'message' | 'sendFile'>;
  readonly groups: Pick<Groups, 'groupOf' | 'sendFile'>;
  readonly surroundings: FileSurroundings;
  readonly clock: Clock;
}

/** `close`: what is being prepared is given up, addresses are dead, what is being saved ends. */
export function createFileVerbs(options: FileVerbsOptions): { readonly verbs: FileVerbs; close(): Promise<void> } {
  const { files, chat, surroundings } = options;
  const open = new AbortController();
  const post = (conversation: ConversationId, manifest: Bytes, caption: Caption) => postFile(options, conversation, manifest, caption);
  const sending = createSending(options, post);
  const stopWatching = watchFlow(files, sending, surroundings.flowing);
  const verbs: FileVerbs = {
    send: (conversation, items, text, mentions) => sending.send(conversation, items, { text, mentions }),
    preparing: sending.preparing,
    cancelPreparing: (id) => sending.cancel(id),
    readDropped,
    readFolder,
    keepsTraces,
    recorder: surroundings.recorder,
    forward: (place, to) =>
      orStorageFailure(async () => {
        const file = (await chat.message(place.conversation, place.message))?.file;
        const manifest = file && (await files.manifestOf(file.file));
        if (!manifest) return fail({ kind: 'unreadable' });
        for (const conversation of to) {
          const posted = await post(conversation, manifest, NOTHING_SAID);
          if (!posted.ok) return posted;
        }
        return succeed(undefined);
      }),
    watch: (file) => files.watch(file),
    download: (file) => files.download(file),
    pause: (file) => files.pause(file),
    cancel: (file) => files.cancel(file),
    transfers: files.transfers,
    address: async (file) => {
      const attachment = await attachmentOf(files, file);
      if (!attachment) return undefined;
      const { size, name } = attachment;
      return surroundings.addresses.publish({
        size,
        name,
        disposition: 'inline',
        read: (from, to, signal) => readArriving(files, file, from, to, signal),
        signal: open.signal,
      });
    },
    bytes: (file) => collect(files, file),
    save: async (file, progress) => {
      const attachment = await attachmentOf(files, file);
      if (!attachment) return fail({ kind: 'not-here' });
      const read: ReadPart = (from, to, signal) => readArriving(files, file, from, to, signal);
      return surroundings.save({ name: attachment.name, size: attachment.size, read }, progress, open.signal);
    },
    inConversation: (conversation) => files.inConversation(conversation),
    usage: files.usage,
    free: (gone) => files.free(gone),
    settings: files.settings,
    change: (settings) => files.change(settings),
  };
  return {
    verbs,
    close: async () => {
      stopWatching();
      open.abort();
      await sending.close();
    },
  };
}

type Post = (conversation: ConversationId, manifest: Bytes, caption: Caption) => Promise<Result<MessageId, FileSendFailure>>;

function createSending({ files, groups, surroundings, clock }: FileVerbsOptions, post: Post): FileSending {
  return new FileSending({
    clock,
    prepare: (item) => surroundings.prepare(item),
    takeIn: async ({ source, name, mime, view }, how) => {
      const taken = await files.takeIn(source, { name, mime, view }, how);
      if (!taken.ok) return taken;
      const { manifest, attachment } = taken.value;
      return succeed({ manifest, discard: () => files.discard(attachment.file) });
    },
    post,
    captionLimit: (conversation) => (groups.groupOf(conversation) ? MAX_FILE_TEXT_BYTES : MAX_TEXT_BYTES),
  });
}

async function postFile(
  { chat, groups }: Pick<FileVerbsOptions, 'chat' | 'groups'>,
  conversation: ConversationId,
  manifest: Bytes,
  { text, mentions = NOBODY }: Caption,
): Promise<Result<MessageId, FileSendFailure>> {
  const group = groups.groupOf(conversation);
  return group ? groups.sendFile(group, text, mentions, manifest) : chat.sendFile(conversation, text, manifest);
}

/** Told whether anything is being prepared, fetched or given. Returns its undo, after which nothing is. */
function watchFlow(files: Files, { preparing }: FileSending, flowing: (isFlowing: boolean) => void): () => void {
  const counts = { preparing: 0, transfers: 0 };
  let was = false;
  const tell = (): void => {
    const is = counts.preparing + counts.transfers > 0;
    if (is !== was) flowing(is);
    was = is;
  };
  const watching = [
    preparing.subscribe(({ length }) => {
      counts.preparing = length;
      tell();
    }),
    files.transfers.subscribe(({ length }) => {
      counts.transfers = length;
      tell();
    }),
  ];
  return () => {
    for (const each of watching) each.unsubscribe();
    if (was) flowing(false);
  };
}

async function attachmentOf(files: Files, file: FileId): Promise<Attachment | undefined> {
  const manifest = await files.manifestOf(file);
  return manifest && files.read(manifest);
}

/** Waits for what is still to come; undefined when it is not coming. */
async function readArriving(files: Files, file: FileId, from: number, to: number, signal: AbortSignal): Promise<Bytes | undefined> {
  const release = files.need(file, from, to);
  try {
    return (await files.whenHere(file, from, to, signal)) ? await files.bytes(file, from, to) : undefined;
  } finally {
    release();
  }
}

/** Without a type: what it is to be shown as, its bytes decide. */
async function collect(files: Files, file: FileId): Promise<Blob | undefined> {
  const size = (await attachmentOf(files, file))?.size;
  if (size === undefined || size > MAX_BLOB_BYTES) return undefined;
  const pieces: Bytes[] = [];
  for (let from = 0; from < size; from += PIECE_BYTES) {
    const piece = await files.bytes(file, from, Math.min(size, from + PIECE_BYTES));
    if (!piece) return undefined;
    pieces.push(piece);
  }
  return new Blob(pieces);
}
