import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Troubles } from '../../src/app/troubles.ts';

/** As much of a window as the funnel listens to. */
class WindowStub extends EventTarget {
  fail(message: string, error: Error | null): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message, error }));
  }
}

let window: WindowStub;
let troubles: Troubles;

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  window = new WindowStub();
  troubles = new Troubles();
  troubles.listen(window as unknown as Window);
});
afterEach(() => vi.restoreAllMocks());

const details = (): readonly string[] => {
  let shown: readonly string[] = [];
  troubles.shown.subscribe((list) => (shown = list.map(({ detail }) => detail))).unsubscribe();
  return shown;
};

test('alice is told of an error that nobody caught', () => {
  window.fail('Uncaught Error: the floor is gone', new Error('the floor is gone'));
  expect(details()).toEqual(['the floor is gone']);
  expect(console.error).toHaveBeenCalledOnce();
});

test('alice is not troubled with a size that the browser tells a frame later', () => {
  window.fail('ResizeObserver loop completed with undelivered notifications.', null);
  expect(details()).toEqual([]);
  expect(console.error).not.toHaveBeenCalled();
});

test('the same trouble again is written to the console but shown once', () => {
  window.fail('again', null);
  window.fail('again', null);
  expect(details()).toEqual(['again']);
  expect(console.error).toHaveBeenCalledTimes(2);
});
