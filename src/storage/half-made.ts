import type { Table } from 'dexie';
import type { HalfMade } from '../identity/backup-store.ts';
import { EMPTY } from '../lib/bytes.ts';
import { refusing } from './store-refused.ts';

const PREFIX = 'half-made/';

interface Note {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Notes lie among the registry's facts: names of databases, which are random and say nothing. */
export function createHalfMade(facts: Table<Note, string>): HalfMade {
  return {
    note: async (database) => {
      await refusing(facts.put({ key: PREFIX + database, value: EMPTY }));
    },
    forget: (database) => refusing(facts.delete(PREFIX + database)),
    noted: async () => {
      const keys = await refusing(facts.where('key').startsWith(PREFIX).primaryKeys());
      return keys.map((key) => key.slice(PREFIX.length));
    },
  };
}
