import type { OwnPresence, PresenceSettings } from '../presence/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';

/** One choice of the person's, by name. A new one is a new variant. */
export type Setting = { readonly name: 'presence'; readonly presence: OwnPresence };

export const settingsShape: TableShape<Setting> = {
  name: 'settings',
  version: 1,
  columns: [],
  idOf: ({ name }, tag) => tag(name),
};

export function createPresenceSettings(settings: SealedTable<Setting>, commit: Committer['commit']): PresenceSettings {
  return {
    load: async () => (await settings.get((tag) => tag('presence')))?.presence,
    save: (presence) => commit([settings.put({ name: 'presence', presence })]),
  };
}
