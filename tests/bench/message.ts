/**
 * `p50`, `p99`: from alice's Enter to the message stored and on bob's screen, against the floor of the same run: the
 * same number of plain Dexie write transactions (one at the sender, one at the receiver, over as many tables), a raw data
 * channel in between, and one animation frame, measured as one journey between the same two pages.
 */
import type { Page } from '@playwright/test';
import { joinRigs, withFriends, type Bench } from './bench-people.ts';
import { quantile, report, round, spread } from './figure.ts';

const WARM_UP = 20;
const MESSAGES = 200;
const TARGET = 1.5;

export async function benchMessage(): Promise<void> {
  await withFriends(async ({ alice, bob }) => {
    const [sender, receiver] = [alice.browser.page, bob.browser.page];
    await alice.person.openChat('bob');
    await bob.person.openChat('alice');
    await alice.person.send('bob', 'the link is there');
    await alice.person.expectStatus('the link is there', 'delivered');

    await joinRigs(sender, receiver);
    await sender.evaluate(() => rig.dial());
    const before = await clockOffset(sender, receiver);
    await Promise.all([sender, receiver].map((page) => page.evaluate(() => rig.openDatabase())));
    await receiver.evaluate(() => rig.receivePlainly());

    const ours: Arrival[] = [];
    const floor: number[] = [];
    for (let number = -WARM_UP; number < MESSAGES; number++) {
      const plain = await plainJourney(sender, receiver, `row ${number}`);
      const real = await journey({ alice, bob }, `message ${number + WARM_UP} of the bench`);
      if (number < 0) continue;
      floor.push(plain);
      ours.push(real);
    }
    const after = await clockOffset(sender, receiver);
    // A drifting clock falls on both sides alike; the mean of its two readings serves for all.
    const ahead = (before.ahead + after.ahead) / 2;
    const corrected = {
      ours: ours.map(({ drawn, stored }) => Math.max(drawn, stored) - ahead),
      drawn: ours.map(({ drawn }) => drawn - ahead),
      stored: ours.map(({ stored }) => stored - ahead),
      floor: floor.map((time) => time - ahead),
    };
    for (const [figure, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      report({
        bench: 'message',
        figure,
        ours: quantile(corrected.ours, share),
        peer: quantile(corrected.floor, share),
        against: 'plain Dexie write transactions (1 + 1), raw data channel one way, one animation frame, between the same pages',
        unit: 'ms',
        target: TARGET,
        runs: MESSAGES,
        detail: {
          ours: spread(corrected.ours),
          drawn: spread(corrected.drawn),
          stored: spread(corrected.stored),
          peer: spread(corrected.floor),
          roundTrip: spread(after.roundTrips),
          clockAhead: [round(before.ahead), round(after.ahead)],
        },
      });
    }
  });
}

/** How far the receiver's clock is ahead of the sender's, in ms. */
async function clockOffset(sender: Page, receiver: Page): Promise<{ ahead: number; roundTrips: number[] }> {
  await receiver.evaluate(() => rig.answerClock());
  return sender.evaluate(() => rig.compareClocks());
}

async function plainJourney(sender: Page, receiver: Page, id: string): Promise<number> {
  await settle(sender, receiver);
  await receiver.evaluate(() => rig.expectPlain());
  const began = await sender.evaluate((row) => rig.sendPlainly(row), id);
  const ended = await receiver.evaluate(() => rig.plainArrival());
  return ended - began;
}

/** Each journey begins on pages at rest. */
async function settle(...pages: readonly Page[]): Promise<void> {
  await Promise.all(pages.map((page) => page.evaluate(() => rig.settled())));
}

/** Milliseconds from Enter to the frame that shows the message, and to its transaction being complete. */
interface Arrival {
  readonly drawn: number;
  readonly stored: number;
}

async function journey({ alice, bob }: Bench, text: string): Promise<Arrival> {
  const [sender, receiver] = [alice.browser.page, bob.browser.page];
  await alice.person.typeDraft('bob', text);
  await settle(sender, receiver);
  await receiver.evaluate((wanted) => rig.expectArrival(wanted), text);
  await sender.evaluate(() => rig.expectEnter());
  await sender.keyboard.press('Enter');
  const [began, { drawn, stored }] = [await sender.evaluate(() => rig.enterPressed()), await receiver.evaluate(() => rig.arrivedAt())];
  await alice.person.expectStatus(text, 'delivered');
  return { drawn: drawn - began, stored: stored - began };
}
