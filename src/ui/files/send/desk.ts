import type { ConversationId } from '../../../protocol/ids.ts';
import type { Files } from '../contract.ts';
import { VoiceView } from '../voice-recorder/voice-view.svelte.ts';
import { TrayView } from './tray-view.svelte.ts';

/** What lies ready in one talk besides the text. */
export interface Desk {
  readonly files: Files;
  readonly tray: TrayView;
  /** Undefined where the browser cannot record. */
  readonly voice: VoiceView | undefined;
}

/** A desk for each talk, kept while the page lives: whoever comes back to a talk finds it as it was. */
export class Desks {
  readonly #files: Files;
  readonly #desks = new Map<ConversationId, Desk>();

  constructor(files: Files) {
    this.#files = files;
  }

  at(conversation: ConversationId): Desk {
    const known = this.#desks.get(conversation);
    if (known) return known;
    const files = this.#files;
    const desk = {
      files,
      tray: new TrayView(files, conversation),
      voice: files.recorder && new VoiceView(files, files.recorder, conversation),
    };
    this.#desks.set(conversation, desk);
    return desk;
  }
}
