import { describe, expect, it } from 'vitest';
import { batchesOf, HereChanges, TICK_MS } from '../../signaling/here-changes.ts';
import type { HereChange } from '../../src/protocol/signaling.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tag, topic } from './client.ts';

function listen() {
  const clock = new ManualClock();
  const sent: (readonly HereChange[])[] = [];
  const outlet = { open: true };
  const changes = new HereChanges(clock, { ready: () => outlet.open, send: (batch) => sent.push(batch) });
  return { clock, sent, outlet, changes };
}

describe('changes of who is here', () => {
  it('tell the first change after a quiet time at once, with what happened in the same moment', async () => {
    const { clock, sent, changes } = listen();
    changes.add('café', 'bob', 'in');
    changes.add('park', 'bob', 'in');
    await clock.advance(0);
    expect(sent).toEqual([
      [
        { topic: 'café', in: ['bob'] },
        { topic: 'park', in: ['bob'] },
      ],
    ]);
  });

  it('gather what follows until the next tick', async () => {
    const { clock, sent, changes } = listen();
    changes.add('café', 'bob', 'in');
    await clock.advance(0);
    changes.add('café', 'carol', 'in');
    changes.add('café', 'bob', 'out');
    await clock.advance(TICK_MS - 1);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent[1]).toEqual([{ topic: 'café', in: ['carol'], out: ['bob'] }]);
  });

  it('tell only the last of several changes of one member', async () => {
    const { clock, sent, changes } = listen();
    for (const change of ['in', 'out', 'in', 'out'] as const) changes.add('café', 'bob', change);
    await clock.advance(TICK_MS);
    expect(sent).toEqual([[{ topic: 'café', out: ['bob'] }]]);
  });

  it('wait for a slow reader and never pile up', async () => {
    const { clock, sent, outlet, changes } = listen();
    outlet.open = false;
    changes.add('café', 'bob', 'in');
    await clock.advance(10 * TICK_MS);
    changes.add('café', 'bob', 'out');
    await clock.advance(10 * TICK_MS);
    expect(sent).toEqual([]);
    outlet.open = true;
    await clock.advance(TICK_MS);
    expect(sent).toEqual([[{ topic: 'café', out: ['bob'] }]]);
  });

  it('are forgotten with their topic, and rest when there is nothing to tell', async () => {
    const { clock, sent, changes } = listen();
    changes.add('café', 'bob', 'in');
    changes.forget('café');
    await clock.advance(2 * TICK_MS);
    expect(sent).toEqual([]);
    expect(clock.timers).toBe(0);
    changes.add('café', 'bob', 'in');
    changes.close();
    expect(clock.timers).toBe(0);
  });

  it('are cut into frames that stay small, in order', () => {
    const all = Array.from({ length: 1_200 }, (_, number) => ({ topic: topic(`${number}`), all: [tag('alice'), tag('bob')] }));
    const batches = batchesOf(all);
    expect(batches.flat()).toEqual(all);
    expect(batches.length).toBeGreaterThan(2);
    for (const batch of batches) expect(JSON.stringify(batch).length).toBeLessThan(40_000);
  });
});
