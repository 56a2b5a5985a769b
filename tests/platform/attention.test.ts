import { beforeEach, describe, expect, it } from 'vitest';
import { Attending } from '../../src/platform/attention.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('seeing that alice is at her device', () => {
  let clock: ManualClock;
  let page: EventTarget & { visibilityState: string };
  let attending: Attending;
  let told: number[];
  beforeEach(() => {
    clock = new ManualClock(1_000_000);
    page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    attending = new Attending(page as unknown as Document, clock);
    told = [];
    attending.lastActive.subscribe((at) => told.push(at));
    return () => attending.close();
  });

  const sign = (type: string): boolean => page.dispatchEvent(new Event(type));

  it('counts opening the page', () => {
    expect(told).toEqual([1_000_000]);
  });

  it.each(['pointermove', 'pointerdown', 'keydown', 'touchstart', 'wheel', 'visibilitychange'])('counts %s', async (type) => {
    await clock.advance(60_000);
    sign(type);
    expect(told.at(-1)).toBe(1_060_000);
  });

  it('tells at most once a second', async () => {
    for (let step = 0; step < 40; step++) {
      await clock.advance(100);
      sign('pointermove');
    }
    expect(told).toEqual([1_000_000, 1_001_000, 1_002_000, 1_003_000, 1_004_000]);
  });

  it('does not count a page going out of sight', async () => {
    await clock.advance(60_000);
    page.visibilityState = 'hidden';
    sign('visibilitychange');
    expect(told).toEqual([1_000_000]);
  });

  it('tells whether the page can be seen', () => {
    const seen: boolean[] = [];
    attending.visible.subscribe((visible) => seen.push(visible));
    for (const state of ['hidden', 'visible']) {
      page.visibilityState = state;
      sign('visibilitychange');
    }
    expect(seen).toEqual([true, false, true]);
  });

  it('counts on when the device’s clock is set back', () => {
    clock.jump(-500_000);
    sign('keydown');
    expect(told.at(-1)).toBe(500_000);
  });

  it('sees nothing more once closed', async () => {
    attending.close();
    await clock.advance(60_000);
    sign('keydown');
    expect(told).toEqual([1_000_000]);
  });
});
