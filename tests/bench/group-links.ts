/**
 * `connections`: how many WebRTC connections each of eight people has opened who share twenty groups, counted in their pages; and
 * the same of eight pages with twenty documents of stock y-webrtc, which connects for each.
 *
 * `send_p95`: from alice's saying something in a group, with seven members online, until it is saved and on its way to all of them,
 * against the same from her to one contact, in turns. `arrival_p95`: until it is stored and can be read, over all messages and all
 * seven members; here all eight share the cores of one machine (see `cores`), which eight people do not.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Page } from '@playwright/test';
import type { GroupId } from '../../src/protocol/ids.ts';
import type { RealAuthor } from '../membership/authors.ts';
import { median, quantile, report, spread } from './figure.ts';
import type { Said } from './group-page.ts';
import { withMany } from './group-people.ts';
import { groupOf, newcomers, seatOf, seedOf } from './group-seed.ts';

const PEOPLE = 8;
const GROUPS = 20;
const OTHERS = PEOPLE - 1;
const CONNECTIONS_TARGET = OTHERS / (OTHERS * GROUPS);
const MESSAGES = 100;
/** Not counted: the first of all begins an epoch, and everything is compiled. */
const WARM_UP = 5;
/** Between messages: long enough for one to be everywhere before the next. */
const PACE_MS = 150;
const SEND_TARGET = 2;

export async function benchGroupLinks(): Promise<void> {
  await withMany(PEOPLE, async (pages) => {
    const people = newcomers(PEOPLE);
    const group = await meet(pages, people);
    const ours = await openedIn(pages);
    await measureSending(pages, people, group);
    for (const page of pages) await page.evaluate(() => member.leave());
    reportConnections(ours, await connectStock(pages));
  });
}

/** All come, and are linked in all groups. alice and bob are contacts besides. */
async function meet(pages: readonly Page[], people: readonly RealAuthor[]): Promise<GroupId> {
  const seeds = Array.from({ length: GROUPS }, () => seedOf(groupOf(people)));
  const group = seeds[0]?.group;
  if (!group) throw new Error('There are groups.');
  const [alice, bob] = people;
  const pairSecret = new Uint8Array(randomBytes(32));
  for (const [index, page] of pages.entries()) {
    const person = people[index];
    if (!person || !alice || !bob) throw new Error('Somebody is missing.');
    const friend = person === alice ? bob : person === bob ? alice : undefined;
    const contacts = friend ? [{ account: friend.account, pairSecret }] : [];
    await page.evaluate((seat) => member.arrive(seat), seatOf(person, seeds, contacts));
  }
  await Promise.all(pages.map((page) => page.evaluate(() => member.start())));
  await Promise.all(pages.map((page) => page.evaluate((others) => member.untilLinked(others), OTHERS)));
  return group;
}

async function measureSending(pages: readonly Page[], people: readonly RealAuthor[], group: GroupId): Promise<void> {
  const [alice, ...others] = pages;
  const [author, bob] = people;
  if (!alice || !author || !bob) throw new Error('Somebody is missing.');
  for (const page of others) await page.evaluate(([talk, from]) => member.watchTalks(talk, from), [group, author.account] as const);
  const said = await alice.evaluate(([talk, to, rounds, pace]) => member.converse(talk, to, rounds, pace), [
    group,
    bob.account,
    MESSAGES + WARM_UP,
    PACE_MS,
  ] as const);
  const shown = await Promise.all(others.map((page) => page.evaluate(() => member.shown())));
  const times = (texts: readonly Said[]) =>
    texts
      .slice(WARM_UP)
      .map(({ text, begun }) => shown.flatMap((seen) => (seen[text] ?? NaN) - begun).filter((took) => !Number.isNaN(took)));
  const inGroup = times(said.group);
  const toOne = times(said.contact).flat();
  const complete = inGroup.filter((each) => each.length === OTHERS).length;
  if (complete < MESSAGES || toOne.length < MESSAGES)
    throw new Error(`Of ${MESSAGES}, ${complete} came to all and ${toOne.length} to one.`);
  const sending = (texts: readonly Said[]) => texts.slice(WARM_UP).map(({ begun, left }) => left - begun);
  reportTimes(
    'send_p95',
    sending(said.group),
    sending(said.contact),
    'one-to-one to one of the seven; both until saved and on its way to all',
  );
  reportTimes('arrival_p95', inGroup.flat(), toOne, 'one-to-one to one of the seven; both until stored and read by whom it is for', {
    untilAllHaveIt: spread(inGroup.map((each) => Math.max(...each))),
  });
}

function reportTimes(
  figure: string,
  ours: readonly number[],
  peer: readonly number[],
  against: string,
  more: Readonly<Record<string, unknown>> = {},
): void {
  report({
    bench: 'group',
    figure,
    ours: quantile(ours, 0.95),
    peer: quantile(peer, 0.95),
    against,
    unit: 'ms',
    target: SEND_TARGET,
    runs: MESSAGES,
    detail: { members: OTHERS, cores: availableParallelism(), ours: spread(ours), peer: spread(peer), ...more },
  });
}

interface Opened {
  readonly made: readonly number[];
  readonly opened: readonly number[];
}

async function openedIn(pages: readonly Page[]): Promise<Opened> {
  const counts = await Promise.all(pages.map((page) => page.evaluate(() => member.connections())));
  return { made: counts.map(({ made }) => made), opened: counts.map(({ opened }) => opened) };
}

async function connectStock(pages: readonly Page[]): Promise<Opened> {
  const names = Array.from({ length: GROUPS }, () => randomBytes(16).toString('hex'));
  const before = await openedIn(pages);
  for (const page of pages) await page.evaluate((rooms) => stock.join(rooms, []), names);
  await Promise.all(pages.map((page) => page.evaluate((others) => stock.untilMet(others), OTHERS)));
  const after = await openedIn(pages);
  const since = (kind: keyof Opened) => after[kind].map((count, index) => count - (before[kind][index] ?? 0));
  return { made: since('made'), opened: since('opened') };
}

function reportConnections(ours: Opened, stock: Opened): void {
  report({
    bench: 'group',
    figure: 'connections',
    ours: median(ours.opened),
    peer: median(stock.opened),
    against: 'stock y-webrtc, one document for each group',
    unit: 'connections a person',
    target: CONNECTIONS_TARGET,
    runs: PEOPLE,
    detail: {
      groups: GROUPS,
      people: PEOPLE,
      ours: spread(ours.opened),
      peer: spread(stock.opened),
      made: { ours: spread(ours.made), peer: spread(stock.made) },
    },
  });
}
