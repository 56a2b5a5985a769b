/** What a backup needs of an account's stores. */
import type { Observable } from '../lib/observable.ts';
import type { BackupRow } from './backup-record.ts';

export interface BackupStore {
  /**
   * Hands over every row that goes along, as all of them stand at one moment: until it is done, saving waits. `progress`: 0 to
   * 1.
   */
  readRows(add: (row: BackupRow) => void, progress: (part: number) => void): Promise<void>;
  /** Puts rows of a backup into stores that are to be an account's. Rejects with an error of its own for what is none. */
  writeRows(rows: readonly BackupRow[]): Promise<void>;
  /** When the last backup was made (milliseconds since 1970); undefined: never. */
  lastMade(): Observable<number | undefined>;
  saveLastMade(at: number): Promise<void>;
}

/** The databases of restorations under way: what is left over when the browser ends is found again and deleted. */
export interface HalfMade {
  note(database: string): Promise<void>;
  forget(database: string): Promise<void>;
  noted(): Promise<readonly string[]>;
}
