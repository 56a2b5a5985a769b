/** `test`, with the screens before canned people (tests/ui/harness.html), and alice to look at them. */
import { test as base, expect } from '@playwright/test';
import { serveHarness } from '../support/harness-site.ts';
import { Someone } from '../support/people.ts';
import type { Site } from '../support/site.ts';

export const test = base.extend<{ readonly alice: Someone }, { readonly harness: Site }>({
  harness: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads from the pattern which fixtures this one needs: none.
    async ({}, use) => {
      const harness = await serveHarness();
      await use(harness);
      await harness.close();
    },
    { scope: 'worker' },
  ],
  // eslint-disable-next-line no-empty-pattern -- as above.
  alice: async ({}, use) => {
    const alice = await Someone.arrive('alice');
    await use(alice);
    await alice.close();
    expect(alice.complaints, 'what the page complained of').toEqual([]);
  },
});

export { expect };
