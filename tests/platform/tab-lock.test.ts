import { beforeEach, describe, expect, it } from 'vitest';
import { createTabLock, type TabLock } from '../../src/platform/tab-lock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { FakeChannels } from './fake-channels.ts';
import { createFakeLocks } from './fake-locks.ts';

const ACCOUNT = 'parley-of-alice';

describe('tabs that want one account', () => {
  let clock: ManualClock;
  let newTab: () => TabLock;
  let left: string[];
  beforeEach(() => {
    clock = new ManualClock();
    const [locks, channels] = [createFakeLocks(), new FakeChannels()];
    newTab = () => createTabLock({ locks, openChannel: channels.open, clock });
    left = [];
  });

  const leave = (tab: string) => (): Promise<void> => {
    left.push(tab);
    return Promise.resolve();
  };

  it('let the first have it and tell the second that it is elsewhere', async () => {
    const [first, second] = [newTab(), newTab()];
    expect(await first.take(ACCOUNT, leave('first'))).toBeDefined();
    expect(await second.take(ACCOUNT, leave('second'))).toBeUndefined();
    expect(await second.take('parley-of-bob', leave('second'))).toBeDefined();
    expect(left).toEqual([]);
  });

  it('let the second have it once the first has let go', async () => {
    const [first, second] = [newTab(), newTab()];
    const claim = await first.take(ACCOUNT, leave('first'));
    claim?.release();
    claim?.release();
    await clock.settle();
    expect(await second.take(ACCOUNT, leave('second'))).toBeDefined();
    expect(left).toEqual([]);
  });

  it('hand it over when asked, after the owner has closed it', async () => {
    const [first, second] = [newTab(), newTab()];
    const order: string[] = [];
    await first.take(ACCOUNT, async () => {
      await Promise.resolve();
      order.push('first has closed');
    });
    await second.takeOver(ACCOUNT, leave('second'));
    order.push('second has it');
    expect(order).toEqual(['first has closed', 'second has it']);
    expect(clock.timers).toBe(0);
  });

  it('hand it to and fro', async () => {
    const [first, second] = [newTab(), newTab()];
    await first.take(ACCOUNT, leave('first'));
    await second.takeOver(ACCOUNT, leave('second'));
    await first.takeOver(ACCOUNT, leave('first again'));
    expect(left).toEqual(['first', 'second']);
    expect(await second.take(ACCOUNT, leave('second'))).toBeUndefined();
  });

  it('hand over nothing but the account asked for', async () => {
    const [first, second] = [newTab(), newTab()];
    await first.take('parley-of-bob', leave('first'));
    await second.takeOver(ACCOUNT, leave('second'));
    expect(left).toEqual([]);
  });

  it('let go even when closing fails', async () => {
    const [first, second] = [newTab(), newTab()];
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.once('unhandledRejection', note);
    await first.take(ACCOUNT, () => Promise.reject(new Error('the disk is full')));
    await second.takeOver(ACCOUNT, leave('second'));
    await expect.poll(() => unhandled).toHaveLength(1);
  });

  it('take it from an owner that does not answer, who then leaves as well', async () => {
    const [frozen, second] = [newTab(), newTab()];
    let thaw: () => void = () => undefined;
    await frozen.take(ACCOUNT, () => {
      left.push('asked');
      return new Promise((resolve) => (thaw = resolve));
    });
    const taking = second.takeOver(ACCOUNT, leave('second'));
    await clock.advance(4999);
    expect(await newTab().take(ACCOUNT, leave('third'))).toBeUndefined();
    await clock.advance(1);
    expect(await taking).toBeDefined();
    thaw();
    await clock.settle();
    expect(left).toEqual(['asked']);
    expect(await newTab().take(ACCOUNT, leave('third'))).toBeUndefined();
  });

  it('know which account another has open, and give one that is just leaving a moment', async () => {
    const [first, second] = [newTab(), newTab()];
    expect(await second.held()).toBeUndefined();
    const claim = await first.take(ACCOUNT, leave('first'));
    const whileKept = second.held();
    await clock.advance(500);
    expect(await whileKept).toBe(ACCOUNT);
    const whileLeaving = second.held();
    await clock.advance(100);
    claim?.release();
    expect(await whileLeaving).toBeUndefined();
    expect(clock.timers).toBe(0);
    expect(left).toEqual([]);
  });

  it('have it all at once where the browser knows no locks', async () => {
    const tab = createTabLock({ locks: undefined, openChannel: new FakeChannels().open, clock });
    expect(await tab.take(ACCOUNT, leave('one'))).toBeDefined();
    expect(await tab.held()).toBeUndefined();
    expect(await tab.take(ACCOUNT, leave('other'))).toBeDefined();
    (await tab.takeOver(ACCOUNT, leave('third'))).release();
    expect(left).toEqual([]);
  });
});
