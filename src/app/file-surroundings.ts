/** What files need of this browser. */
import { randomBytes } from '../crypto/random.ts';
import type { Clock } from '../lib/clock.ts';
import type { Result } from '../lib/result.ts';
import { createFileAddresses, type FileAddresses } from '../platform/file-addresses.ts';
import { LeaveWarning } from '../platform/leave-warning.ts';
import { browserPlaces, saveFile, type SavableFile, type Saved } from '../platform/save-file.ts';
import { serviceWorkers } from '../platform/updates.ts';
import { createVoiceRecorder } from '../platform/voice-recorder.ts';
import { ScreenWake } from '../platform/wake-lock.ts';
import { openFileShelf, type OpenFileShelf } from '../storage/file-shelf.ts';
import type { OutgoingFile, VoiceRecorder } from '../ui/files/contract.ts';
import { prepareFile, type PreparedFile } from './file-preparation.ts';

export interface FileSurroundings {
  /** The shelf of the account with this database. */
  readonly openShelf: (database: string) => OpenFileShelf;
  readonly prepare: (item: OutgoingFile) => Promise<Result<PreparedFile, { readonly kind: 'unreadable' }>>;
  readonly addresses: Pick<FileAddresses, 'publish'>;
  readonly save: (file: SavableFile, progress: (part: number) => void, signal: AbortSignal) => Promise<Saved>;
  readonly recorder: VoiceRecorder | undefined;
  /** Told when something begins to flow, and when nothing does any more. */
  readonly flowing: (isFlowing: boolean) => void;
}

export function createFileSurroundings(window: Window, clock: Clock): FileSurroundings {
  const { document: page, navigator } = window;
  const { mediaDevices, wakeLock } = navigator as Partial<Pick<Navigator, 'mediaDevices' | 'wakeLock'>>;
  const addresses = createFileAddresses({ container: serviceWorkers(), clock, randomBytes });
  const holds = [new ScreenWake(wakeLock, page), new LeaveWarning(window)];
  return {
    openShelf: (database) => openFileShelf(database),
    prepare: (item) => prepareFile(item, { page, clock }),
    addresses,
    save: (file, progress, signal) => saveFile(file, progress, signal, { pickPlace: browserPlaces(), addresses, page, clock }),
    recorder: createVoiceRecorder({ devices: mediaDevices, clock, now: () => performance.now() }),
    flowing: (isFlowing) => {
      for (const hold of holds) {
        if (isFlowing) hold.hold();
        else hold.release();
      }
    },
  };
}
