/**
 * What calls need from outside: microphones and cameras, connections that carry what they pick up, people, a place to remember.
 *
 * Sound and picture never come into this room: tracks are handles, taken from one port and given to another.
 */
import type { Brand } from '../lib/brand.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Observable } from '../lib/observable.ts';
import type { Result } from '../lib/result.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { CallMedia, CallOutcome } from '../protocol/call-word.ts';
import type { AccountId, CallId, ConversationId, GroupId, MessageId } from '../protocol/ids.ts';
import type { IceServer } from '../protocol/signaling.ts';
import type { CallEntry, CallRoster, GroupCallAct } from '../session/call-entry.ts';
import type { LinkSignal } from '../session/ports.ts';

/** A track as the browser holds it. The rim makes it of a `MediaStreamTrack` and is the only one to look inside. */
export type Track = Brand<object, 'Track'>;

/** `held`: a `MediaStreamTrack`, which this room does not know. */
export function asTrack(held: object): Track {
  return held as Track;
}

// ————— devices —————

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

export interface MediaDevice {
  readonly kind: DeviceKind;
  readonly id: string;
  /** Empty until the person has let us use one of its kind. */
  readonly label: string;
}

export type CaptureFailure =
  /** The person, or the system they sit at, says no. `screen`: they closed the browser's own question. */
  | { readonly kind: 'refused'; readonly what: CaptureKind }
  | { readonly kind: 'none-there'; readonly what: CaptureKind }
  /** Another program has it, or it does not start. */
  | { readonly kind: 'in-use'; readonly what: CaptureKind }
  /** This browser cannot. */
  | { readonly kind: 'unsupported'; readonly what: CaptureKind };
export type CaptureKind = 'microphone' | 'camera' | 'screen';

/** What the browser does to what the microphone picks up. */
export interface VoiceProcessing {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGain: boolean;
}

/** Pixels and frames per second, at most. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** One device while it is used. The light at the camera is on until `stop`. */
export interface Capture {
  readonly track: Track;
  /** The id of the device; empty for a screen. */
  readonly device: string;
  /** Off: silence or black, and the device is kept. */
  setEnabled(enabled: boolean): void;
  /** A smaller or larger picture from now on, if the device can; never fails. Nothing for sound. */
  resize(size: PictureSize): void;
  /** Loudness now, 0 to 1; 0 for pictures. */
  level(): number;
  /** Told once, when it ends by itself: unplugged, or the person ended sharing at the browser's own bar. */
  onEnded(listener: () => void): void;
  stop(): void;
}

export interface ScreenCapture {
  readonly picture: Capture;
  /** The sound of the tab or the system, where the browser has it and the person let us. */
  readonly sound: Capture | undefined;
}

export interface MediaDevicesPort {
  /** What is plugged in; told again at every change. Empty while the browser does not say. */
  readonly devices: Observable<readonly MediaDevice[]>;
  readonly canShareScreen: boolean;
  /** False where sound always goes to the system's own choice (`speaker` cannot be chosen). */
  readonly canChooseSpeaker: boolean;
  /** `device`: the one to use if it is there; else, or undefined, the system's choice. Asks the person the first time. */
  openMicrophone(device: string | undefined, processing: VoiceProcessing): Promise<Result<Capture, CaptureFailure>>;
  openCamera(device: string | undefined, size: PictureSize): Promise<Result<Capture, CaptureFailure>>;
  /** Must be called from a click. */
  openScreen(options: { readonly sound: boolean }): Promise<Result<ScreenCapture, CaptureFailure>>;
}

// ————— connections —————

/** What goes over a media link, each in a line of its own that is there from the start. */
export type Slot = 'microphone' | 'camera' | 'screen' | 'screen-sound';

export interface MediaLinkOptions {
  /** Perfect negotiation: the polite side takes its own offer back when two cross. */
  readonly polite: boolean;
  /** Makes an offer at once; else it waits for one. Either side may offer later. */
  readonly offers: boolean;
  readonly iceServers: readonly IceServer[];
  /** What is sent from the start; more and less by `send`. */
  readonly tracks: ReadonlyMap<Slot, Track>;
  readonly events: MediaLinkEvents;
}

export interface MediaLinkEvents {
  /** To be carried to the other side in order, or lost: what is lost is made good by `restart`. */
  signal(signal: LinkSignal): void;
  changed(state: MediaLinkState): void;
  /** A track of theirs; each slot's is told once, soon after the first description, whether or not anything comes on it. */
  track(slot: Slot, track: Track): void;
}

/**
 * `interrupted`: nothing comes at the moment; it may come back by itself. `failed`: it does not, without a restart or another link.
 * `closed`: for good: the other side closed it, its certificate is not the described one, or the browser has no WebRTC. Nothing after it.
 */
export type MediaLinkState = 'connecting' | 'connected' | 'interrupted' | 'failed' | 'closed';

/** What may be sent in a video slot. Bits per second; `scale`: how many times smaller than captured, 1 or more. */
export type SendLimit = { readonly bitrate: number; readonly framesPerSecond: number; readonly scale: number } | 'nothing';

export interface MediaLink {
  /** From the other side. Anything unreadable or out of place is ignored; what contradicts the certificate closes the link. */
  signal(signal: LinkSignal): void;
  /** Puts a track into a slot in place of the one there, or takes it out; no new description is needed. */
  send(slot: Slot, track: Track | undefined): void;
  limit(slot: 'camera' | 'screen', limit: SendLimit): void;
  /** Bits per second of the voice. */
  limitVoice(bitrate: number): void;
  /** Finds another way (ICE restart) and tells its description again. */
  restart(): void;
  /** How loud they are now, 0 to 1; cheap enough to be asked ten times a second. */
  level(): number;
  /** Undefined once closed. */
  measure(): Promise<LinkSample | undefined>;
  /** Twice is once. */
  close(): void;
}

export interface MediaLinkMaker {
  /** False where this browser has no WebRTC, or it is switched off. */
  readonly isSupported: boolean;
  /** Never throws: what goes wrong is told by `changed`. */
  make(options: MediaLinkOptions): MediaLink;
}

/** Counters since the link began, as getStats tells them; undefined or 0 where the browser does not. Durations in milliseconds. */
export interface LinkSample {
  /** Milliseconds, of a clock that only goes forward. */
  readonly at: number;
  /** Whether it goes through a relay. */
  readonly relayed: boolean | undefined;
  readonly roundTrip: number | undefined;
  /** What the browser believes it could send, bits per second. */
  readonly availableOutgoing: number | undefined;
  readonly voiceOut: OutgoingCounters;
  /** Camera and screen together. */
  readonly videoOut: OutgoingCounters & {
    readonly framesEncoded: number;
    readonly encodeTime: number;
    /** How long the browser has held quality back for the processor's sake, and for the network's. */
    readonly limitedByCpu: number;
    readonly limitedByBandwidth: number;
  };
  /** `concealedSamples`: made up for what did not come, but not for silence. */
  readonly voiceIn: IncomingCounters & { readonly samples: number; readonly concealedSamples: number; readonly jitter: number };
  readonly videoIn: IncomingCounters & {
    readonly framesDecoded: number;
    readonly framesDropped: number;
    readonly freezes: number;
    /** Of the picture that comes now; 0 when none does. */
    readonly width: number;
    readonly height: number;
  };
}

export interface OutgoingCounters {
  readonly bytes: number;
  readonly packets: number;
  /** As the other side reports. */
  readonly lost: number;
}

export interface IncomingCounters {
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
}

/** The machine we run on. */
export interface Host {
  /** Processor cores the browser owns to; at least 1. */
  readonly cores: number;
  /** How late the page's own timers have been since this was last asked, at worst; milliseconds. */
  lag(): number;
}

/** One call at a time in this browser, whatever account or tab. */
export interface CallTurn {
  /** Undefined when another tab has it. `give`: back; a tab that is closed gives it back by itself. */
  take(): Promise<{ give(): void } | undefined>;
}

// ————— people —————

/** Who may be talked to, and what they are called elsewhere is no business of this room. */
export interface CallPeople {
  /** Told and heard: a contact whose keys are as they were. In review nobody is called. */
  isContact(account: AccountId): boolean;
  /** In the group now, myself included. */
  isMember(group: GroupId, account: AccountId): boolean;
  isAdmin(group: GroupId, account: AccountId): boolean;
  isVerified(account: AccountId): boolean;
  /** The person does not want to be disturbed by a call from there: it is shown and makes no sound. */
  isQuiet(from: { readonly contact: AccountId } | { readonly group: GroupId }): boolean;
  /** Told when any of this may have changed. */
  readonly changes: Observable<unknown>;
}

/** What groups know of calls, and are told. */
export interface GroupCalls {
  /** Calls not over by the members' words, of groups I am in. Several of one group began at once, or somebody crashed. */
  readonly rosters: Observable<readonly CallRoster[]>;
  /** Writes it into the group's log. */
  tell(group: GroupId, act: GroupCallAct): Promise<Result<undefined, { readonly kind: string }>>;
}

// ————— what is remembered —————

/** The call that is going on, or was when the page ended: told of at the next start. Saved, sealed. Of a group only what is left to say. */
export type OngoingCall =
  | {
      readonly kind: 'two';
      readonly call: CallId;
      readonly contact: AccountId;
      readonly media: CallMedia;
      /** When it began to ring; milliseconds since 1970. */
      readonly began: number;
      /** When it was answered, and when we last know it went on. */
      readonly answered: number | undefined;
      readonly alive: number;
      /** Whether their browser ever said that it rings. */
      readonly rang: boolean;
    }
  | { readonly kind: 'group'; readonly call: CallId; readonly group: GroupId; readonly media: CallMedia };

/** One line of the history of calls. */
export interface CallRecord {
  readonly conversation: ConversationId;
  readonly message: MessageId;
  /** Who began it; myself for what I began. */
  readonly author: AccountId;
  readonly wall: number;
  readonly entry: CallEntry;
}

/** Chosen once, used for every call. Ids of devices; undefined: the system's choice. */
export interface CallSettings {
  readonly microphone: string | undefined;
  readonly camera: string | undefined;
  readonly speaker: string | undefined;
  readonly processing: VoiceProcessing;
}

export interface CallStore extends Committer {
  ongoing(): Promise<OngoingCall | undefined>;
  /** Undefined: none. */
  putOngoing(call: OngoingCall | undefined): Write;
  /** Newest first. */
  records(limit: number): Observable<readonly CallRecord[]>;
  /** In place of the one of the same call in the same conversation. */
  putRecord(record: CallRecord): Write;
  dropRecords(conversation: ConversationId): Write;
  /** Up to when the person has looked at the history, milliseconds since 1970; 0: never. */
  seenUpTo(): Promise<number>;
  putSeenUpTo(wall: number): Write;
  settings(): Promise<CallSettings | undefined>;
  putSettings(settings: CallSettings): Write;
}

/** How a call between two gets into the timeline, here and at the other end. */
export interface CallJournal {
  /** Stores it for delivery like a text, together with `writes`. */
  enter(contact: AccountId, call: FinishedCall, writes: readonly Write[]): Promise<void>;
}

export interface FinishedCall {
  /** 16 bytes. */
  readonly call: Bytes;
  readonly media: CallMedia;
  readonly outcome: CallOutcome;
  /** When it began, milliseconds since 1970. */
  readonly began: number;
  /** Of talking, in milliseconds. */
  readonly duration: number;
}
