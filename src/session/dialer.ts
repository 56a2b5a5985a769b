/**
 * The way to one peer: meets them at their places, and makes, replaces and drops the one link there is to them.
 *
 * Who offers is settled beforehand (S6), so two who call each other at the same moment make one link. The side that never
 * offers knocks instead. A knock is also how one reaches somebody invisible: their topics are joined, only unannounced.
 */
import { randomBytes } from '../crypto/random.ts';
import type { Device, VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import { compareBytes, equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { ByeReason, Frame } from '../protocol/frame.ts';
import { accountKeyOf, type AccountId } from '../protocol/ids.ts';
import { LINK_ID_BYTES, type Signal, type SignalBody, type VisiblePresence } from '../protocol/signal.ts';
import { Backoff } from './backoff.ts';
import { CallLimit, type Call } from './call-limit.ts';
import { signalBodyOf } from './introduction-context.ts';
import type { SignalBox } from './meeting.ts';
import { isSameWay, MeetingPlaces, type Place, type Way } from './meeting-places.ts';
import type { LinkMaker, Rendezvous } from './ports.ts';
import type { Standing } from './router.ts';
import { SecureLink, type SecureLinkClosure } from './secure-link.ts';

/** How long a knock may go unanswered while the other is here before knocking again. */
const KNOCK_WAIT_MS = 5_000;

export interface DialerEvents {
  /** The other came to the meeting place or left it; or, while we cannot see it, the link is gone by which they were still here. */
  hereChanged(here: boolean): void;
  presenceTold(presence: VisiblePresence, wantsReply: boolean): void;
  /** `standing`: what the two who met for this link are to each other. */
  established(link: SecureLink, peer: VerifiedDevice, standing: Standing): void;
  frame(frame: Frame): void;
  drained(): void;
  bulkReceived(message: Bytes): void;
  bulkDrained(): void;
  /** The established link is gone. */
  lost(): void;
  /** Something about the link worth showing has changed. */
  changed(): void;
}

export interface DialerOptions {
  readonly me: Device;
  readonly peer: AccountId;
  readonly ways: readonly Way[];
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
  readonly way: Way;
}

/** As what two must have met for a link to serve: to talk, as contacts; for a group's sake, any way. */
const SERVES: Readonly<Record<Standing, readonly Standing[]>> = { contact: ['contact'], fellow: ['contact', 'fellow'] };
const ANY_WAY = SERVES.fellow;

export class Dialer {
  readonly #options: DialerOptions;
  readonly #offers: boolean;
  readonly #places: MeetingPlaces;
  readonly #backoff = new Backoff();
  readonly #calls: CallLimit;
  #here = false;
  #needs: readonly Standing[] = [];
  /** The run of their app that we heard from last. */
  #run: { readonly instance: Bytes; readonly at: number } | undefined;
  #attempt: Attempt | undefined;
  #open: { readonly link: SecureLink; readonly standing: Standing } | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
    const { me, peer, ways, rendezvous, clock, quiet } = options;
    const ends = { mine: accountKeyOf(me.account), theirs: accountKeyOf(peer) };
    this.#offers = compareBytes(ends.mine, ends.theirs) < 0;
    this.#calls = new CallLimit(clock, (call) => this.#serve(call));
    this.#places = new MeetingPlaces({
      ends,
      ways,
      rendezvous,
      clock,
      quiet,
      events: { changed: () => this.#placesChanged(), received: (at, sealed) => this.#received(at, sealed) },
    });
  }

  /** Goes to the meeting places; events come from now on. */
  start(): void {
    this.#places.start();
  }

  get here(): boolean {
    return this.#here;
  }

  /** The proven link, if there is one. */
  get link(): SecureLink | undefined {
    return this.#open?.link;
  }

  get connecting(): boolean {
    return this.#attempt !== undefined;
  }

  /** Other secrets are shared from now on. An open link stays: it was proven by those there were. */
  setWays(ways: readonly Way[]): void {
    this.#places.setWays(ways);
    const attempt = this.#attempt;
    if (attempt && !ways.some((way) => isSameWay(way, attempt.way))) attempt.link.close();
  }

  /**
   * Says what links are needed for, what matters more first: to talk as contacts, or for a group's sake, for which any link will
   * do. While something is needed, a link is made as soon as the other can be reached.
   */
  want(needs: readonly Standing[]): void {
    this.#needs = needs;
    this.reach();
  }

  /** Tries now, if a link is needed and there is none that serves and none is on its way. */
  reach(): void {
    if (this.#attempt || this.#cancelRetry) return;
    const unserved = this.#needs.filter((need) => !this.#isServed(need));
    for (const need of unserved) {
      const seen = this.#places.seenAt(SERVES[need]);
      if (!seen) continue;
      if (this.#offers) this.#offer(seen.way);
      else this.#knock([seen]);
      return;
    }
    const last = unserved.at(-1);
    if (last) this.#publish({ type: 'knock' }, this.#places.audible(SERVES[last]));
  }

  tellPresence(presence: VisiblePresence, wantReply: boolean): void {
    this.#publish({ type: 'presence', presence, wantReply: wantReply ? 1 : 0 }, this.#places.audible(ANY_WAY));
    this.#open?.link.send({ type: 'presence', presence });
  }

  setQuiet(quiet: boolean): void {
    this.#places.setQuiet(quiet);
  }

  /** Closes the link; another is made only when wanted anew, or after the backoff if it still is. */
  hangUp(bye: ByeReason): void {
    this.#open?.link.close(bye);
  }

  close(): void {
    this.#needs = [];
    this.#calls.close();
    this.#places.leave();
    this.#attempt?.link.close();
    this.#open?.link.close('leaving');
    this.#stopRetrying();
  }

  // ————— meeting —————

  #placesChanged(): void {
    const wasHere = this.#here;
    this.#reviewHere();
    if (!this.#here) return;
    if (wasHere) this.reach();
    else this.#retryNow();
  }

  #reviewHere(): void {
    const here = this.#places.seenAt(ANY_WAY) !== undefined || this.#isHeld();
    if (here === this.#here) return;
    this.#here = here;
    this.#options.events.hereChanged(here);
  }

  /**
   * While the meeting place cannot be reached, who was there is still here for as long as the link lasts. Only then: whoever has
   * left it otherwise does not want to be seen.
   */
  #isHeld(): boolean {
    if (!this.#here || !this.#open) return false;
    let isThere = false;
    this.#options.rendezvous.state.subscribe(({ phase }) => (isThere = phase === 'online')).unsubscribe();
    return !isThere;
  }

  #publish(body: SignalBody, places: readonly Place[]): void {
    const { box, clock } = this.#options;
    for (const { membership, meeting } of places) membership.publish(box.seal(meeting, body, clock.now()));
  }

  #received({ meeting, way }: Place, sealed: Bytes): void {
    const opened = this.#options.box.open(meeting, sealed);
    if (!opened.ok) return;
    this.#noticeRestart(opened.value);
    this.#take(opened.value.body, way);
  }

  /**
   * A new run of their app cannot have the link of the old one: waiting for ICE to notice would hold messages up for half a
   * minute. Only a signal made after all we have seen counts, so that replaying an old one cuts nothing.
   */
  #noticeRestart({ instance, at }: Signal): void {
    const known = this.#run;
    if (known && at <= known.at) return;
    this.#run = { instance, at };
    if (known && !equalBytes(known.instance, instance)) this.#open?.link.close();
  }

  #take(body: SignalBody, way: Way): void {
    switch (body.type) {
      case 'knock':
        if (!this.#attempt) this.#calls.take({ type: 'knock', way });
        break;
      case 'offer':
        if (!this.#offers) this.#calls.take({ type: 'offer', way, id: body.link, sdp: body.sdp, candidates: [] });
        break;
      case 'answer':
        if (this.#offers) this.#attemptNamed(body.link)?.signal({ type: 'answer', sdp: body.sdp });
        break;
      case 'candidates': {
        const attempt = this.#attemptNamed(body.link);
        if (attempt) attempt.signal({ type: 'candidates', candidates: body.candidates });
        else this.#calls.add(body.link, body.candidates);
        break;
      }
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

  #isServed(need: Standing): boolean {
    return this.#open !== undefined && SERVES[need].includes(this.#open.standing);
  }

  /** They are here, and will offer; unless the knock is lost. */
  #knock(places: readonly Place[]): void {
    this.#publish({ type: 'knock' }, places);
    this.#retryAfter(KNOCK_WAIT_MS);
  }

  /** They want a link. The side that cannot offer answers a knock with a knock: "I am here, offer." */
  #serve(call: Call): void {
    if (call.type === 'offer') this.#answer(call);
    else if (this.#attempt) return;
    else if (this.#offers) this.#offer(call.way);
    else this.#publish({ type: 'knock' }, this.#placesAlong(call.way));
  }

  #placesAlong(way: Way): readonly Place[] {
    const place = this.#places.along(way);
    return place ? [place] : [];
  }

  #offer(way: Way): void {
    this.#start(randomBytes(LINK_ID_BYTES), 'offerer', way);
  }

  /** A newer offer means that they have given up the one before. */
  #answer({ id, sdp, way, candidates }: Extract<Call, { type: 'offer' }>): void {
    const { link } = this.#start(id, 'answerer', way);
    link.signal({ type: 'offer', sdp });
    if (candidates.length > 0) link.signal({ type: 'candidates', candidates });
  }

  #start(id: Bytes, role: 'offerer' | 'answerer', way: Way): Attempt {
    const { me, peer, minimumListVersion, maker, clock, rendezvous, events } = this.#options;
    this.#stopRetrying();
    const superseded = this.#attempt;
    const link: SecureLink = new SecureLink({
      role,
      maker,
      clock,
      iceServers: rendezvous.iceServers(),
      handshake: { device: me, psk: way.secret, expects: (account) => account === peer, minimumListVersion: () => minimumListVersion() },
      events: {
        signal: (signal) => this.#publish(signalBodyOf(id, signal), this.#placesAlong(way)),
        established: (device) => this.#established(link, device, way),
        frame: (frame) => {
          if (this.link === link) events.frame(frame);
        },
        drained: () => {
          if (this.link === link) events.drained();
        },
        bulk: {
          received: (message) => {
            if (this.link === link) events.bulkReceived(message);
          },
          drained: () => {
            if (this.link === link) events.bulkDrained();
          },
        },
        closed: (closure) => this.#closed(link, closure),
      },
    });
    this.#attempt = { id, link, way };
    superseded?.link.close();
    events.changed();
    return this.#attempt;
  }

  #established(link: SecureLink, peer: VerifiedDevice, { standing }: Way): void {
    const replaced = this.#open;
    this.#attempt = undefined;
    this.#open = { link, standing };
    this.#backoff.reset();
    this.#calls.forget();
    if (replaced) {
      this.#options.events.lost();
      replaced.link.close();
    }
    this.#options.events.established(link, peer, standing);
    this.#options.events.changed();
  }

  #closed(link: SecureLink, closure: SecureLinkClosure): void {
    if (this.link === link) {
      this.#open = undefined;
      this.#options.events.lost();
      this.#reviewHere();
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
