import type { LastFile } from '../../chat/ports.ts';
import type { Speech } from '../speech.svelte.ts';

/** A file as the list of talks names it: by its kind where that says enough, else by its name. */
export function lastFileSentence({ kind, name, duration }: LastFile, { words, format }: Pick<Speech, 'words' | 'format'>): string {
  if (kind === 'plain' || kind === 'audio') return name;
  const said = words.files.kinds[kind];
  return duration === undefined ? said : words.files.lengthOf(said, format.clock(duration));
}
