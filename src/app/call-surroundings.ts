/** What calls need of the browser, put together once for whoever is inside. */
import type { CallTurn, Host, MediaDevicesPort, MediaLinkMaker } from '../calls/ports.ts';
import type { Words } from '../i18n/en.ts';
import { chooseLanguage, LANGUAGES } from '../i18n/languages.ts';
import type { Clock } from '../lib/clock.ts';
import { createCallTurn } from '../platform/call-turn.ts';
import { createHost } from '../platform/host.ts';
import { browserMediaDevices } from '../platform/media-devices.ts';
import { createNotices, type Notices } from '../platform/notices.ts';
import { RingTones, type Tone } from '../platform/ring-tones.ts';
import { createSound } from '../platform/sound.ts';
import { ScreenWake } from '../platform/wake-lock.ts';
import { createMediaLinkMaker } from '../transport/media-link.ts';

export interface CallSurroundings {
  readonly devices: MediaDevicesPort;
  readonly maker: MediaLinkMaker;
  readonly host: Host;
  readonly turn: CallTurn;
  readonly notices: Notices;
  readonly play: (tone: Tone | undefined) => void;
  /** In the language of the page as it is now. */
  readonly words: () => Words['callNotices'];
  readonly keepAwake: () => () => void;
  /** Calls back when the person leaves the page, before its links end; returns its undo. */
  readonly onLeave: (listener: () => void) => () => void;
}

export function createCallSurroundings(window: Window, clock: Clock): CallSurroundings {
  const { document } = window;
  const { locks, wakeLock } = window.navigator as Partial<Navigator>;
  const wake = new ScreenWake(wakeLock, document);
  const sound = createSound();
  const tones = new RingTones(sound, clock);
  return {
    devices: browserMediaDevices(sound),
    maker: createMediaLinkMaker({ clock }),
    host: createHost(window.navigator.hardwareConcurrency, clock, () => document.visibilityState === 'hidden'),
    turn: createCallTurn(locks),
    notices: createNotices(),
    play: (tone) => tones.play(tone),
    words: () => LANGUAGES[chooseLanguage([document.documentElement.lang])].words.callNotices,
    keepAwake: () => {
      wake.hold();
      return () => wake.release();
    },
    onLeave: (listener) => {
      const options = { capture: true };
      window.addEventListener('pagehide', listener, options);
      return () => window.removeEventListener('pagehide', listener, options);
    },
  };
}
