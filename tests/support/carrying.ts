/**
 * People with shared documents and proven links between them, all in memory: frames travel in order on each link, and when
 * each arrives is decided by whoever steps the wire.
 */
import * as Y from 'yjs';
import type { Awareness } from 'y-protocols/awareness';
import type { Admission, CarriedDocument, DocumentCarriage } from '../../src/groups/ports.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { createDocumentCarriage } from '../../src/transport/y-carriage.ts';
import { seededRandom } from './seeded-random.ts';

const realClock = {
  now: () => Date.now(),
  after: (delay: number, action: () => void) => {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};

/** Turns of the event loop in which everything that needs no time has come to rest. */
const REST_TURNS = 30;
/** Milliseconds after which a condition that has not come true never will. */
const PATIENCE_MS = 20_000;
/** What waits on a link before `drained` is told, as the real one has it. */
const LOW_WATER_BYTES = 256 * 1024;

interface Lane {
  readonly from: string;
  readonly to: string;
  readonly queue: Bytes[];
  bytes: number;
}

/** Carries frames between carriers, in order on each lane, lanes taking turns by chance. */
export class Wire {
  readonly #people = new Map<string, Carrier>();
  readonly #lanes = new Map<string, Lane>();
  readonly #random: (length: number) => Bytes;
  /** Bytes that ever travelled. */
  carried = 0;
  /** Frames stay where they are. */
  held = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A number below `limit`, by chance. */
  chance(limit: number): number {
    const [a = 0, b = 0] = this.#random(2);
    return (a * 256 + b) % limit;
  }

  join(carrier: Carrier): void {
    this.#people.set(carrier.id, carrier);
  }

  put(from: string, to: string, body: Bytes): boolean {
    const lane = this.#lanes.get(`${from}>${to}`);
    lane?.queue.push(body);
    if (lane) lane.bytes += body.length;
    return lane !== undefined;
  }

  waiting(from: string, to: string): number {
    return this.#lanes.get(`${from}>${to}`)?.bytes ?? 0;
  }

  open(one: string, other: string): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      this.#lanes.set(`${from}>${to}`, { from, to, queue: [], bytes: 0 });
  }

  cut(one: string, other: string): void {
    this.#lanes.delete(`${one}>${other}`);
    this.#lanes.delete(`${other}>${one}`);
  }

  /** Delivers one frame of some lane; false when there is none. */
  step(): boolean {
    const busy = this.held ? [] : [...this.#lanes.values()].filter(({ queue }) => queue.length > 0);
    const lane = busy[this.chance(Math.max(1, busy.length))];
    const body = lane?.queue.shift();
    if (!lane || !body) return false;
    const before = lane.bytes;
    lane.bytes -= body.length;
    this.carried += body.length;
    this.#people.get(lane.to)?.document?.received(lane.from as AccountId, body);
    if (before > LOW_WATER_BYTES && lane.bytes <= LOW_WATER_BYTES) this.#people.get(lane.from)?.document?.drained(lane.to as AccountId);
    return true;
  }

  /** Delivers until nothing moves any more. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < REST_TURNS; quiet++) {
      let moved = 0;
      while (moved < 200 && this.step()) moved++;
      if (moved > 0) quiet = 0;
      await turn();
    }
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error('It never came true.');
      for (let moved = 0; moved < 200 && this.step(); moved++);
      await turn();
    }
  }
}

/** Long enough for what browsers and simple-peer do by timers of no delay. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

export interface CarrierOptions {
  readonly doc?: Y.Doc;
  readonly awareness?: Awareness;
  readonly admit?: (update: Uint8Array) => Admission;
  readonly admitState?: (state: unknown) => boolean;
}

export class Carrier {
  readonly id: AccountId;
  readonly doc: Y.Doc;
  readonly refused: AccountId[] = [];
  readonly synced = new Set<AccountId>();
  document: CarriedDocument | undefined;
  readonly #wire: Wire;
  readonly #options: CarrierOptions;

  constructor(wire: Wire, name: string, options: CarrierOptions = {}) {
    this.id = name as AccountId;
    this.doc = options.doc ?? new Y.Doc();
    this.#wire = wire;
    this.#options = options;
    wire.join(this);
    this.open();
  }

  open(carriage: DocumentCarriage = createDocumentCarriage({ clock: realClock })): void {
    const { admit = () => 'take', awareness, admitState } = this.#options;
    this.document = carriage.open({
      doc: this.doc,
      awareness,
      admit,
      admitState,
      send: (to, body) => this.#wire.put(this.id, to, body),
      waiting: (to) => this.#wire.waiting(this.id, to),
      refused: (from) => this.refused.push(from),
    });
    this.document.syncedWith.subscribe((members) => {
      this.synced.clear();
      for (const member of members) this.synced.add(member);
    });
  }

  /** The smaller name begins. */
  connect(other: Carrier): void {
    this.document?.connect(other.id, { initiates: this.id < other.id });
  }

  close(): void {
    this.document?.close();
    this.document = undefined;
  }
}

/** A link between two, and both told of it. */
export function link(wire: Wire, one: Carrier, other: Carrier): void {
  wire.open(one.id, other.id);
  one.connect(other);
  other.connect(one);
}
