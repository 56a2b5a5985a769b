/** Where the stores live, and whom they tell. */
import type { Later } from './after-this.ts';

export interface StoreOptions {
  /** The database to use instead of the browser's own: several people fit into one process with one each. */
  readonly engine?: StoreEngine;
  /** Told of every row that does not open: damaged, forged, or moved from where it was written. It is left out of the answer. */
  readonly onDamaged?: (row: DamagedRow) => void;
  /** When there is time to draw what was saved, or is being saved. */
  readonly later?: Later;
}

export interface StoreEngine {
  readonly indexedDB: IDBFactory;
  readonly IDBKeyRange: typeof IDBKeyRange;
}

export interface DamagedRow {
  readonly table: string;
  readonly id: string | number;
}
