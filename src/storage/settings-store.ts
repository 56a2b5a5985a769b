import type { FileSettings } from '../files/ports.ts';
import type { SecuritySettings, SecurityStore } from '../identity/ports.ts';
import type { OwnPresence, PresenceSettings } from '../presence/ports.ts';
import type { Committer } from '../lib/write.ts';
import type { SealedTable, TableShape } from './sealed-table.ts';

/** One choice of the person's, by name. A new one is a new variant. */
export type Setting =
  | { readonly name: 'presence'; readonly presence: OwnPresence }
  | { readonly name: 'security'; readonly security: SecuritySettings }
  | { readonly name: 'files'; readonly files: FileSettings }
  /** Milliseconds since 1970. */
  | { readonly name: 'backup'; readonly lastMade: number };

export const settingsShape: TableShape<Setting> = {
  name: 'settings',
  version: 1,
  columns: [],
  idOf: ({ name }, tag) => tag(name),
};

export function createPresenceSettings(settings: SealedTable<Setting>, commit: Committer['commit']): PresenceSettings {
  return {
    load: async () => {
      const setting = await settings.get((tag) => tag('presence'));
      return setting?.name === 'presence' ? setting.presence : undefined;
    },
    save: (presence) => commit([settings.put({ name: 'presence', presence })]),
  };
}

export function createSecurityStore(settings: SealedTable<Setting>, commit: Committer['commit']): SecurityStore {
  return {
    load: async () => {
      const setting = await settings.get((tag) => tag('security'));
      return setting?.name === 'security' ? setting.security : undefined;
    },
    save: (security) => commit([settings.put({ name: 'security', security })]),
  };
}
