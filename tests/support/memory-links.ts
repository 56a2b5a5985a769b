/** Links in memory: the same semantics as links over WebRTC, under the test's control. */
import { assert } from '../../src/lib/assert.ts';
import { equalBytes, toHex, type Bytes } from '../../src/lib/bytes.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { MAX_BULK_BYTES } from '../../src/protocol/bulk.ts';
import { MAX_FRAME_BYTES } from '../../src/protocol/frame.ts';
import type { BulkEnd, Link, LinkClosure, LinkEvents, LinkMaker, LinkOptions, LinkSignal } from '../../src/session/ports.ts';
import {
  BULK_HIGH_WATER_BYTES,
  BULK_LOW_WATER_BYTES,
  CLOSE_FLUSH_MS,
  CONNECT_TIMEOUT_MS,
  FINGERPRINT_BYTES,
  LOW_WATER_BYTES,
} from '../../src/transport/link-limits.ts';
import type { Delivery } from './delivery.ts';

/** A frame on its way between two people. */
export interface PassingFrame {
  readonly from: string;
  readonly to: string;
  readonly bytes: Bytes;
}

/** Somebody in the middle of links: what `frame` returns arrives instead of what was sent. */
export interface LinkAdversary {
  /**
   * Whether links opened from now on are two connections spliced together: each side then sees the fingerprint of the
   * one in the middle. Without it the adversary is an impossible one who sits inside DTLS: good for testing our own seal.
   */
  readonly splice: boolean;
  frame(frame: PassingFrame): readonly Bytes[];
}

/** One open link, for a test to interfere with. */
export interface Wire {
  /** Who is at its ends: the offerer first. */
  readonly people: readonly [string, string];
  /** Hands a frame to one end as if the other had sent it. */
  inject(to: string, frame: Uint8Array): void;
  /** The same with a bulk message. */
  injectBulk(to: string, message: Uint8Array): void;
  cut(): void;
}

interface Description {
  readonly end: End;
  readonly fingerprint: Bytes;
}

export class MemoryWires {
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  readonly #random: (length: number) => Bytes;
  readonly #ends = new Map<string, End>();
  readonly #without = new Set<string>();

  adversary: LinkAdversary | undefined;
  /** Links neither open nor fail: they time out. */
  obstructed = false;

  constructor(clock: Clock, delivery: Delivery, random: (length: number) => Bytes) {
    this.#clock = clock;
    this.#delivery = delivery;
    this.#random = random;
  }

  linkMaker(person: string): LinkMaker {
    return {
      make: (options) => {
        const end = new End(this, this.#clock, this.#delivery, person, this.#random(FINGERPRINT_BYTES), options);
        if (this.#without.has(person)) queueMicrotask(() => end.finish({ reason: 'unsupported' }));
        else end.start();
        return end;
      },
    };
  }

  /** Switches WebRTC off (or on again) in this person's browser. */
  setSupport(person: string, supported: boolean): void {
    if (supported) this.#without.delete(person);
    else this.#without.add(person);
  }

  /** Breaks the links of everybody, or of one person; frames on their way are lost. */
  cut(person?: string): void {
    for (const end of this.#ends.values()) if (person === undefined || end.person === person) end.cut();
  }

  open(): readonly Wire[] {
    return [...this.#ends.values()].flatMap((end) => {
      const peer = end.role === 'offerer' ? end.openPeer : undefined;
      return peer ? [wireBetween(end, peer)] : [];
    });
  }

  // ————— called by the ends —————

  describe(end: End): string {
    this.#ends.set(end.id, end);
    return `memory ${end.role} ${end.id} ${toHex(end.fingerprint)}`;
  }

  /** Whom a description is of; undefined for anything that is not one, or is of the wrong kind. */
  find(sdp: string, role: LinkOptions['role']): Description | undefined {
    const [, found, id = '', hex = ''] = /^memory (offerer|answerer) ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(sdp) ?? [];
    const end = this.#ends.get(id);
    return end && found === role ? { end, fingerprint: Uint8Array.from(Buffer.from(hex, 'hex')) } : undefined;
  }

  forget(end: End): void {
    this.#ends.delete(end.id);
  }

  /** Opens the link once both ends know each other and at least one has a candidate of the other's. */
  tryOpen(one: End): void {
    const [theirs, mine] = [one.described, one.described?.end.described];
    if (this.obstructed || !theirs || mine?.end !== one) return;
    const other = theirs.end;
    if (!one.reachesOther && !other.reachesOther) return;
    // What DTLS checks: the certificate is the one the description named.
    if (!equalBytes(theirs.fingerprint, other.fingerprint) || !equalBytes(mine.fingerprint, one.fingerprint)) {
      one.cut();
      return;
    }
    const splice = this.adversary?.splice ?? false;
    const [seenByOne, seenByOther] = splice
      ? [this.#random(FINGERPRINT_BYTES), this.#random(FINGERPRINT_BYTES)]
      : [other.fingerprint, one.fingerprint];
    one.connect(other, seenByOne);
    other.connect(one, seenByOther);
  }

  pass(frame: PassingFrame): readonly Bytes[] {
    return this.adversary ? this.adversary.frame(frame) : [frame.bytes];
  }

  newId(): string {
    return toHex(this.#random(32));
  }
}

function wireBetween(offerer: End, answerer: End): Wire {
  const endOf = (person: string): End => (person === offerer.person ? offerer : answerer);
  return {
    people: [offerer.person, answerer.person],
    inject: (to, frame) => endOf(to).arrive(Uint8Array.from(frame)),
    injectBulk: (to, message) => endOf(to).arriveBulk(Uint8Array.from(message)),
    cut: () => offerer.cut(),
  };
}

type Phase =
  | { readonly is: 'connecting' }
  | { readonly is: 'open'; readonly peer: End }
  /** Its own side called `close`; what it sent before is still on its way. */
  | { readonly is: 'closing'; readonly peer: End }
  | { readonly is: 'closed' };

class End implements Link {
  readonly id: string;
  readonly person: string;
  readonly role: LinkOptions['role'];
  readonly fingerprint: Bytes;
  readonly #wires: MemoryWires;
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  readonly #events: LinkEvents;
  readonly #cancelTimeout: () => void;
  #cancelFlush: () => void = () => undefined;
  #phase: Phase = { is: 'connecting' };
  #waiting = 0;
  #bulkWaiting = 0;

  readonly bulk: BulkEnd;
  described: Description | undefined;
  reachesOther = false;

  constructor(wires: MemoryWires, clock: Clock, delivery: Delivery, person: string, fingerprint: Bytes, { role, events }: LinkOptions) {
    this.id = wires.newId();
    this.person = person;
    this.role = role;
    this.fingerprint = fingerprint;
    this.#wires = wires;
    this.#clock = clock;
    this.#delivery = delivery;
    this.#events = events;
    this.bulk = this.#createBulk();
    this.#cancelTimeout = clock.after(CONNECT_TIMEOUT_MS, () => {
      if (this.#phase.is === 'connecting') this.finish({ reason: 'timeout' });
    });
  }

  get openPeer(): End | undefined {
    return this.#phase.is === 'open' ? this.#phase.peer : undefined;
  }

  get waiting(): number {
    return this.#waiting;
  }

  start(): void {
    const sdp = this.#wires.describe(this);
    if (this.role === 'offerer') this.#tell({ type: 'offer', sdp });
  }

  signal(signal: LinkSignal): void {
    if (this.#phase.is !== 'connecting') return;
    if (signal.type === 'candidates') {
      if (signal.candidates.length > 0) this.reachesOther = true;
    } else {
      this.#describe(signal.type, signal.sdp);
    }
    this.#wires.tryOpen(this);
  }

  send(frame: Uint8Array): void {
    if (this.#phase.is === 'closing' || this.#phase.is === 'closed') return;
    assert(this.#phase.is === 'open', 'nothing is sent before the link is open');
    assert(frame.length <= MAX_FRAME_BYTES, 'a frame fits the link');
    const { peer } = this.#phase;
    const bytes = Uint8Array.from(frame);
    this.#waiting += bytes.length;
    this.#delivery.send(() => this.#carry(bytes, peer));
  }

  relayed(): Promise<boolean | undefined> {
    return Promise.resolve(this.#phase.is === 'open' ? false : undefined);
  }

  close(): void {
    if (this.#phase.is === 'closing' || this.#phase.is === 'closed') return;
    if (this.#phase.is === 'connecting') {
      this.#delivery.send(() => this.finish({ reason: 'closed' }));
      return;
    }
    const { peer } = this.#phase;
    this.#phase = { is: 'closing', peer };
    const finish = (): void => {
      this.finish({ reason: 'closed' });
      peer.finish({ reason: 'closed' });
    };
    this.#delivery.send(finish);
    this.#cancelFlush = this.#clock.after(CLOSE_FLUSH_MS, finish);
  }

  // ————— called by the wires and by the other end —————

  connect(peer: End, remote: Bytes): void {
    this.#phase = { is: 'open', peer };
    this.#cancelTimeout();
    this.#delivery.send(() => {
      if (this.#phase.is === 'open') this.#events.opened({ local: this.fingerprint.slice(), remote: remote.slice() });
    });
  }

  arrive(frame: Bytes): void {
    if (this.#phase.is === 'open') this.#events.received(frame);
  }

  arriveBulk(message: Bytes): void {
    if (this.#phase.is === 'open') this.#events.bulk(message);
  }

  /** The path died: both ends notice, nothing that was waiting arrives. */
  cut(): void {
    const peer = this.described?.end;
    queueMicrotask(() => {
      this.finish({ reason: 'failed' });
      peer?.finish({ reason: 'failed' });
    });
  }

  finish(closure: LinkClosure): void {
    if (this.#phase.is === 'closed') return;
    this.#phase = { is: 'closed' };
    this.#waiting = 0;
    this.#bulkWaiting = 0;
    this.#cancelTimeout();
    this.#cancelFlush();
    this.#wires.forget(this);
    this.#events.closed(closure);
  }

  #describe(type: 'offer' | 'answer', sdp: string): void {
    const expected = this.role === 'offerer' ? 'answer' : 'offer';
    if (type !== expected || this.described) return;
    this.described = this.#wires.find(sdp, this.role === 'offerer' ? 'answerer' : 'offerer');
    if (!this.described) this.#delivery.send(() => this.finish({ reason: 'error', detail: 'unusable description' }));
    else if (this.role === 'answerer') this.#tell({ type: 'answer', sdp: this.#wires.describe(this) });
  }

  /** A description, then the only candidate there is. */
  #tell(description: LinkSignal): void {
    const candidates = [{ candidate: `memory ${this.id}`, mid: '0', line: 0 }];
    for (const signal of [description, { type: 'candidates', candidates } as const]) {
      this.#delivery.send(() => {
        if (this.#phase.is === 'connecting' || this.#phase.is === 'open') this.#events.signal(signal);
      });
    }
  }

  #carry(bytes: Bytes, peer: End): void {
    if (this.#phase.is === 'closed') return;
    const before = this.#waiting;
    this.#waiting -= bytes.length;
    for (const frame of this.#wires.pass({ from: this.person, to: peer.person, bytes })) peer.arrive(frame);
    if (this.#phase.is === 'open' && before > LOW_WATER_BYTES && this.#waiting <= LOW_WATER_BYTES) this.#events.drained();
  }

  #createBulk(): BulkEnd {
    const waiting = (): number => this.#bulkWaiting;
    const room = (): number =>
      this.#phase.is === 'open' ? Math.max(0, Math.floor((BULK_HIGH_WATER_BYTES - this.#bulkWaiting) / MAX_BULK_BYTES)) : 0;
    return {
      get room() {
        return room();
      },
      get waiting() {
        return waiting();
      },
      send: (message) => this.#sendBulk(message),
    };
  }

  #sendBulk(message: Uint8Array): void {
    if (this.#phase.is !== 'open') return;
    assert(message.length <= MAX_BULK_BYTES, 'a bulk message fits the channel');
    const { peer } = this.#phase;
    const bytes = Uint8Array.from(message);
    this.#bulkWaiting += bytes.length;
    this.#delivery.send(() => {
      if (this.#phase.is === 'closed') return;
      const before = this.#bulkWaiting;
      this.#bulkWaiting -= bytes.length;
      peer.arriveBulk(bytes);
      if (this.openPeer && before > BULK_LOW_WATER_BYTES && this.#bulkWaiting <= BULK_LOW_WATER_BYTES) this.#events.bulkDrained();
    });
  }
}
