/** Keeps the screen on while it is needed (W3C Screen Wake Lock). Where a browser cannot, or the battery is low, it goes dark. */
export function keepAwake(page: Document, wakeLock: WakeLock | undefined = (navigator as Partial<Navigator>).wakeLock): () => void {
  let held: WakeLockSentinel | undefined;
  let over = false;
  // The browser lets go whenever the page is hidden, and gives it only to one that is seen.
  const take = (): void => {
    if (over || page.visibilityState !== 'visible') return;
    wakeLock?.request('screen').then(
      (sentinel) => {
        if (over) void sentinel.release();
        else held = sentinel;
      },
      () => undefined,
    );
  };
  page.addEventListener('visibilitychange', take);
  take();
  return () => {
    over = true;
    page.removeEventListener('visibilitychange', take);
    void held?.release();
  };
}
