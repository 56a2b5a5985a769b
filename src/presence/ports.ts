/** What presence needs from outside: whether somebody is at this device, and a place for the person's own choice. */
import type { Observable } from '../lib/observable.ts';
import type { VisiblePresence } from '../protocol/signal.ts';

/** How a person may set themselves. */
export type OwnPresence = VisiblePresence | 'invisible';

/** How a contact is seen. */
export type SeenPresence = VisiblePresence | 'offline';

export interface Attention {
  /** Milliseconds since 1970 of the last key, touch or pointer movement; told when it changes, at most once a second. */
  readonly lastActive: Observable<number>;
}

export interface PresenceSettings {
  load(): Promise<OwnPresence | undefined>;
  save(presence: OwnPresence): Promise<void>;
}
