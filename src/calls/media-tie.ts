/**
 * The media link to one person in a call, made again as often as it takes (PROTOCOL.md V6). A link that is interrupted looks for
 * another way first; one that fails, or never comes about, is replaced by the next round.
 */
import { assertNever } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { CallWordBody, CallWordOf } from '../protocol/call-word.ts';
import type { IceServer } from '../protocol/signaling.ts';
import type { LinkSignal } from '../session/ports.ts';
import type { LinkSample, MediaLink, MediaLinkMaker, MediaLinkState, SendLimit, Slot, Track } from './ports.ts';

/** A moment in which nothing comes is no reason to do anything yet. Milliseconds, as all here. */
const INTERRUPTED_MS = 2_000;
/** A new way, or a first one, is found by then, or the words for it were lost. */
const RESTART_MS = 6_000;
/** Tries on one link, before there is another. */
const RESTARTS = 2;
/** Further ahead than any honest side gets: there is no end of links to be made of every word. */
const MAX_ROUND_LEAD = 64;
/** A link that was refused outright is not made again at once for ever. */
const REMAKE_MS = 1_000;

export interface MediaTieOptions {
  readonly maker: MediaLinkMaker;
  readonly clock: Clock;
  readonly iceServers: () => readonly IceServer[];
  /** Whether mine is the larger account id. */
  readonly polite: boolean;
  readonly tell: (word: CallWordBody) => void;
  /** What is sent now. */
  readonly tracks: () => ReadonlyMap<Slot, Track>;
  /** Another state, or other tracks of theirs. */
  readonly changed: () => void;
  /** A new link knows no limits yet. */
  readonly remade: () => void;
}

export class MediaTie {
  readonly #options: MediaTieOptions;
  readonly #theirs = new Map<Slot, Track>();
  #link: MediaLink | undefined;
  #round = 0;
  #state: MediaLinkState = 'connecting';
  #wasConnected = false;
  #restarts = 0;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: MediaTieOptions) {
    this.#options = options;
    this.#make(1, { offers: !options.polite });
  }

  get connection(): 'connecting' | 'connected' | 'reconnecting' {
    if (this.#state === 'connected') return 'connected';
    return this.#wasConnected ? 'reconnecting' : 'connecting';
  }

  /** What comes from them, by slot. */
  get tracks(): ReadonlyMap<Slot, Track> {
    return this.#theirs;
  }

  get level(): number {
    return this.#state === 'connected' ? (this.#link?.level() ?? 0) : 0;
  }

  receive(word: CallWordOf<'description'> | CallWordOf<'candidates'>): void {
    if (this.#closed) return;
    const { round } = word;
    const isNext = round > this.#round && round <= this.#round + MAX_ROUND_LEAD;
    if (isNext && word.type === 'description') this.#make(round, { offers: false });
    if (round === this.#round) this.#link?.signal(signalOf(word));
  }

  /** The proven link is there again: what was to be told meanwhile is lost. */
  linked(): void {
    if (!this.#closed && this.#state !== 'connected') this.#link?.restart();
  }

  send(slot: Slot, track: Track | undefined): void {
    this.#link?.send(slot, track);
  }

  limit(slot: 'camera' | 'screen', limit: SendLimit): void {
    this.#link?.limit(slot, limit);
  }

  limitVoice(bitrate: number): void {
    this.#link?.limitVoice(bitrate);
  }

  async measure(): Promise<LinkSample | undefined> {
    return this.#state === 'connected' ? this.#link?.measure() : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#link?.close();
  }

  #make(round: number, { offers }: { readonly offers: boolean }): void {
    this.#cancelTimer?.();
    this.#link?.close();
    this.#round = round;
    this.#restarts = 0;
    this.#state = 'connecting';
    this.#theirs.clear();
    const { maker, polite, iceServers, tracks, tell, remade, changed } = this.#options;
    this.#link = maker.make({
      polite,
      offers,
      iceServers: iceServers(),
      tracks: tracks(),
      events: {
        signal: (signal) => {
          if (this.#isCurrent(round)) tell(wordOf(round, signal));
        },
        changed: (state) => {
          if (this.#isCurrent(round)) this.#changed(state);
        },
        track: (slot, track) => {
          if (!this.#isCurrent(round)) return;
          this.#theirs.set(slot, track);
          changed();
        },
      },
    });
    this.#await(RESTART_MS, () => this.#tryAgain());
    remade();
    changed();
  }

  #isCurrent(round: number): boolean {
    return !this.#closed && round === this.#round;
  }

  #changed(state: MediaLinkState): void {
    const before = this.#state;
    this.#state = state;
    if (state === before) return;
    this.#cancelTimer?.();
    switch (state) {
      case 'connected':
        this.#wasConnected = true;
        this.#restarts = 0;
        break;
      case 'connecting':
        this.#await(RESTART_MS, () => this.#tryAgain());
        break;
      case 'interrupted':
        this.#await(INTERRUPTED_MS, () => this.#tryAgain());
        break;
      case 'failed':
        this.#tryAgain();
        break;
      case 'closed':
        this.#await(REMAKE_MS, () => this.#make(this.#round + 1, { offers: true }));
        break;
      default:
        assertNever(state);
    }
    this.#options.changed();
  }

  #tryAgain(): void {
    if (this.#restarts >= RESTARTS) {
      this.#make(this.#round + 1, { offers: true });
      return;
    }
    this.#restarts++;
    this.#await(RESTART_MS, () => this.#tryAgain());
    this.#link?.restart();
  }

  #await(delay: number, action: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(delay, action);
  }
}

function wordOf(round: number, signal: LinkSignal): CallWordBody {
  return signal.type === 'candidates'
    ? { type: 'candidates', round, candidates: signal.candidates }
    : { type: 'description', round, kind: signal.type, sdp: signal.sdp };
}

function signalOf(word: CallWordOf<'description'> | CallWordOf<'candidates'>): LinkSignal {
  return word.type === 'candidates' ? { type: 'candidates', candidates: word.candidates } : { type: word.kind, sdp: word.sdp };
}
