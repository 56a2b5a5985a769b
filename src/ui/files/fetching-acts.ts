/** What can be done about a file in each phase of its way here; the likeliest first. */
import type { FileState } from './contract.ts';

export type FetchingAct = 'download' | 'again' | 'retry' | 'pause' | 'resume' | 'cancel' | 'room';

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
  // Trying again is in vain until there is room.
  if (phase.kind === 'stopped' && phase.why === 'disk-full') return ['room', ...ACTS.stopped];
  return ACTS[phase.kind];
}
