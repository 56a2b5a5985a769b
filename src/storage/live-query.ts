import { liveQuery } from 'dexie';
import type { Observable } from '../lib/observable.ts';
import { asRefusal } from './store-refused.ts';

/** Dexie's live query as our observable: asks again when something it read has changed, here or in another tab. */
export function watchQuery<Found>(query: () => PromiseLike<Found>): Observable<Found> {
  return {
    subscribe: (next, error) => liveQuery<Found>(query as () => Promise<Found>).subscribe(next, (reason) => error?.(asRefusal(reason))),
  };
}
