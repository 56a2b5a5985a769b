import { Cell, type Observable } from '../lib/observable.ts';

export interface InstallPrompt {
  /** True while the browser offers to install the app. */
  readonly installable: Observable<boolean>;
  /** Shows the browser's own question. Does nothing when it offers none. */
  install(): void;
}

/** Chromium's `beforeinstallprompt` (not a standard): held back until the person asks for it. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

export function createInstallPrompt(page: EventTarget): InstallPrompt {
  const installable = new Cell(false);
  let offer: InstallOffer | undefined;
  const keep = (made: InstallOffer | undefined): void => {
    offer = made;
    installable.set(made !== undefined);
  };
  page.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    keep(event as InstallOffer);
  });
  page.addEventListener('appinstalled', () => keep(undefined));
  return {
    installable,
    install: () => {
      // An offer is good for one question, whatever the answer.
      const asked = offer?.prompt();
      keep(undefined);
      // Refused when the click was too long ago; the browser will offer again.
      asked?.catch(() => undefined);
    },
  };
}
