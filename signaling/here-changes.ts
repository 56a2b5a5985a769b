/** Who came and went, gathered for one socket: the first change after a quiet time goes out at once, those that follow in ticks. */
import type { Clock } from '../src/lib/clock.ts';
import type { HereChange } from '../src/protocol/signaling.ts';
import type { Change } from './topics.ts';

export interface HereOutlet {
  /** Whether the socket takes more now. While it does not, changes are kept, and what cancels out is never sent. */
  ready(): boolean;
  send(changes: readonly HereChange[]): void;
}

/** In a storm of comings and goings, one frame per tick instead of one per change. */
export const TICK_MS = 250;

/** About how many bytes of changes go into one frame. */
const FRAME_BYTES = 32 * 1024;
/** Names of fields, brackets and the topic. */
const BYTES_PER_TOPIC = 80;
const BYTES_PER_MEMBER = 19;

export class HereChanges {
  readonly #clock: Clock;
  readonly #outlet: HereOutlet;
  #waiting = new Map<string, Map<string, Change>>();
  #cancelTick: (() => void) | undefined;

  constructor(clock: Clock, outlet: HereOutlet) {
    this.#clock = clock;
    this.#outlet = outlet;
  }

  add(topic: string, member: string, change: Change): void {
    const changes = this.#waiting.get(topic) ?? new Map<string, Change>();
    changes.set(member, change);
    this.#waiting.set(topic, changes);
    // Not in this very moment: whoever comes usually joins several topics that we share.
    this.#cancelTick ??= this.#clock.after(0, () => this.#tick());
  }

  /** The socket is told everything about the topic, or has left it: what was waiting is out of date. */
  forget(topic: string): void {
    this.#waiting.delete(topic);
  }

  close(): void {
    this.#cancelTick?.();
    this.#waiting.clear();
  }

  #tick(): void {
    this.#cancelTick = undefined;
    if (this.#waiting.size === 0) return;
    if (this.#outlet.ready()) {
      const changes = [...this.#waiting].map(([topic, members]) => changeOf(topic, members));
      this.#waiting = new Map();
      for (const batch of batchesOf(changes)) this.#outlet.send(batch);
    }
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
  }
}

/** Cuts changes into frames of a bearable size, in order. A single topic is never cut. */
export function batchesOf(changes: readonly HereChange[]): HereChange[][] {
  const batches: HereChange[][] = [];
  let batch: HereChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    const members = (change.all?.length ?? 0) + (change.in?.length ?? 0) + (change.out?.length ?? 0);
    const size = BYTES_PER_TOPIC + members * BYTES_PER_MEMBER;
    if (batch.length > 0 && bytes + size > FRAME_BYTES) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(change);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function changeOf(topic: string, members: ReadonlyMap<string, Change>): HereChange {
  const came = [...members].filter(([, change]) => change === 'in').map(([member]) => member);
  const went = [...members].filter(([, change]) => change === 'out').map(([member]) => member);
  return { topic, ...(came.length > 0 ? { in: came } : {}), ...(went.length > 0 ? { out: went } : {}) };
}
