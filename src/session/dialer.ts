/**
 * The way to one contact: meets them at the day's topics, and makes, replaces and drops the one link there is to them.
 *
 * Who offers is settled beforehand (S6), so two who call each other at the same moment make one link. The side that never
 * offers knocks instead. A knock is also how one reaches somebody invisible: their topics are joined, only unannounced.
 */
import type { Device, VerifiedDevice } from '../identity/device.ts';
import { compareBytes, equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { accountKeyOf, type AccountId, type MemberTag } from '../protocol/ids.ts';
import type { ByeReason, Frame } from '../protocol/frame.ts';
import { LINK_ID_BYTES, type Signal, type SignalBody, type VisiblePresence } from '../protocol/signal.ts';
import { randomBytes } from '../crypto/random.ts';
import { assertNever } from '../lib/assert.ts';
import { Backoff } from './backoff.ts';
import { signalBodyOf } from './introduction-context.ts';
import { contactMeeting, meetingDays, untilDaysChange, type Meeting, type SignalBox } from './meeting.ts';
import type { LinkMaker, Rendezvous, TopicMembership } from './ports.ts';
import { SecureLink, type SecureLinkClosure } from './secure-link.ts';
import { TokenBucket } from './token-bucket.ts';

/** A contact's link attempts beyond this are ignored: each costs a connection and a key agreement. */
const OFFER_LIMIT = { capacity: 6, perSecond: 0.5 };
/** How long a knock may go unanswered while the other is here before knocking again. */
const KNOCK_WAIT_MS = 5_000;

export interface DialerEvents {
  /** The other came to or left the meeting place. */
  hereChanged(here: boolean): void;
  presenceTold(presence: VisiblePresence, wantsReply: boolean): void;
  established(link: SecureLink, peer: VerifiedDevice): void;
  frame(frame: Frame): void;
  drained(): void;
  /** The established link is gone. */
  lost(): void;
  /** Something about the link worth showing has changed. */
  changed(): void;
}

export interface DialerOptions {
  readonly me: Device;
  readonly contact: AccountId;
  readonly pairSecret: Bytes;
  readonly minimumListVersion: () => number;
  readonly rendezvous: Rendezvous;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly box: SignalBox;
  readonly quiet: boolean;
  readonly events: DialerEvents;
}

interface Attempt {
  readonly id: Bytes;
  readonly link: SecureLink;
}

interface Place {
  readonly meeting: Meeting;
  readonly membership: TopicMembership;
  here: boolean;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #offers: boolean;
  readonly #backoff = new Backoff();
  readonly #incomingOffers: TokenBucket;
  #places = new Map<number, Place>();
  #quiet: boolean;
  #here = false;
  #wanted = false;
  /** The run of their app that we heard from last. */
  #run: { readonly instance: Bytes; readonly at: number } | undefined;
  #attempt: Attempt | undefined;
  #open: SecureLink | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelRotation: (() => void) | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#quiet = options.quiet;
    this.#offers = compareBytes(accountKeyOf(options.me.account), accountKeyOf(options.contact)) < 0;
    this.#incomingOffers = new TokenBucket(OFFER_LIMIT, options.clock.now());
  }

  /** Goes to the meeting place; events come from now on. */
  start(): void {
    this.#joinPlaces();
  }

  get here(): boolean {
    return this.#here;
  }

  /** The proven link, if there is one. */
  get link(): SecureLink | undefined {
    return this.#open;
  }

  get connecting(): boolean {
    return this.#attempt !== undefined;
  }

  /** Says whether there is reason to have a link. While there is, one is made as soon as the other can be reached. */
  want(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted) this.reach();
  }

  /** Tries now, if a link is wanted and there is none and none is on its way. */
  reach(): void {
    if (!this.#wanted || this.#open || this.#attempt || this.#cancelRetry) return;
    if (this.#offers && this.#here) this.#offer();
    else this.#knock();
  }

  tellPresence(presence: VisiblePresence, wantReply: boolean): void {
    this.#publish({ type: 'presence', presence, wantReply: wantReply ? 1 : 0 });
    this.#open?.send({ type: 'presence', presence });
  }

  setQuiet(quiet: boolean): void {
    this.#quiet = quiet;
    for (const { membership } of this.#places.values()) membership.setQuiet(quiet);
  }

  /** Closes the link; another is made only when wanted anew, or after the backoff if it still is. */
  hangUp(bye: ByeReason): void {
    this.#open?.close(bye);
  }

  close(): void {
    this.#wanted = false;
    this.#cancelRotation?.();
    this.#cancelRetry?.();
    for (const { membership } of this.#places.values()) membership.leave();
    this.#places.clear();
    this.#attempt?.link.close();
    this.#open?.close('leaving');
  }

  // ————— meeting —————

  #joinPlaces(): void {
    const { rendezvous, clock, contact, me, pairSecret } = this.#options;
    const ends = { mine: accountKeyOf(me.account), theirs: accountKeyOf(contact) };
    const places = new Map<number, Place>();
    for (const day of meetingDays(clock.now())) {
      const kept = this.#places.get(day);
      if (kept) places.set(day, kept);
      else {
        const meeting = contactMeeting(pairSecret, day, ends);
        const listener = {
          peersChanged: (peers: ReadonlySet<MemberTag>) => this.#peersChanged(day, peers),
          received: (body: Bytes) => this.#received(meeting, body),
        };
        places.set(day, { meeting, membership: rendezvous.join(meeting.topic, meeting.me, listener, { quiet: this.#quiet }), here: false });
      }
    }
    for (const [day, { membership }] of this.#places) if (!places.has(day)) membership.leave();
    this.#places = places;
    this.#cancelRotation = clock.after(untilDaysChange(clock.now()), () => this.#joinPlaces());
    this.#updateHere();
  }

  #peersChanged(day: number, peers: ReadonlySet<MemberTag>): void {
    const place = this.#places.get(day);
    if (!place?.meeting.them) return;
    place.here = peers.has(place.meeting.them);
    this.#updateHere();
  }

  #updateHere(): void {
    const here = [...this.#places.values()].some((place) => place.here);
    if (here === this.#here) return;
    this.#here = here;
    this.#options.events.hereChanged(here);
    if (here) this.#retryNow();
  }

  /** To the topic the other is on; to today's when they are nowhere to be seen, where somebody invisible still hears it. */
  #publish(body: SignalBody): void {
    const places = [...this.#places.values()];
    const place = places.find(({ here }) => here) ?? places[0];
    place?.membership.publish(this.#options.box.seal(place.meeting, body, this.#options.clock.now()));
  }

  #received(meeting: Meeting, sealed: Bytes): void {
    const opened = this.#options.box.open(meeting, sealed);
    if (!opened.ok) return;
    this.#noticeRestart(opened.value);
    this.#take(opened.value.body);
  }

  /**
   * A new run of their app cannot have the link of the old one: waiting for ICE to notice would hold messages up for half a
   * minute. Only a signal made after all we have seen counts, so that replaying an old one cuts nothing.
   */
  #noticeRestart({ instance, at }: Signal): void {
    const known = this.#run;
    if (known && at <= known.at) return;
    this.#run = { instance, at };
    if (known && !equalBytes(known.instance, instance)) this.#open?.close();
  }

  #take(body: SignalBody): void {
    switch (body.type) {
      case 'knock':
        this.#knockedAt();
        break;
      case 'offer':
        this.#answer(body.link, body.sdp);
        break;
      case 'answer':
        if (this.#offers) this.#attemptNamed(body.link)?.signal({ type: 'answer', sdp: body.sdp });
        break;
      case 'candidates':
        this.#attemptNamed(body.link)?.signal({ type: 'candidates', candidates: body.candidates });
        break;
      case 'presence':
        this.#options.events.presenceTold(body.presence, body.wantReply === 1);
        break;
      default:
        assertNever(body);
    }
  }

  #attemptNamed(id: Bytes): SecureLink | undefined {
    return this.#attempt && equalBytes(this.#attempt.id, id) ? this.#attempt.link : undefined;
  }

  // ————— linking —————

  #knock(): void {
    this.#publish({ type: 'knock' });
    if (this.#here) this.#retryAfter(KNOCK_WAIT_MS);
  }

  /** They want a link. The side that cannot offer answers a knock with a knock: "I am here, offer." */
  #knockedAt(): void {
    if (this.#attempt || !this.#incomingOffers.take(this.#options.clock.now())) return;
    if (this.#offers) this.#offer();
    else this.#publish({ type: 'knock' });
  }

  #offer(): void {
    this.#start(randomBytes(LINK_ID_BYTES), 'offerer');
  }

  #answer(id: Bytes, sdp: string): void {
    if (this.#offers || !this.#incomingOffers.take(this.#options.clock.now())) return;
    // A newer offer means that they have given up the one before.
    const attempt = this.#start(id, 'answerer');
    attempt.link.signal({ type: 'offer', sdp });
  }

  #start(id: Bytes, role: 'offerer' | 'answerer'): Attempt {
    const { me, contact, pairSecret, minimumListVersion, maker, clock, rendezvous, events } = this.#options;
    this.#stopRetrying();
    const superseded = this.#attempt;
    const link: SecureLink = new SecureLink({
      role,
      maker,
      clock,
      iceServers: rendezvous.iceServers(),
      handshake: { device: me, psk: pairSecret, expects: (account) => account === contact, minimumListVersion: () => minimumListVersion() },
      events: {
        signal: (signal) => this.#publish(signalBodyOf(id, signal)),
        established: (peer) => this.#established(link, peer),
        frame: (frame) => {
          if (this.#open === link) events.frame(frame);
        },
        drained: () => {
          if (this.#open === link) events.drained();
        },
        closed: (closure) => this.#closed(link, closure),
      },
    });
    this.#attempt = { id, link };
    superseded?.link.close();
    events.changed();
    return this.#attempt;
  }

  #established(link: SecureLink, peer: VerifiedDevice): void {
    const replaced = this.#open;
    this.#attempt = undefined;
    this.#open = link;
    this.#backoff.reset();
    if (replaced) {
      this.#options.events.lost();
      replaced.close();
    }
    this.#options.events.established(link, peer);
    this.#options.events.changed();
  }

  #closed(link: SecureLink, closure: SecureLinkClosure): void {
    if (this.#open === link) {
      this.#open = undefined;
      this.#options.events.lost();
    } else if (this.#attempt?.link === link) this.#attempt = undefined;
    else return;
    this.#options.events.changed();
    // Without WebRTC no later try can do better; reading works all the same.
    if (closure.reason !== 'unsupported') this.#retryAfter(this.#backoff.next());
  }

  #retryAfter(delay: number): void {
    this.#stopRetrying();
    this.#cancelRetry = this.#options.clock.after(delay, () => this.#retryNow());
  }

  #retryNow(): void {
    this.#stopRetrying();
    this.reach();
  }

  #stopRetrying(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}
