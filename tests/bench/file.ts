/**
 * `throughput`: a file that alice sent comes to bob through the app, from her disk to his, sealed and verified, against the same
 * bytes in the same messages with the same back-pressure on a raw RTCDataChannel between the same two pages.
 * `message_under_load`: a message from alice's Enter to it stored and on bob's screen while a file flows the same way, against the round trip
 * on a raw channel beside the same raw load. `throughput_far`: as the first, with 50 ms of distance between the two.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SLOW_ROAD_FLAGS, SlowRoad } from '../support/slow-road.ts';
import { joinRigs, withFriends, type Bench } from './bench-people.ts';
import { median, report, round, spread } from './figure.ts';

const MEBIBYTE = 1024 * 1024;
const RUNS = 3;
const NEAR_BYTES = 96 * MEBIBYTE;
const NEAR_TARGET = 0.8;
const LOAD_TARGET = 3;
const FAR_BYTES = 32 * MEBIBYTE;
const FAR_ROUND_TRIP_MS = 50;
const FAR_TARGET = 2;
/** Larger files wait for bob's word: so the taking-in is over when the fetching begins. Among the choices there are. */
const ASK_ABOVE_BYTES = 25e6;
const FETCH_TIMEOUT_MS = 120_000;

export async function benchFile(): Promise<void> {
  await benchNear();
  await benchFar();
}

/** One file through the app. */
interface Fetch {
  /** MB (10^6 bytes) a second. */
  readonly rate: number;
  readonly takingInRate: number;
  /** Connections opened for it beside the link's own. */
  readonly lanes: number;
}

async function benchNear(): Promise<void> {
  await withFiles(NEAR_BYTES, {}, async (bench, path) => {
    const [ours, raw]: [Fetch[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run++) {
      raw.push(await rawRate(bench, NEAR_BYTES));
      ours.push(await fetchOne(bench, path, NEAR_BYTES));
    }
    tellThroughput('throughput', { ours, raw, bytes: NEAR_BYTES, target: NEAR_TARGET });
    await benchUnderLoad(bench, path);
  });
}

async function benchFar(): Promise<void> {
  const road = new SlowRoad({ roundTrip: FAR_ROUND_TRIP_MS });
  try {
    await withFiles(FAR_BYTES, { flags: SLOW_ROAD_FLAGS, preparePage: (page) => road.prepare(page) }, async (bench, path) => {
      const [ours, raw]: [Fetch[], number[]] = [[], []];
      for (let run = 0; run < RUNS; run++) {
        raw.push(await rawRate(bench, FAR_BYTES));
        ours.push(await fetchOne(bench, path, FAR_BYTES));
      }
      tellThroughput('throughput_far', { ours, raw, bytes: FAR_BYTES, target: FAR_TARGET });
    });
  } finally {
    await road.close();
  }
}

async function benchUnderLoad(bench: Bench, path: string): Promise<void> {
  const [ours, raw]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    raw.push(...(await rawTripsUnderLoad(bench, NEAR_BYTES)));
    ours.push(...(await journeysUnderLoad(bench, path)));
  }
  report({
    bench: 'file',
    figure: 'message_under_load',
    ours: median(ours),
    peer: median(raw),
    against: 'the round trip of a frame on a raw data channel, while a raw channel beside it carries the same bytes',
    unit: 'ms',
    target: LOAD_TARGET,
    runs: ours.length,
    detail: { ours: spread(ours), peer: spread(raw), peerRuns: raw.length },
  });
}

// ————— alice, bob, and a file on a disk —————

type Surroundings = Parameters<typeof withFriends>[1];

/** Both look at their talk, their link is there, and bob is asked before large files come. */
async function withFiles(bytes: number, surroundings: Surroundings, measure: (bench: Bench, path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  try {
    const path = join(folder, 'film.bin');
    writeFileSync(path, randomBytes(bytes));
    await withFriends(async (bench) => {
      const { alice, bob } = bench;
      await bob.person.askAbove(ASK_ABOVE_BYTES);
      await alice.person.openChat('bob');
      await bob.person.openChat('alice');
      await alice.person.send('bob', 'the link is there');
      await alice.person.expectStatus('the link is there', 'delivered');
      await joinRigs(alice.browser.page, bob.browser.page);
      await measure(bench, path);
    }, surroundings);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Sent {
  readonly name: string;
  readonly takingInRate: number;
}

/** Resolves when the file waits at bob for his word. */
async function sendOne({ alice, bob }: Bench, path: string, bytes: number): Promise<Sent> {
  await alice.person.attachFiles('bob', path);
  const began = performance.now();
  await alice.person.sendTray({ timeout: FETCH_TIMEOUT_MS });
  const name = 'film.bin';
  const { act } = (await bob.person.words()).files;
  const asking = (await bob.person.fileMessage(name)).getByRole('button', { name: act.of(act.download, name), exact: true });
  await asking.waitFor({ timeout: FETCH_TIMEOUT_MS });
  return { name, takingInRate: bytes / 1_000 / (performance.now() - began) };
}

/** Presses the button that fetches it; `over` gives the milliseconds from there until all of it is here. */
async function beginFetch({ bob }: Bench, name: string): Promise<{ readonly over: Promise<number> }> {
  const { act } = (await bob.person.words()).files;
  const asking = act.of(act.download, name);
  const acts = [act.download, act.pause, act.cancel, act.retry, act.resume, act.again].map((way) => act.of(way, name));
  const page = bob.browser.page;
  await page.evaluate(([ask, all]) => rig.expectFetched(ask, all), [asking, acts] as const);
  await (await bob.person.fileMessage(name)).getByRole('button', { name: asking, exact: true }).click();
  return { over: page.evaluate(() => rig.fetched()) };
}

async function fetchOne(bench: Bench, path: string, bytes: number): Promise<Fetch> {
  const { name, takingInRate } = await sendOne(bench, path, bytes);
  const giver = bench.alice.browser.page;
  const before = await giver.evaluate(() => rig.connections());
  const { over } = await beginFetch(bench, name);
  const took = await over;
  const after = await giver.evaluate(() => rig.connections());
  return { rate: bytes / 1_000 / took, takingInRate, lanes: after.opened - before.opened };
}

// ————— the peer —————

async function rawRate({ alice, bob }: Bench, bytes: number): Promise<number> {
  const [sender, receiver] = [alice.browser.page, bob.browser.page];
  await sender.evaluate(() => rig.dial());
  const arriving = receiver.evaluate((count) => rig.takeBulk(count), bytes);
  await sender.evaluate((count) => rig.giveBulk(count), bytes);
  const { took, bytes: came } = await arriving;
  await sender.evaluate(() => rig.hangUp());
  return came / 1_000 / took;
}

async function rawTripsUnderLoad({ alice, bob }: Bench, bytes: number): Promise<number[]> {
  const [sender, receiver] = [alice.browser.page, bob.browser.page];
  await sender.evaluate(() => rig.dial());
  await receiver.evaluate(() => rig.echo());
  const trips = await sender.evaluate((count) => rig.roundTripsUnderBulk(count), bytes);
  await sender.evaluate(() => rig.hangUp());
  return trips;
}

// ————— messages while a file flows —————

async function journeysUnderLoad(bench: Bench, path: string): Promise<number[]> {
  const ahead = await clockAhead(bench);
  const { name } = await sendOne(bench, path, NEAR_BYTES);
  const { over } = await beginFetch(bench, name);
  let flows = true;
  const ended = over.then(() => (flows = false));
  const journeys: number[] = [];
  // Told by the callback above.
  const goesOn = (): boolean => flows;
  for (let number = 0; goesOn(); number++) {
    const took = await journey(bench, `${name} flows, and this is message ${number} at ${Date.now()}`);
    if (goesOn()) journeys.push(took - ahead);
  }
  await ended;
  return journeys;
}

/** How far bob's clock is ahead of alice's, in ms. */
async function clockAhead({ alice, bob }: Bench): Promise<number> {
  const [sender, receiver] = [alice.browser.page, bob.browser.page];
  await sender.evaluate(() => rig.dial());
  await receiver.evaluate(() => rig.answerClock());
  const { ahead } = await sender.evaluate(() => rig.compareClocks());
  await sender.evaluate(() => rig.hangUp());
  return ahead;
}

/** From alice's Enter to the message stored and on bob's screen, on either's own clock, in ms. */
async function journey({ alice, bob }: Bench, text: string): Promise<number> {
  const [sender, receiver] = [alice.browser.page, bob.browser.page];
  await (await alice.person.composer()).fill(text);
  await receiver.evaluate((wanted) => rig.expectArrival(wanted), text);
  await sender.evaluate(() => rig.drawn());
  await sender.evaluate(() => rig.expectEnter());
  await sender.keyboard.press('Enter');
  const [began, { drawn, stored }] = [await sender.evaluate(() => rig.enterPressed()), await receiver.evaluate(() => rig.arrivedAt())];
  return Math.max(drawn, stored) - began;
}

interface Throughput {
  readonly ours: readonly Fetch[];
  readonly raw: readonly number[];
  readonly bytes: number;
  readonly target: number;
}

function tellThroughput(figure: string, { ours, raw, bytes, target }: Throughput): void {
  const rates = ours.map(({ rate }) => rate);
  report({
    bench: 'file',
    figure,
    ours: median(rates),
    peer: median(raw),
    against: 'one raw RTCDataChannel between the same pages, the same messages and back-pressure, nothing read, verified or written',
    unit: 'MB/s',
    better: 'more',
    target,
    runs: ours.length,
    detail: {
      mebibytes: bytes / MEBIBYTE,
      ours: rates.map(round),
      peer: raw.map(round),
      takingIn: ours.map(({ takingInRate }) => round(takingInRate)),
      lanes: ours.map(({ lanes }) => lanes),
    },
  });
}
