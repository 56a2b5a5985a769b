/** The invite this page was opened with. It stays in the address until it is dealt with, so a reload does not lose it. */
import { Cell, type Observable } from '../lib/observable.ts';
import { carriesGroupInvitation } from '../protocol/group-invitation.ts';
import { carriesInvitation } from '../protocol/invitation.ts';

export class Arrival {
  readonly #window: Window;
  readonly #link: Cell<string | undefined>;

  constructor(window: Window) {
    this.#window = window;
    this.#link = new Cell(readArrival(window));
    // A link opened in the tab where the app is open already changes the fragment alone.
    window.addEventListener('hashchange', () => this.#link.set(readArrival(window)));
  }

  get link(): Observable<string | undefined> {
    return this.#link;
  }

  /** Dealt with: the address no longer carries the invite's secret, nor does the history. */
  forget(): void {
    const { location, history } = this.#window;
    if (carriesAny(location.href)) history.replaceState(null, '', location.pathname + location.search);
    this.#link.set(undefined);
  }
}

function readArrival({ location }: Window): string | undefined {
  return carriesAny(location.href) ? location.href : undefined;
}

/** To a person, or to a group. */
function carriesAny(address: string): boolean {
  return carriesInvitation(address) || carriesGroupInvitation(address);
}
