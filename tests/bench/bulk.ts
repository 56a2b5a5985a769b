/**
 * `throughput`: bulk on our link against one bare RTCDataChannel between the same two browsers, same messages, same
 * back-pressure. `throughput_far`: the same with 50 ms of distance between them, ours with lanes.
 */
import type { Page } from '@playwright/test';
import { BrowserProcess } from '../support/browser-process.ts';
import { SLOW_ROAD_FLAGS, SlowRoad } from '../support/slow-road.ts';
import { bundlePage } from './bench-people.ts';
import type { Bulking } from './bulk-page.ts';
import { median, report, spread } from './figure.ts';

declare const bulking: Bulking;

const RUNS = 5;
const NEAR_BYTES = 96 * 1024 * 1024;
const NEAR_TARGET = 0.95;
const FAR_ROUND_TRIP_MS = 50;
const FAR_RUNS = 3;
const FAR_BYTES = 64 * 1024 * 1024;
const FAR_TARGET = 2;
/** A secure place that is answered here, so that the page needs no server where it stands. */
const PLACE = 'https://bulk.parley.test/';

export interface BulkPair {
  readonly alice: Page;
  readonly bob: Page;
  close(): Promise<void>;
}

export interface BulkFigure {
  /** MB (10^6 bytes) a second, from the first message to the last, as the receiver sees it. */
  readonly rate: number;
  /** Connections at the end. */
  readonly lanes: number;
  /** Round trips on the channel for talk meanwhile, milliseconds; none for a bare channel. */
  readonly trips: readonly number[];
}

/** Two browsers that can send each other bulk; with a `road`, over it. */
async function openBulkPair(road?: SlowRoad): Promise<BulkPair> {
  const script = await bundlePage('bulk-page.ts');
  const browsers = await Promise.all(
    ['alice', 'bob'].map((owner) => BrowserProcess.start({ owner, flags: SLOW_ROAD_FLAGS, preparePage: (page) => road?.prepare(page) })),
  );
  const close = async (): Promise<void> => {
    for (const browser of browsers) await browser.close();
  };
  try {
    const [alice, bob] = browsers.map(({ page }) => page);
    if (!alice || !bob) throw new Error('Two browsers were started.');
    await Promise.all([arrive(alice, bob, script), arrive(bob, alice, script)]);
    return { alice, bob, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function arrive(page: Page, other: Page, script: string): Promise<void> {
  await page.route(`${PLACE}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>bulk</title>' }));
  await page.exposeFunction('carrySignal', (signal: never) => other.evaluate((told) => bulking.hear(told), signal));
  await page.goto(PLACE);
  await page.addScriptTag({ content: script });
}

/** One bare RTCDataChannel carrying so many bytes from alice to bob. */
async function measureRaw(pair: BulkPair, bytes: number): Promise<BulkFigure> {
  await pair.bob.evaluate(() => bulking.makeRaw('answerer'));
  await pair.alice.evaluate(() => bulking.makeRaw('offerer'));
  return transfer(pair, bytes, false);
}

/** The same over a link's bulk channel, with lanes beside it or without. */
async function measureBulk(pair: BulkPair, bytes: number, options: { readonly withLanes: boolean }): Promise<BulkFigure> {
  await pair.bob.evaluate((given) => bulking.makeOurs('answerer', given), options);
  await pair.alice.evaluate((given) => bulking.makeOurs('offerer', given), options);
  return transfer(pair, bytes, true);
}

async function transfer({ alice, bob }: BulkPair, bytes: number, pings: boolean): Promise<BulkFigure> {
  await Promise.all([alice, bob].map((page) => page.evaluate(() => bulking.opened())));
  const arriving = bob.evaluate((count) => bulking.take(count), bytes);
  const giving = alice.evaluate((count) => bulking.give(count), bytes);
  const trips = pings ? await alice.evaluate(() => bulking.pingFor(1_000)) : [];
  await giving;
  const { took, bytes: came } = await arriving;
  const lanes = await alice.evaluate(() => bulking.lanes());
  for (const page of [alice, bob]) await page.evaluate(() => bulking.end());
  return { rate: came / 1_000 / took, lanes, trips };
}

export async function benchBulk(): Promise<void> {
  await benchNear();
  await benchFar();
}

async function benchNear(): Promise<void> {
  const pair = await openBulkPair();
  try {
    const [ours, raw]: [BulkFigure[], BulkFigure[]] = [[], []];
    for (let run = 0; run < RUNS; run++) {
      raw.push(await measureRaw(pair, NEAR_BYTES));
      ours.push(await measureBulk(pair, NEAR_BYTES, { withLanes: true }));
    }
    tell('throughput', ours, raw, NEAR_TARGET);
  } finally {
    await pair.close();
  }
}

async function benchFar(): Promise<void> {
  const road = new SlowRoad({ roundTrip: FAR_ROUND_TRIP_MS });
  const pair = await openBulkPair(road);
  try {
    const [ours, raw]: [BulkFigure[], BulkFigure[]] = [[], []];
    for (let run = 0; run < FAR_RUNS; run++) {
      raw.push(await measureRaw(pair, FAR_BYTES));
      ours.push(await measureBulk(pair, FAR_BYTES, { withLanes: true }));
    }
    tell('throughput_far', ours, raw, FAR_TARGET);
  } finally {
    await pair.close();
    await road.close();
  }
}

function tell(figure: string, ours: readonly BulkFigure[], raw: readonly BulkFigure[], target: number): void {
  const [ourRates, rawRates] = [ours, raw].map((figures) => figures.map(({ rate }) => rate));
  if (!ourRates || !rawRates) throw new Error('Both were measured.');
  report({
    bench: 'bulk',
    figure,
    ours: median(ourRates),
    peer: median(rawRates),
    against: 'one bare RTCDataChannel between the same browsers, the same messages and back-pressure',
    unit: 'MB/s',
    better: 'more',
    target,
    runs: ours.length,
    detail: {
      ours: spread(ourRates),
      peer: spread(rawRates),
      lanes: ours.map(({ lanes }) => lanes),
      talkRoundTripMs: spread(ours.flatMap(({ trips }) => trips)),
    },
  });
}
