import { describe, expect, it } from 'vitest';
import { FIRST_PLAN, laneFailed, laneReady, look, MAX_LANES, rest, type LanePlan } from '../../src/session/lane-policy.ts';

/** Between two samples: a number for the plan, no time passes. */
const LOOK_MS = 250;

/** alice gives to bob; `speed` says what so many lanes carry, bytes a millisecond. */
class Transfer {
  plan: LanePlan = FIRST_PLAN;
  at = 1_000_000;
  moved = 0;
  lanes = 1;
  most = 1;
  full = true;
  opened: number[] = [];
  readonly #began = this.at;
  readonly #speed: (lanes: number) => number;
  readonly #makes: boolean;

  constructor(speed: (lanes: number) => number, makes = true) {
    this.#speed = speed;
    this.#makes = makes;
  }

  run(milliseconds: number): this {
    for (const end = this.at + milliseconds; this.at < end;) this.#step();
    return this;
  }

  #step(): void {
    this.at += LOOK_MS;
    this.moved += this.#speed(this.lanes) * LOOK_MS;
    const { plan, act } = look(this.plan, { at: this.at, moved: this.moved, full: this.full, lanes: this.lanes });
    this.plan = plan;
    if (act === 'close') this.lanes--;
    if (act !== 'open') return;
    this.opened.push(this.at - this.#began);
    if (this.#makes) {
      this.lanes++;
      this.plan = laneReady(this.plan, this.at);
    } else {
      this.plan = laneFailed(this.plan, this.at);
    }
    this.most = Math.max(this.most, this.lanes);
  }
}

describe('[X62] how many lanes', () => {
  it('over distance, where each carries as much as the one before, soon all there may be', () => {
    const far = new Transfer((lanes) => lanes * 1_000).run(7_000);
    expect([far.lanes, far.most]).toEqual([MAX_LANES, MAX_LANES]);
    expect(far.run(60_000).lanes).toBe(MAX_LANES);
  });

  it('where the CPU is the limit, one; and it is tried again ever less often', () => {
    const near = new Transfer(() => 30_000).run(600_000);
    expect([near.lanes, near.most]).toEqual([1, 2]);
    const pauses = near.opened.slice(1).map((at, index) => at - (near.opened[index] ?? 0));
    expect(near.opened.length).toBeLessThan(8);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  });

  it('as many as bring something, where a wire is full with two', () => {
    const wire = new Transfer((lanes) => Math.min(lanes, 2) * 5_000).run(60_000);
    expect(wire.lanes).toBe(2);
  });

  it('a lane that brings a tenth more is not kept', () => {
    expect(new Transfer((lanes) => 1_000 + lanes * 100).run(6_000).lanes).toBe(1);
  });

  it('none is tried while the lanes are not what is slow', () => {
    const slow = new Transfer((lanes) => lanes * 1_000);
    slow.full = false;
    expect(slow.run(60_000).opened).toEqual([]);
    slow.full = true;
    expect(slow.run(1_500).opened).toHaveLength(1);
  });

  it('one that cannot be made is not asked for again at once', () => {
    const alone = new Transfer((lanes) => lanes * 1_000, false).run(120_000);
    expect(alone.lanes).toBe(1);
    expect(alone.opened.length).toBeLessThan(5);
  });

  it('what was learned about waiting outlives a rest, and what was being tried does not', () => {
    const near = new Transfer(() => 30_000).run(5_000);
    expect(near.opened).toHaveLength(1);
    near.plan = rest(near.plan);
    expect(near.run(5_000).opened).toHaveLength(1);
    expect(rest({ doing: 'opening', rate: 1, wait: 20_000 })).toMatchObject({ doing: 'watching', wait: 20_000 });
  });
});
