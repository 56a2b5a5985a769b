/** What the screens need for calls. `app/` provides it as `Home.calls`. */
import type { CallFailure, CallWith, CurrentCall, OwnMedia } from '../../calls/call-view.ts';
import type { CallRecord, CallSettings, CaptureFailure, MediaDevice, Track } from '../../calls/ports.ts';
import type { Observable } from '../../lib/observable.ts';
import type { Result } from '../../lib/result.ts';
import type { CallMedia, VideoWish } from '../../protocol/call-word.ts';
import type { AccountId, GroupId } from '../../protocol/ids.ts';
import type { CallRoster } from '../../session/call-entry.ts';

type Tried = Promise<Result<undefined, CallFailure>>;

export interface Calls {
  /** The call this tab is in, is called to, or just was in. */
  readonly current: Observable<CurrentCall | undefined>;
  /** False where this browser has no WebRTC: nothing below works but the history. */
  readonly canCall: boolean;

  // ————— coming and going —————
  /** Rings the contact, or begins a call in the group (joins the one that is going on there). Must be called from a click. */
  start(whom: CallWith, options: CallOptions): Tried;
  /** Answers what rings, or joins the group's call that does. */
  answer(options: CallOptions): Tried;
  decline(): void;
  /** Gives up, hangs up or leaves. */
  hangUp(): void;
  /** Puts away a call that is over. */
  dismiss(): void;
  /** Calls that are going on in groups I am in, with those who are really there. */
  readonly going: Observable<ReadonlyMap<GroupId, CallRoster>>;

  // ————— before it —————
  /** Turns microphone and camera on to look at oneself before a call; the call takes them over, and `close` gives them back. */
  preview(options: CallOptions): Preview;

  // ————— in it —————
  setMuted(muted: boolean): void;
  /** For who came without one, or lost it. */
  setMicrophone(on: boolean): Promise<Result<undefined, CaptureFailure>>;
  setCamera(on: boolean): Promise<Result<undefined, CaptureFailure>>;
  /** Must be called from a click. `sound`: with the sound of the tab or the system, where the browser can. */
  shareScreen(options: { readonly sound: boolean }): Promise<Result<undefined, CaptureFailure>>;
  stopSharing(): void;
  setHand(raised: boolean): void;
  /** 0 to 2; 1 as it comes. For this call. */
  setVolume(person: AccountId, volume: number): void;
  /** Admins of the group only; nothing for others. */
  askToMute(person: AccountId): void;
  /** What is on screen: whoever is not named is wished `small`, as far as the machine can. Pinned ones are wished `full`. */
  show(wishes: ReadonlyMap<AccountId, VideoWish>): void;
  /** How loud each is now, 0 to 1, myself included; ten times a second while somebody watches. */
  readonly levels: Observable<ReadonlyMap<AccountId, number>>;

  // ————— devices —————
  readonly devices: Observable<readonly MediaDevice[]>;
  readonly canShareScreen: boolean;
  readonly canChooseSpeaker: boolean;
  readonly settings: Observable<CallSettings>;
  /** Used from now on, in a call or preview that is open as well. */
  change(settings: CallSettings): Promise<Result<undefined, CaptureFailure>>;
  /** What an element of the page can play: put into a `MediaStream`. */
  trackOf(track: Track): MediaStreamTrack;

  // ————— when the page is not seen —————
  readonly notices: {
    /** Of the system's notifications for calls. `refused`: only the browser's own settings can change it. */
    readonly permission: Observable<'unasked' | 'granted' | 'refused' | 'unsupported'>;
    /** Asks the person. Must be called from a click. */
    ask(): Promise<void>;
  };

  // ————— what was —————
  /** Newest first. */
  history(limit: number): Observable<readonly CallRecord[]>;
  /** Missed calls not looked at yet. */
  readonly missed: Observable<number>;
  /** The person has looked at the history. */
  seen(): void;
}

/** What is on when it begins. `microphone: false`: to listen only, for who has none or does not want to. */
export interface CallOptions {
  readonly media: CallMedia;
  readonly microphone: boolean;
  readonly camera: boolean;
}

export interface Preview {
  readonly own: Observable<OwnMedia>;
  /** Of the microphone, 0 to 1, ten times a second. */
  readonly level: Observable<number>;
  setMuted(muted: boolean): void;
  setCamera(on: boolean): Promise<Result<undefined, CaptureFailure>>;
  close(): void;
}
