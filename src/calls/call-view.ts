/** A call as it is shown: who is in it, how they are heard and seen, and what is the matter. */
import type { CallMedia } from '../protocol/call-word.ts';
import type { AccountId, CallId, GroupId } from '../protocol/ids.ts';
import type { CaptureFailure, Track } from './ports.ts';

/** Whom a call is with. */
export type CallWith = { readonly kind: 'contact'; readonly contact: AccountId } | { readonly kind: 'group'; readonly group: GroupId };

interface CallBase {
  readonly call: CallId;
  readonly with: CallWith;
  readonly media: CallMedia;
}

/** All times in milliseconds since 1970. */
export type CurrentCall =
  /** `reached`: it rings at their end. */
  | (CallBase & { readonly phase: 'calling'; readonly since: number; readonly reached: boolean; readonly own: OwnMedia })
  /** `from`: who calls; of a group, who began. `quiet`: the person does not want to be disturbed; shown, and makes no sound. */
  | (CallBase & { readonly phase: 'ringing'; readonly since: number; readonly from: AccountId; readonly quiet: boolean })
  | (CallBase & InCall)
  /** Stays until dismissed or the next. `why` as this end tells it; `duration`: of talking, milliseconds. */
  | (CallBase & { readonly phase: 'over'; readonly why: CallOver; readonly duration: number });

export type CallOver =
  /** The person here hung up, declined or gave up. */
  | 'by-me'
  /** The other hung up, or the last one left. */
  | 'by-them'
  | 'declined'
  | 'busy'
  | 'no-answer'
  /** They rang and gave up before there was an answer. */
  | 'missed'
  /** Their browser could not be reached. */
  | 'unreachable'
  /** The connection was lost and did not come back. */
  | 'lost'
  /** I am no member of the group any more. */
  | 'removed';

export interface InCall {
  readonly phase: 'in';
  /** When it was answered here. */
  readonly since: number;
  readonly people: readonly CallPerson[];
  readonly own: OwnMedia;
  /** Who talks now, or did last. */
  readonly speaker: AccountId | undefined;
  readonly adaptation: Adaptation;
  /** How many this machine can bear with pictures, myself included; more are heard. */
  readonly bearable: number;
}

export interface CallPerson {
  readonly account: AccountId;
  /** `connecting`: for the first time. `reconnecting`: was lost, and is being looked for. */
  readonly connection: 'connecting' | 'connected' | 'reconnecting';
  readonly tracks: PersonTracks;
  /** As they say. */
  readonly muted: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly hand: boolean;
  /** Their camera is on and not shown to spare the machine or the line; it comes back by itself. */
  readonly held: boolean;
  /** Of them for me: 0 to 2, 1 as it comes. */
  readonly volume: number;
  readonly quality: Quality | undefined;
  readonly isVerified: boolean;
}

/** What comes from them, once it can. To be played or shown only while they say they send it. */
export interface PersonTracks {
  readonly microphone: Track | undefined;
  readonly camera: Track | undefined;
  readonly screen: Track | undefined;
  readonly screenSound: Track | undefined;
}

export interface Quality {
  readonly grade: 'good' | 'fair' | 'poor';
  /** What is the matter most; undefined when nothing is. */
  readonly reason: 'loss' | 'round-trip' | 'cpu' | undefined;
  readonly route: 'direct' | 'relayed' | undefined;
  /** Lost on the way, of both directions the worse; 0 to 1. */
  readonly loss: number;
  /** Milliseconds. */
  readonly roundTrip: number | undefined;
  /** Of the sound that was played the part that was made up for what did not come; 0 to 1. */
  readonly concealed: number;
}

/** What is sent and shown less, and why; said in words. */
export interface Adaptation {
  readonly rung: RungName;
  /** `people`: so many are in it. `network`, `cpu`: something was about to stutter. */
  readonly because: 'people' | 'network' | 'cpu' | undefined;
}
/** From the top of the ladder to its foot: `speakers`: only who talks is seen; `voice`: nobody is. */
export type RungName = 'full' | 'reduced' | 'low' | 'speakers' | 'voice';

/** What goes out from here. */
export interface OwnMedia {
  readonly microphone: OwnSource;
  readonly camera: OwnSource;
  readonly screen: OwnSource;
  readonly muted: boolean;
  readonly hand: boolean;
  /** An admin muted me; until I unmute. */
  readonly mutedBy: AccountId | undefined;
}

/** `lost`: it ended by itself, and the person is asked what to use instead. */
export type OwnSource =
  | { readonly kind: 'off' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'on'; readonly track: Track; readonly device: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly failure: CaptureFailure };

export type CallFailure =
  | CaptureFailure
  /** Here, in this very tab: leave it first. */
  | { readonly kind: 'in-call' }
  | { readonly kind: 'in-another-tab' }
  /** No contact, or one in review; no member of the group. */
  | { readonly kind: 'not-allowed' }
  /** Over before this. */
  | { readonly kind: 'call-gone' }
  | { readonly kind: 'call-full'; readonly limit: number }
  /** This browser has no WebRTC. */
  | { readonly kind: 'no-calls-here' };
