import type { Words } from '../../i18n/en.ts';
import type { FileId } from '../../protocol/ids.ts';
import type { FilesView } from './files-view.svelte.ts';

/** What went wrong with this file, in words; undefined when nothing did. */
export function failureOf(failure: FilesView['failure'], file: FileId, words: Words): string | undefined {
  return failure?.file === file ? words.files.failures[failure.kind] : undefined;
}
