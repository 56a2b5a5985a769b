/**
 * `catch_up`: bob was away while eight wrote 10,000 messages; alice has them. From the moment his session starts (the link to be
 * made included) until all are verified, stored and to be read in his browser, against one plain Dexie `bulkPut` of the very rows
 * that are then in his database, of the talk and of the logs, in his page. Two browser processes.
 */
import type { Page } from '@playwright/test';
import { hashOfBox } from '../../src/groups/epoch-boxes.ts';
import { toBase64url } from '../../src/lib/bytes.ts';
import { median, report, spread } from './figure.ts';
import { talkingGroup, writtenBy } from './group-messages.ts';
import { withTwo } from './group-people.ts';
import { newcomers, seatOf, seedOf } from './group-seed.ts';

const MESSAGES = 10_000;
const AUTHORS = 8;
const ROUNDS = 3;
/** Each message carries a signature and a seal of its own, of which a plain database knows nothing. */
const TARGET = 0.1;

export async function benchCatchUp(): Promise<void> {
  await withTwo(async (alice, bob) => {
    const [ours, plain, linking]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const { reading, bulkPut, linked } = await playRound(alice, bob);
      ours.push((MESSAGES * 1_000) / reading);
      plain.push((MESSAGES * 1_000) / bulkPut);
      linking.push(linked);
    }
    report({
      bench: 'group',
      figure: 'catch_up',
      ours: median(ours),
      peer: median(plain),
      against: 'one plain Dexie bulkPut of the reader’s rows of the talk and of the logs, in the same page',
      unit: 'messages/s',
      target: TARGET,
      better: 'more',
      runs: ROUNDS,
      detail: { messages: MESSAGES, authors: AUTHORS, ours: spread(ours), peer: spread(plain), linkingMs: spread(linking) },
    });
  });
}

/** New people each time. In milliseconds. */
async function playRound(alicePage: Page, bobPage: Page) {
  const people = newcomers(AUTHORS);
  const [alice, bob] = people;
  if (!alice || !bob) throw new Error('Somebody is missing.');
  const group = talkingGroup(people);
  const log = writtenBy(group, MESSAGES).map(({ id, device, seq, envelope }) => ({ id, device, seq, envelope }));
  const boxes = group.boxes.map((body) => ({ name: toBase64url(hashOfBox(body)), body }));
  const epoch = { id: group.epoch.id, secret: group.secret.expose().slice(), boxes };
  await alicePage.evaluate((seat) => member.arrive(seat), seatOf(alice, [seedOf(group.replica, { log, epoch })]));
  await bobPage.evaluate((seat) => member.arrive(seat), seatOf(bob, [seedOf(group.replica, { epoch })]));
  await alicePage.evaluate(() => member.start());
  const reading = await bobPage.evaluate(async (count) => {
    await member.start();
    return member.untilRead(count);
  }, MESSAGES);
  const [linked = 0] = await bobPage.evaluate(() => member.links());
  const bulkPut = await bobPage.evaluate(() => member.plainly());
  for (const page of [alicePage, bobPage]) await page.evaluate(() => member.leave());
  return { reading, bulkPut, linked };
}
