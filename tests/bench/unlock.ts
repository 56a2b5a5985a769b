/**
 * `beyond_argon2id`: from Enter to the frame that shows the conversations, in an account with 100,000 messages, without the
 * time that Argon2id itself takes in the same page for the same password, salt and cost. Against a budget: what a person
 * does not notice behind a hash that takes longer.
 */
import { buildIfStale } from '../support/build.ts';
import { PASSWORD, settle, Someone } from '../support/people.ts';
import { ServerProcess } from '../support/server.ts';
import { bundlePage } from './bench-people.ts';
import { median, report, spread } from './figure.ts';

const MESSAGES = 100_000;
const CONTACTS = 20;
const WARM_UP = 1;
const TRIALS = 11;
const BUDGET_MS = 150;
const PARTS = ['took', 'before', 'hashing', 'after'] as const;

type LogIn = Awaited<ReturnType<typeof unlocking.logIn>>;

export async function benchUnlock(): Promise<void> {
  buildIfStale();
  const server = await ServerProcess.start();
  const alice = await Someone.arrive('alice', { initScript: await bundlePage('unlock-page.ts') });
  try {
    await settle(alice, server.url);
    const { page } = alice.browser;
    const names = Array.from({ length: CONTACTS }, (_, index) => `contact ${index + 1} of ${CONTACTS}`);
    const filling = performance.now();
    await page.evaluate(([people, messages]) => unlocking.fill(people, messages), [names, MESSAGES] as const);
    console.error(`${MESSAGES} messages stored in ${Math.round((performance.now() - filling) / 1000)} s`);
    // All that memory held of them is gone: each log-in reads what it needs.
    await alice.person.lock();
    await alice.person.reload();

    const logIns: LogIn[] = [];
    const alone: number[] = [];
    let mebibytes = 0;
    for (let trial = -WARM_UP; trial < TRIALS; trial++) {
      await page.evaluate((shown) => unlocking.expectLogIn(shown), names.at(-1) ?? '');
      await alice.person.tryToLogIn('alice', PASSWORD);
      const logIn = await page.evaluate(() => unlocking.logIn());
      const hashing = await page.evaluate(() => unlocking.argon2idAlone(3));
      mebibytes = hashing.mebibytes;
      await alice.person.lock();
      if (trial < 0) continue;
      logIns.push(logIn);
      alone.push(median(hashing.ms));
    }
    const took = logIns.map((logIn) => logIn.took);
    report({
      bench: 'unlock',
      figure: 'beyond_argon2id',
      // Of medians, not of pairs: what else the machine does falls on one or the other at random.
      ours: median(took) - median(alone),
      peer: BUDGET_MS,
      against: 'the budget: what a log-in takes beyond the same Argon2id in a worker that is up, in the same page',
      unit: 'ms',
      target: 1,
      runs: TRIALS,
      detail: {
        argon2id: spread(alone),
        ...Object.fromEntries(PARTS.map((part) => [part, spread(logIns.map((logIn) => logIn[part]))])),
        mebibytes,
        messages: MESSAGES,
      },
    });
  } finally {
    await alice.close();
    await server.kill();
  }
}
