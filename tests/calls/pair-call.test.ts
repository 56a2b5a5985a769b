/** Calls between two: every crossing of words, with loss, doubling and disorder (PROTOCOL.md V3–V5, V8). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advancePair, NO_CALL, RING_MS, SILENCE_MS, type PairCall, type PairEffect, type PairEvent } from '../../src/calls/pair-call.ts';
import type { CallWordBody } from '../../src/protocol/call-word.ts';
import type { AccountId, CallId } from '../../src/protocol/ids.ts';

type Name = 'alice' | 'bob' | 'carol';
const idOf = (name: Name) => name as string as AccountId;

interface Carried {
  readonly from: Name;
  readonly to: Name;
  readonly call: CallId;
  readonly word: CallWordBody;
}

/** People with a machine each, and a channel between them that a test may disturb. */
class Crossing {
  now = 1_000_000;
  /** What is on its way, oldest first. */
  readonly way: Carried[] = [];
  readonly told: Carried[] = [];
  readonly overs: { readonly name: Name; readonly why: string; readonly call: CallId }[] = [];
  readonly #machines = new Map<Name, PairCall>();
  #calls = 0;

  stateOf(name: Name): PairCall['state'] {
    return (this.#machines.get(name) ?? NO_CALL).state;
  }

  /** Like a page that ended. */
  crash(name: Name): void {
    this.#machines.delete(name);
  }

  start(name: Name, to: Name, id?: string): void {
    const call = (id ?? `call ${String(this.#calls++ % 7)} ${String(this.#calls)}`) as CallId;
    this.event(name, { type: 'start', call, peer: idOf(to), media: 'voice' });
  }

  answer(name: Name): void {
    this.event(name, { type: 'answer', media: 'voice' });
  }

  leave(name: Name): void {
    this.event(name, { type: 'leave' });
  }

  event(name: Name, event: PairEvent): void {
    const { next, effects } = advancePair(this.#machines.get(name) ?? NO_CALL, event, this.now);
    this.#machines.set(name, next);
    for (const effect of effects) this.#carryOut(name, effect);
  }

  #carryOut(name: Name, effect: PairEffect): void {
    if (effect.type === 'over') {
      this.overs.push({ name, why: effect.why, call: effect.call.call });
      return;
    }
    const carried = { from: name, to: effect.to as string as Name, call: effect.call, word: effect.word };
    this.way.push(carried);
    this.told.push(carried);
  }

  /** Lets the words at these places of the way arrive; by default the oldest. */
  arrive(index = 0, { twice = false } = {}): void {
    const [carried] = twice ? this.way.slice(index, index + 1) : this.way.splice(index, 1);
    if (carried) this.event(carried.to, { type: 'word', from: idOf(carried.from), call: carried.call, word: carried.word });
  }

  lose(index = 0): void {
    this.way.splice(index, 1);
  }

  arriveAll(): void {
    while (this.way.length > 0) this.arrive();
  }

  /** Time passes, and in it nothing is lost. Whoever is in a call says so every second, as they do there. */
  pass(milliseconds: number, names: readonly Name[] = ['alice', 'bob'], { lost = false, connected = false } = {}): void {
    for (let passed = 0; passed < milliseconds; passed += 1_000) {
      this.now += 1_000;
      for (const name of names) {
        this.event(name, { type: 'tick', connected });
        const state = this.stateOf(name);
        if (state.phase === 'in') this.#state(name, state);
      }
      if (lost) this.way.length = 0;
      else this.arriveAll();
    }
  }

  #state(name: Name, { call, peer }: { readonly call: CallId; readonly peer: AccountId }): void {
    const word: CallWordBody = { type: 'state', muted: false, camera: false, screen: false, hand: false };
    this.#carryOut(name, { type: 'tell', to: peer, call, word });
  }

  get phases(): readonly [string, string] {
    return [this.stateOf('alice').phase, this.stateOf('bob').phase];
  }

  callOf(name: Name): CallId | undefined {
    const state = this.stateOf(name);
    return state.phase === 'idle' ? undefined : state.call;
  }

  whyOf(name: Name): string | undefined {
    return this.overs.findLast((over) => over.name === name)?.why;
  }
}

describe('a call between alice and bob', () => {
  it('rings at bob, and both are in it when he answers', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.arriveAll();
    expect(crossing.stateOf('alice')).toMatchObject({ phase: 'calling', reached: true });
    expect(crossing.stateOf('bob')).toMatchObject({ phase: 'ringing', peer: 'alice' });
    crossing.answer('bob');
    crossing.arriveAll();
    expect(crossing.phases).toEqual(['in', 'in']);
    expect(crossing.stateOf('alice')).toMatchObject({ isCaller: true });
    expect(crossing.stateOf('bob')).toMatchObject({ isCaller: false });
  });

  it('is told by each as what it was to them', () => {
    const ends = (act: (crossing: Crossing) => void) => {
      const crossing = new Crossing();
      crossing.start('alice', 'bob');
      crossing.arriveAll();
      act(crossing);
      crossing.arriveAll();
      expect(crossing.phases).toEqual(['idle', 'idle']);
      return [crossing.whyOf('alice'), crossing.whyOf('bob')];
    };
    expect(ends((crossing) => crossing.leave('bob'))).toEqual(['declined', 'by-me']);
    expect(ends((crossing) => crossing.leave('alice'))).toEqual(['by-me', 'missed']);
    const answered = (crossing: Crossing) => {
      crossing.answer('bob');
      crossing.arriveAll();
    };
    expect(
      ends((crossing) => {
        answered(crossing);
        crossing.leave('bob');
      }),
    ).toEqual(['by-them', 'by-me']);
    expect(
      ends((crossing) => {
        answered(crossing);
        crossing.leave('alice');
      }),
    ).toEqual(['by-me', 'by-them']);
  });

  it('ends after 45 seconds without an answer, and is missed', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.pass(RING_MS - 1_000);
    expect(crossing.phases).toEqual(['calling', 'ringing']);
    crossing.pass(1_000);
    expect(crossing.phases).toEqual(['idle', 'idle']);
    expect(crossing.whyOf('alice')).toBe('no-answer');
    expect(crossing.whyOf('bob')).toBe('missed');
  });

  it('is unreachable when it never rang', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.pass(RING_MS, ['alice'], { lost: true });
    expect(crossing.whyOf('alice')).toBe('unreachable');
  });

  it('rings although the first ring was lost, and stops ringing when alice is heard no more', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.lose();
    crossing.pass(4_000);
    expect(crossing.phases).toEqual(['calling', 'ringing']);
    crossing.crash('alice');
    crossing.pass(SILENCE_MS, ['bob']);
    expect(crossing.stateOf('bob').phase).toBe('idle');
    expect(crossing.whyOf('bob')).toBe('missed');
  });

  it('is answered although the answer was lost', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.arriveAll();
    crossing.answer('bob');
    crossing.lose();
    crossing.pass(4_000);
    expect(crossing.phases).toEqual(['in', 'in']);
  });

  it('gives carol a busy signal, and goes on', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.arriveAll();
    crossing.start('carol', 'bob');
    crossing.arriveAll();
    expect(crossing.whyOf('carol')).toBe('busy');
    expect(crossing.phases).toEqual(['calling', 'ringing']);
  });

  it.each([
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const)('[V5] of two that cross the one with the smaller id remains, and both are in (smaller: %s)', (smaller, larger) => {
    const crossing = new Crossing();
    crossing.start(smaller, larger, 'a');
    crossing.start(larger, smaller, 'b');
    crossing.arriveAll();
    expect(crossing.phases).toEqual(['in', 'in']);
    expect([crossing.callOf('alice'), crossing.callOf('bob')]).toEqual(['a', 'a']);
    expect(crossing.overs).toEqual([]);
    expect(crossing.stateOf(smaller)).toMatchObject({ isCaller: true });
    expect(crossing.stateOf(larger)).toMatchObject({ isCaller: false });
  });

  it('is over when alice gives up in the moment bob answers', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.arriveAll();
    crossing.answer('bob');
    crossing.leave('alice');
    crossing.arriveAll();
    expect(crossing.phases).toEqual(['idle', 'idle']);
    expect(crossing.whyOf('bob')).toBe('by-them');
  });

  it('is over when alice gives up in the moment bob declines', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.arriveAll();
    crossing.leave('bob');
    crossing.leave('alice');
    crossing.arriveAll();
    expect(crossing.phases).toEqual(['idle', 'idle']);
  });

  it('does not ring when the word that it is over came first', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob');
    crossing.leave('alice');
    crossing.arrive(1);
    crossing.arriveAll();
    expect(crossing.stateOf('bob').phase).toBe('idle');
    expect(crossing.overs.filter(({ name }) => name === 'bob')).toEqual([]);
  });

  it('survives 30 seconds without words as long as something comes over the media link, and no longer', () => {
    const crossing = inCall();
    crossing.pass(2 * SILENCE_MS, ['alice', 'bob'], { lost: true, connected: true });
    expect(crossing.phases).toEqual(['in', 'in']);
    crossing.pass(SILENCE_MS - 1_000, ['alice', 'bob'], { lost: true });
    expect(crossing.phases).toEqual(['in', 'in']);
    crossing.pass(1_000, ['alice', 'bob'], { lost: true });
    expect(crossing.phases).toEqual(['idle', 'idle']);
    expect([crossing.whyOf('alice'), crossing.whyOf('bob')]).toEqual(['lost', 'lost']);
  });

  it('ends at once when bob comes back from a crash and knows nothing of it; his own ring then rings', () => {
    const crossing = inCall();
    crossing.crash('bob');
    crossing.start('bob', 'alice');
    crossing.arriveAll();
    expect(crossing.whyOf('alice')).toBe('lost');
    crossing.pass(4_000);
    expect(crossing.phases).toEqual(['ringing', 'calling']);
  });

  it('is not disturbed by an old ring that comes late', () => {
    const crossing = new Crossing();
    crossing.start('alice', 'bob', 'a');
    crossing.start('bob', 'alice', 'b');
    const late = crossing.told.find(({ call }) => call === 'b');
    crossing.arriveAll();
    if (late) crossing.event('alice', { type: 'word', from: idOf('bob'), call: late.call, word: late.word });
    crossing.arriveAll();
    expect([crossing.callOf('alice'), crossing.callOf('bob')]).toEqual(['a', 'a']);
    expect(crossing.phases).toEqual(['in', 'in']);
  });

  it('never answers an end with an end', () => {
    const crossing = new Crossing();
    crossing.event('bob', { type: 'word', from: idOf('alice'), call: 'x' as CallId, word: { type: 'end', reason: 'failed' } });
    expect(crossing.told).toEqual([]);
  });
});

describe('whatever is lost, doubled or out of order on the way', () => {
  type Move =
    | { readonly kind: 'start' | 'answer' | 'leave' | 'crash'; readonly who: 'alice' | 'bob' }
    | { readonly kind: 'arrive' | 'lose' | 'twice'; readonly at: number }
    | { readonly kind: 'pass'; readonly seconds: number; readonly lost: boolean };
  const who = fc.constantFrom('alice' as const, 'bob' as const);
  const move: fc.Arbitrary<Move> = fc.oneof(
    fc.record({ kind: fc.constantFrom('start' as const, 'start' as const, 'answer' as const, 'answer' as const, 'leave' as const), who }),
    fc.record({ kind: fc.constant('crash' as const), who }),
    fc.record({ kind: fc.constantFrom('arrive' as const, 'arrive' as const, 'lose' as const, 'twice' as const), at: fc.nat(6) }),
    fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 20 }), lost: fc.boolean() }),
  );

  function make(crossing: Crossing, step: Move): void {
    switch (step.kind) {
      case 'start':
        crossing.start(step.who, step.who === 'alice' ? 'bob' : 'alice');
        break;
      case 'answer':
        crossing.answer(step.who);
        break;
      case 'leave':
        crossing.leave(step.who);
        break;
      case 'crash':
        crossing.crash(step.who);
        break;
      case 'arrive':
        crossing.arrive(step.at);
        break;
      case 'lose':
        crossing.lose(step.at);
        break;
      case 'twice':
        crossing.arrive(step.at, { twice: true });
        break;
      case 'pass':
        crossing.pass(step.seconds * 1_000, ['alice', 'bob'], { lost: step.lost });
        break;
    }
  }

  it('both end idle, or both in the same call', () => {
    const seen = { idle: 0, in: 0 };
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 40 }), (moves) => {
        const crossing = new Crossing();
        for (const step of moves) make(crossing, step);
        // The line is good again, and nobody does anything any more.
        crossing.pass(RING_MS + SILENCE_MS + 10_000);
        const [alice, bob] = crossing.phases;
        expect(alice).toBe(bob);
        expect(['idle', 'in']).toContain(alice);
        expect(crossing.callOf('alice')).toBe(crossing.callOf('bob'));
        seen[alice === 'in' ? 'in' : 'idle']++;
      }),
      { numRuns: 3_000, seed: 7 },
    );
    // Both ends are really reached.
    expect(seen.in).toBeGreaterThan(50);
    expect(seen.idle).toBeGreaterThan(100);
  });

  it('is quiet within seconds: no two words answer each other for ever', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 30 }), (moves) => {
        const crossing = new Crossing();
        for (const step of moves) make(crossing, step);
        const before = crossing.told.length + crossing.way.length;
        crossing.arriveAll();
        expect(crossing.told.length - before).toBeLessThan(100);
      }),
      { numRuns: 500, seed: 8 },
    );
  });
});

function inCall(): Crossing {
  const crossing = new Crossing();
  crossing.start('alice', 'bob');
  crossing.arriveAll();
  crossing.answer('bob');
  crossing.arriveAll();
  expect(crossing.phases).toEqual(['in', 'in']);
  return crossing;
}
