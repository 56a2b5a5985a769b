/** A house that knows no files: what tests and benchmarks of other rooms have in place of the files' room. */
import type { AttachmentKeeper } from '../../src/session/attachment.ts';

export const noFiles: AttachmentKeeper = {
  read: () => undefined,
  keep: () => Promise.resolve([]),
  drop: () => Promise.resolve([]),
};
