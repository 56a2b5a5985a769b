/**
 * `messages_per_s`: alice has written 10,000 messages while bob was away. From the moment his session starts (the link to be
 * made included) until all are stored in his browser, acknowledged, and marked delivered in hers, against one plain Dexie
 * `bulkPut` of the very rows that are then in his database, in his page. Two browser processes, real links.
 */
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { buildIfStale } from '../support/build.ts';
import { Someone } from '../support/people.ts';
import { ServerProcess } from '../support/server.ts';
import { bundlePage } from './bench-people.ts';
import { median, report, spread } from './figure.ts';

const MESSAGES = 10_000;
const ROUNDS = 3;
const TARGET = 0.3;
/** A page of the app's own origin on which the app itself does not run. */
const QUIET_PAGE = 'manifest.webmanifest';

export async function benchBacklog(): Promise<void> {
  buildIfStale();
  const server = await ServerProcess.start();
  const everyone: Someone[] = [];
  try {
    const initScript = await bundlePage('backlog-page.ts');
    for (const name of ['alice', 'bob']) everyone.push(await Someone.arrive(name, { initScript }));
    const pages = everyone.map(({ browser }) => browser.page);
    const [alice, bob] = pages;
    if (alice === undefined || bob === undefined) throw new Error('Somebody is missing.');
    for (const page of pages) await page.goto(new URL(QUIET_PAGE, server.url).href);

    const ours: number[] = [];
    const plain: number[] = [];
    const linkTimes: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { delivery, bulkPut, linking } = await playRound(alice, bob);
      ours.push((MESSAGES * 1000) / delivery);
      plain.push((MESSAGES * 1000) / bulkPut);
      linkTimes.push(linking);
    }
    report({
      bench: 'backlog',
      figure: 'messages_per_s',
      ours: median(ours),
      peer: median(plain),
      against: 'one plain Dexie bulkPut of the receiver’s message rows, in the same page',
      unit: 'messages/s',
      target: TARGET,
      better: 'more',
      runs: ROUNDS,
      detail: { messages: MESSAGES, ours: spread(ours), peer: spread(plain), linkingMs: spread(linkTimes) },
    });
  } finally {
    for (const someone of everyone) await someone.close();
    await server.kill();
  }
}

/** Two people who are new to each other each time. In milliseconds. */
async function playRound(
  alice: Page,
  bob: Page,
): Promise<{ readonly delivery: number; readonly bulkPut: number; readonly linking: number }> {
  const pairSecret = randomBytes(32).toString('base64url');
  const [ofAlice, ofBob] = [await alice.evaluate(() => backlog.arrive('alice')), await bob.evaluate(() => backlog.arrive('bob'))];
  for (const [page, other] of [
    [alice, ofBob],
    [bob, ofAlice],
  ] as const)
    await page.evaluate(([id, secret]) => backlog.know(id, secret), [other, pairSecret] as const);
  await alice.evaluate(() => backlog.start());
  await alice.evaluate((count) => backlog.write(count), MESSAGES);

  const began = performance.now();
  await bob.evaluate(() => backlog.start());
  await alice.evaluate(() => backlog.allDelivered());
  const delivery = performance.now() - began;

  const linking = await bob.evaluate(() => backlog.linkTime());
  const stored = await bob.evaluate(() => backlog.stored());
  if (stored !== MESSAGES) throw new Error(`Of ${MESSAGES} messages, ${stored} arrived.`);
  const bulkPut = await bob.evaluate(() => backlog.plainly());
  for (const page of [alice, bob]) await page.evaluate(() => backlog.leave());
  return { delivery, bulkPut, linking };
}
