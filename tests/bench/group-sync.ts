/**
 * `first_sync`: from the moment bob, who was let in and has nothing yet, goes online to a group of alice's that he has whole:
 * found, linked, every operation verified, judged and stored. Against stock y-webrtc on a connection of its own, through the same
 * server, that carries the same operations as a shared list, looks at none of them and stores nothing: from the moment it begins
 * to the complete list. Two browser processes. As large as what stock y-webrtc still manages; it sends a document as one message,
 * which a browser takes up to 256 KiB. Then 10,000 operations, where ours is alone.
 */
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { Doc, encodeStateAsUpdate } from 'yjs';
import type { Operation } from '../../src/membership/operation.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { MAX_OPERATIONS } from '../../src/protocol/group-operation.ts';
import { median, report, round, spread } from './figure.ts';
import { withTwo } from './group-people.ts';
import { longGroup, newcomers, seatOf, seedWith } from './group-seed.ts';

const ROUNDS = 5;
const TARGET = 1.5;
const LARGEST_MESSAGE_BYTES = 262_144;
/** For what y-webrtc writes around a document, and for the last operation, which is longer than others. */
const SPARE_BYTES = 4_096;
const MORE_THAN_STOCK_MANAGES = 2_000;
/** Longer than anything that works takes. */
const PATIENCE_MS = 10_000;
/** The members but bob. */
const MEMBERS = 7;

export async function benchFirstSync(): Promise<void> {
  await withTwo(async (alice, bob) => {
    const size = largestForStock();
    const [ours, peer, linking, verifying]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const meeting = await meetOurs(alice, bob, size);
      ours.push(meeting.whole);
      linking.push(meeting.linked);
      const stock = await meetStock(alice, bob, meeting.operations);
      if (stock === undefined) throw new Error('Stock y-webrtc did not manage what it should.');
      peer.push(stock);
      verifying.push(await bob.evaluate((envelopes) => member.verifying(envelopes), envelopesOf(meeting.operations)));
    }
    const long = await meetOurs(alice, bob, MAX_OPERATIONS);
    const stockLong = await meetStock(alice, bob, long.operations);
    report({
      bench: 'group',
      figure: 'first_sync',
      ours: median(ours),
      peer: median(peer),
      against: 'stock y-webrtc on a connection of its own, the same operations unlooked at and unstored',
      unit: 'ms',
      target: TARGET,
      runs: ROUNDS,
      detail: {
        operations: size,
        ours: spread(ours),
        peer: spread(peer),
        linkingMs: spread(linking),
        verifyingMs: spread(verifying),
        ratioToStockAndVerifying: round(median(ours) / (median(peer) + median(verifying))),
        at10k: { operations: MAX_OPERATIONS, ours: round(long.whole), linkingMs: round(long.linked), peer: stockLong ?? 'fails' },
      },
    });
  });
}

/** How many operations stock y-webrtc can send at once. */
function largestForStock(): number {
  const [members, bob] = group();
  const operations = longGroup(members, bob, MORE_THAN_STOCK_MANAGES);
  let [fits, tooMany] = [0, operations.length];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (sizeForStock(operations.slice(0, middle)) + SPARE_BYTES > LARGEST_MESSAGE_BYTES) tooMany = middle;
    else fits = middle;
  }
  return fits;
}

/** The whole document as Yjs writes it. */
function sizeForStock(operations: readonly Operation[]): number {
  const doc = new Doc();
  doc.getArray('c').push([...envelopesOf(operations)]);
  return encodeStateAsUpdate(doc).length;
}

function group() {
  const people = newcomers(MEMBERS + 1);
  const [alice, bob] = people;
  if (!alice || !bob) throw new Error('Somebody is missing.');
  return [people.filter((person) => person !== bob), bob, alice] as const;
}

/** New people each time. In milliseconds. */
async function meetOurs(alicePage: Page, bobPage: Page, size: number) {
  const [members, bob, alice] = group();
  const operations = longGroup(members, bob, size);
  const [made] = operations;
  if (!made) throw new Error('A group has a beginning.');
  const { group: id } = made;
  const host = { account: alice.account, credential: alice.identity.device.credential };
  const record = { standing: 'inside', pin: made.id, granted: true } as const;
  const toCome = { standing: 'joining', pin: made.id, hosts: [host] } as const;
  await alicePage.evaluate((seat) => member.arrive(seat), seatOf(alice, [seedWith(id, record, operations)]));
  await bobPage.evaluate((seat) => member.arrive(seat), seatOf(bob, [seedWith(id, toCome, [])]));
  await alicePage.evaluate(() => member.start());
  const whole = await bobPage.evaluate(
    async ([group, count]) => {
      await member.start();
      return member.untilIn(group, count);
    },
    [id, size] as const,
  );
  const [linked = 0] = await bobPage.evaluate(() => member.links());
  for (const page of [alicePage, bobPage]) await page.evaluate(() => member.leave());
  return { whole, linked, operations };
}

/** Undefined: it does not arrive. */
async function meetStock(alice: Page, bob: Page, operations: readonly Operation[]): Promise<number | undefined> {
  const room = randomBytes(16).toString('hex');
  const items = envelopesOf(operations);
  await alice.evaluate(([name, list]) => stock.join([name], list), [room, items] as const);
  const took = await bob.evaluate(
    ([name, count, patience]) => {
      stock.join([name], []);
      return stock.untilHere(count, patience);
    },
    [room, items.length, PATIENCE_MS] as const,
  );
  for (const page of [alice, bob]) await page.evaluate(() => stock.leave());
  return took;
}

function envelopesOf(operations: readonly Operation[]): readonly Bytes[] {
  return operations.map(({ envelope }) => envelope);
}
