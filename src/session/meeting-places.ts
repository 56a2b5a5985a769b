/**
 * Where one peer may be met: for each secret we share, today's topic and the neighbouring day's (PROTOCOL.md S1, S2, S9).
 * Who is a contact and a fellow at once is waited for as both: what they hold us for, they may not have learnt yet.
 */
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { MemberTag } from '../protocol/ids.ts';
import { meetingDays, pairMeeting, untilDaysChange, type Ends, type Meeting } from './meeting.ts';
import type { Rendezvous, TopicMembership } from './ports.ts';
import type { Standing } from './router.ts';

/** A secret two share, and what they are to each other who meet by it. */
export interface Way {
  readonly standing: Standing;
  /** 32 bytes. */
  readonly secret: Bytes;
}

export interface Place {
  readonly way: Way;
  readonly meeting: Meeting;
  readonly membership: TopicMembership;
  /** They are here now, for all to see. */
  readonly here: boolean;
}

export interface MeetingPlacesOptions {
  readonly ends: Ends;
  /** The ones to be met by sooner come first. */
  readonly ways: readonly Way[];
  readonly rendezvous: Rendezvous;
  readonly clock: Clock;
  readonly quiet: boolean;
  readonly events: {
    /** They came to a place, or left one. */
    changed(): void;
    received(at: Place, sealed: Bytes): void;
  };
}

interface OwnPlace extends Place {
  readonly day: number;
  here: boolean;
}

export class MeetingPlaces {
  readonly #options: MeetingPlacesOptions;
  #ways: readonly Way[];
  #places: readonly OwnPlace[] = [];
  #quiet: boolean;
  #cancelRotation: (() => void) | undefined;

  constructor(options: MeetingPlacesOptions) {
    this.#options = options;
    this.#ways = options.ways;
    this.#quiet = options.quiet;
  }

  start(): void {
    const { clock } = this.#options;
    this.#join();
    this.#cancelRotation = clock.after(untilDaysChange(clock.now()), () => this.start());
  }

  setWays(ways: readonly Way[]): void {
    this.#ways = ways;
    if (this.#cancelRotation) this.#join();
  }

  setQuiet(quiet: boolean): void {
    this.#quiet = quiet;
    for (const { membership } of this.#places) membership.setQuiet(quiet);
  }

  leave(): void {
    this.#cancelRotation?.();
    this.#cancelRotation = undefined;
    for (const { membership } of this.#places) membership.leave();
    this.#places = [];
  }

  /** Where they are to be seen; by the first way of those given by which they are. */
  seenAt(standings: readonly Standing[]): Place | undefined {
    return this.#places.find(({ here, way }) => here && standings.includes(way.standing));
  }

  /**
   * Where to speak to them: where they are to be seen, and when they are nowhere, at today's topic of each way, where
   * somebody invisible still hears it.
   */
  audible(standings: readonly Standing[]): readonly Place[] {
    const seen = this.seenAt(standings);
    return seen ? [seen] : this.#ways.filter(({ standing }) => standings.includes(standing)).flatMap((way) => this.#of(way).slice(0, 1));
  }

  /** Where to speak to them of what was begun by this way. */
  along(way: Way): Place | undefined {
    const places = this.#of(way);
    return places.find(({ here }) => here) ?? places[0];
  }

  #of(way: Way): readonly Place[] {
    return this.#places.filter((place) => isSameWay(place.way, way));
  }

  #join(): void {
    const { rendezvous, clock, ends, events } = this.#options;
    const places: OwnPlace[] = [];
    for (const way of this.#ways) {
      for (const day of meetingDays(clock.now())) {
        const kept = this.#places.find((place) => place.day === day && isSameWay(place.way, way));
        if (kept) {
          places.push(kept);
          continue;
        }
        const meeting = pairMeeting(way.secret, day, ends);
        const listener = {
          peersChanged: (peers: ReadonlySet<MemberTag>) => this.#peersChanged(place, peers),
          received: (body: Bytes) => events.received(place, body),
        };
        const membership = rendezvous.join(meeting.topic, meeting.me, listener, { quiet: this.#quiet });
        const place: OwnPlace = { way, day, meeting, membership, here: false };
        places.push(place);
      }
    }
    for (const place of this.#places) if (!places.includes(place)) place.membership.leave();
    this.#places = places;
    events.changed();
  }

  #peersChanged(place: OwnPlace, peers: ReadonlySet<MemberTag>): void {
    const { them } = place.meeting;
    place.here = them !== undefined && peers.has(them);
    this.#options.events.changed();
  }
}

export function isSameWay(one: Way, other: Way): boolean {
  return one.standing === other.standing && equalBytes(one.secret, other.secret);
}
