/** What can be done about a file in each phase of its way here; the likeliest first. */
import type { FileState } from './contract.ts';

export type FetchingAct = 'download' | 'again' | 'retry' | 'pause' | 'resume' | 'cancel';

const ACTS: Readonly<Record<FileState['phase']['kind'], readonly FetchingAct[]>> = {
  offered: ['download'],
  waiting: ['cancel'],
  arriving: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  stopped: ['retry', 'cancel'],
  removed: ['again'],
  complete: [],
};

export function fetchingActs(phase: FileState['phase']): readonly FetchingAct[] {
  return ACTS[phase.kind];
}
