/**
 * All the ways bulk may go to one peer: the link's own channel, and lanes beside it while they help (PROTOCOL.md X60…).
 * Lives as long as the link.
 */
import { randomBytes } from '../crypto/random.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { decode, encode } from '../protocol/codec.ts';
import { laneWord, type LaneWord } from '../protocol/lane.ts';
import { LINK_ID_BYTES } from '../protocol/signal.ts';
import type { IceServer } from '../protocol/signaling.ts';
import { FIRST_PLAN, laneFailed, laneReady, look, MAX_LANES, rest, type LanePlan } from './lane-policy.ts';
import { Lane, type LaneOptions } from './lane.ts';
import type { BulkEnd, LinkMaker } from './ports.ts';

/** How often it is looked at whether the lanes are full: a link tells that it has room again, not that it had none all along. */
const LOOK_MS = 250;
/** Lanes that carried nothing for so long end: another file would be seen by now. */
const IDLE_LOOKS = 40;
/** Of theirs: those in use, and those that are over but not empty yet. */
const MAX_TAKEN = 2 * MAX_LANES;

export interface LanesOptions {
  /** Of the proven link. */
  readonly bulk: BulkEnd;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly iceServers: () => readonly IceServer[];
  readonly events: LanesEvents;
}

export interface LanesEvents {
  /** An encoded `laneWord`, to be told over the proven link. */
  told(body: Bytes): void;
  received(chunk: Bytes): void;
  drained(): void;
  /** A lane ended with chunks on it, or they broke the rules: only another link makes things certain again. */
  broken(): void;
}

export class Lanes {
  readonly #options: LanesOptions;
  /** By their ids; mine in the order they were opened. */
  readonly #given = new Map<string, Lane>();
  readonly #taken = new Map<string, Lane>();
  #plan: LanePlan = FIRST_PLAN;
  #handed = 0;
  #movedBefore = 0;
  #idleLooks = 0;
  #stopLooking: (() => void) | undefined;
  #closed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** How many lanes chunks leave by, the link's own channel among them. */
  get count(): number {
    return 1 + this.#ready().length;
  }

  /** How many chunks may be sent now. */
  get room(): number {
    return this.#ends().reduce((sum, { room }) => sum + room, 0);
  }

  /** By the lane where least is waiting. False, and nothing sent, when there is no room. */
  send(chunk: Bytes): boolean {
    const [end] = this.#ends()
      .filter(({ room }) => room > 0)
      .sort((a, b) => a.waiting - b.waiting);
    if (!end || this.#closed) return false;
    this.#handed += chunk.length;
    end.send(chunk);
    this.#stopLooking ??= this.#lookSoon();
    return true;
  }

  /** A `lane` frame of theirs. */
  hear(body: Bytes): void {
    const decoded = decode(laneWord, body);
    if (!decoded.ok) {
      this.#options.events.broken();
      return;
    }
    const { lane, word } = decoded.value;
    const known = this.#given.get(toBase64url(lane)) ?? this.#taken.get(toBase64url(lane));
    if (known) known.hear(word);
    else if (word.type === 'offer') this.#take(decoded.value);
    else if (word.type === 'proof') this.#tell({ lane, word: { type: 'gone' } });
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking?.();
    for (const lane of [...this.#given.values(), ...this.#taken.values()]) lane.close();
  }

  #ends(): Pick<BulkEnd, 'room' | 'waiting' | 'send'>[] {
    return [this.#options.bulk, ...this.#ready()];
  }

  #ready(): Lane[] {
    return [...this.#given.values()].filter(({ isReady }) => isReady);
  }

  // ————— what they open —————

  #take(offer: LaneWord): void {
    if (this.#taken.size >= MAX_TAKEN) this.#tell({ lane: offer.lane, word: { type: 'gone' } });
    else this.#make('taker', offer.lane).hear(offer.word);
  }

  // ————— what I open —————

  #lookSoon(): () => void {
    return this.#options.clock.after(LOOK_MS, () => this.#look());
  }

  #look(): void {
    const ends = this.#ends();
    const waiting = [this.#options.bulk, ...this.#given.values()].reduce((sum, end) => sum + end.waiting, 0);
    const moved = this.#handed - waiting;
    this.#idleLooks = waiting === 0 && moved === this.#movedBefore ? this.#idleLooks + 1 : 0;
    this.#movedBefore = moved;
    if (this.#idleLooks > IDLE_LOOKS) {
      this.#rest();
      return;
    }
    const at = this.#options.clock.now();
    const { plan, act } = look(this.#plan, { at, moved, full: ends.every((end) => end.waiting > 0), lanes: ends.length });
    this.#plan = plan;
    if (act === 'open') this.#make('giver', randomBytes(LINK_ID_BYTES));
    if (act === 'close') this.#ready().at(-1)?.retire();
    this.#stopLooking = this.#lookSoon();
  }

  #rest(): void {
    this.#stopLooking = undefined;
    this.#idleLooks = 0;
    this.#plan = rest(this.#plan);
    for (const lane of this.#ready()) lane.retire();
  }

  #make(role: LaneOptions['role'], id: Bytes): Lane {
    const { maker, clock, iceServers, events } = this.#options;
    const [key, lanes] = [toBase64url(id), role === 'giver' ? this.#given : this.#taken];
    let wasReady = false;
    const lane = new Lane({
      role,
      maker,
      iceServers: iceServers(),
      events: {
        told: (word) => this.#tell({ lane: id, word }),
        ready: () => {
          wasReady = true;
          this.#plan = laneReady(this.#plan, clock.now());
          events.drained();
        },
        received: (chunk) => {
          if (!this.#closed) events.received(chunk);
        },
        drained: () => events.drained(),
        ended: (lost) => {
          lanes.delete(key);
          if (this.#closed) return;
          this.#tell({ lane: id, word: { type: 'gone' } });
          if (role === 'giver' && !wasReady) this.#plan = laneFailed(this.#plan, clock.now());
          if (lost) events.broken();
        },
      },
    });
    lanes.set(key, lane);
    return lane;
  }

  #tell(word: LaneWord): void {
    if (!this.#closed) this.#options.events.told(encode(laneWord, word));
  }
}
