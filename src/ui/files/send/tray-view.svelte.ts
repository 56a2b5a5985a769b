import type { ConversationId } from '../../../protocol/ids.ts';
import type { Mentions } from '../../../session/group-talk.ts';
import type { ChosenFile, Files, FileSendFailure, Gathered, OutgoingFile } from '../contract.ts';

/** One thing on the tray. `failure`: why it could not be sent, the last time it was tried. */
export interface TrayItem {
  readonly id: number;
  readonly chosen: ChosenFile;
  readonly failure: FileSendFailure | undefined;
  /** It goes with what its maker wrote into it, whatever is chosen. */
  readonly keepsTraces: boolean;
}

/** What is to be sent in one talk. It is kept while the page lives, and leaves only by being sent or taken off. */
export class TrayView {
  items = $state.raw<readonly TrayItem[]>([]);
  /** Pictures go as they are. */
  isOriginal = $state(false);
  /** Folders can take a while to be read. */
  #reading = $state(0);
  /** Nothing in what was given could be read. */
  foundNothing = $state(false);
  /** Names of what was given and does not lie here. */
  leftOut = $state.raw<readonly string[]>([]);
  /** Words that went with what could not be sent, to be written again. */
  #returned = $state.raw('');
  #next = 0;
  readonly #files: Files;
  readonly #conversation: ConversationId;

  constructor(files: Files, conversation: ConversationId) {
    this.#files = files;
    this.#conversation = conversation;
  }

  get isReading(): boolean {
    return this.#reading > 0;
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  /** Bytes, before pictures are made lighter. */
  readonly size = $derived.by(() => this.items.reduce((sum, { chosen }) => sum + sizeOf(chosen), 0));

  /** Whether there is anything the choice of quality is about. */
  readonly hasPictures = $derived.by(() => this.items.some(({ chosen, keepsTraces }) => kindOf(chosen) === 'picture' && !keepsTraces));

  add(chosen: readonly ChosenFile[]): void {
    this.#add({ chosen, leftOut: [] });
  }

  #add({ chosen, leftOut }: Gathered): void {
    const added = chosen.map((each): TrayItem => ({ id: this.#next++, chosen: each, failure: undefined, keepsTraces: false }));
    this.items = [...this.items, ...added];
    this.leftOut = leftOut;
    this.foundNothing = chosen.length === 0;
    for (const { id, chosen: each } of added) if (each.kind === 'file') void this.#lookFor(id, each.file);
  }

  async #lookFor(id: number, file: File): Promise<void> {
    // What cannot be read is told when it is sent.
    const keepsTraces = await this.#files.keepsTraces(file).catch(() => false);
    if (keepsTraces) this.items = this.items.map((item) => (item.id === id ? { ...item, keepsTraces } : item));
  }

  /** Adds what is being read. */
  async addWhenRead(reading: Promise<Gathered>): Promise<void> {
    this.#reading += 1;
    try {
      this.#add(await reading);
    } finally {
      this.#reading -= 1;
    }
  }

  /** What the browser's dialog for folders gave. */
  addFolder(files: readonly File[]): void {
    this.#add(this.#files.readFolder(files));
  }

  /** What was dropped or pasted; within the event. */
  addDropped(transfer: DataTransfer): void {
    void this.addWhenRead(this.#files.readDropped(transfer));
  }

  remove(id: number): void {
    this.items = this.items.filter((item) => item.id !== id);
  }

  clear(): void {
    this.items = [];
    this.leftOut = [];
    this.foundNothing = false;
  }

  /**
   * Sends all there is, and the text with the first of it. The tray is empty at once: what is on its way is shown in the talk.
   * What could not be sent comes back, with why; the text too, when it went with nothing. True when nothing came back.
   */
  async send(text: string, mentions?: Mentions): Promise<boolean> {
    const sent = this.items;
    this.clear();
    const outgoing = sent.map(({ chosen }) => this.#outgoing(chosen));
    const results = await this.#files.send(this.#conversation, outgoing, text, mentions);
    const back = results.flatMap(({ result }, at): readonly TrayItem[] => {
      const item = sent[at];
      return result.ok || !item ? [] : [{ ...item, failure: result.failure }];
    });
    this.items = [...back, ...this.items];
    if (back.length === sent.length) this.#returned = text;
    return back.length === 0;
  }

  /** The words of what could not be sent, once. */
  takeReturned(): string {
    const text = this.#returned;
    this.#returned = '';
    return text;
  }

  get hasReturned(): boolean {
    return this.#returned !== '';
  }

  #outgoing(chosen: ChosenFile): OutgoingFile {
    return chosen.kind === 'file' ? { ...chosen, original: this.isOriginal } : chosen;
  }
}

export type TrayKind = 'picture' | 'video' | 'audio' | 'file' | 'folder';

/** What it is by what the browser says of it. SVG is a document: it is never made anew, nor shown from a file. */
export function kindOf(chosen: ChosenFile): TrayKind {
  if (chosen.kind === 'folder') return 'folder';
  const { type } = chosen.file;
  if (type === 'image/svg+xml') return 'file';
  if (type.startsWith('image/')) return 'picture';
  if (type.startsWith('video/')) return 'video';
  return type.startsWith('audio/') ? 'audio' : 'file';
}

export function nameOf(chosen: ChosenFile): string {
  return chosen.kind === 'folder' ? chosen.name : chosen.file.name;
}

/** Bytes; of a folder, of all in it. */
export function sizeOf(chosen: ChosenFile): number {
  return chosen.kind === 'folder' ? chosen.entries.reduce((sum, { file }) => sum + file.size, 0) : chosen.file.size;
}
