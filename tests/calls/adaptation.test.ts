/** Pictures step down before sound suffers, and up again with patience; quality is said by published limits. */
import { describe, expect, it } from 'vitest';
import { adapt, beginAdapting, shownAs, withPeople, type Adaptation, type LinkStrain } from '../../src/calls/adaptation.ts';
import { bearablePeople, highestRung, LADDER, SPEAKERS_RUNG, VOICE_RUNG } from '../../src/calls/ladder.ts';
import { windowBetween } from '../../src/calls/link-window.ts';
import { cameraLimit, wishFor } from '../../src/calls/pictures.ts';
import type { LinkSample } from '../../src/calls/ports.ts';
import { qualityOf } from '../../src/calls/quality.ts';
import { listen, NOBODY } from '../../src/calls/speakers.ts';
import type { AccountId } from '../../src/protocol/ids.ts';

const WELL: LinkStrain = {
  length: 1_000,
  lossOut: 0,
  lossIn: 0,
  roundTrip: 20,
  concealed: 0,
  dropped: 0,
  framesIn: 30,
  cpuLimited: 0,
  bandwidthLimited: 0,
  encoding: 0.1,
  bitrateOut: 700_000,
  bitrateIn: 700_000,
  availableOutgoing: 3_000_000,
  expected: 700_000,
  relayed: false,
};

/** So many seconds of the same. */
function after(seconds: number, begin: Adaptation, window: Partial<LinkStrain>, { from = 0, lag = 0 } = {}): Adaptation {
  let now = begin;
  for (let second = 1; second <= seconds; second++) now = adapt(now, { links: [{ ...WELL, ...window }], lag }, (from + second) * 1_000);
  return now;
}

const heightFor = (people: number, cores: number) => LADDER[highestRung(people, cores)]?.size.height;

describe('the number of people', () => {
  it('decides where a call begins: on two cores 4 at 640×480, 6 at 320×240, with 8 only who talks', () => {
    expect([2, 4, 6].map((people) => heightFor(people, 2))).toEqual([720, 480, 240]);
    expect(highestRung(8, 2)).toBe(SPEAKERS_RUNG);
    expect(bearablePeople(2)).toBe(6);
    expect(bearablePeople(8)).toBeGreaterThan(12);
  });

  it('steps down at once when it grows, and up at once when it was the only reason', () => {
    const six = withPeople(beginAdapting(2, 2, 0), 6, 1_000);
    expect(shownAs(six)).toEqual({ rung: 'low', because: 'people' });
    expect(shownAs(withPeople(six, 2, 2_000))).toEqual({ rung: 'full', because: undefined });
  });

  it('leads nobody up who stepped down for another reason', () => {
    const slow = after(10, beginAdapting(2, 2, 0), { concealed: 0.05 });
    expect(withPeople(withPeople(slow, 4, 11_000), 2, 12_000).rung).toBe(slow.rung);
  });
});

describe('alice, whose', () => {
  it('line loses packets, sends less within three seconds and says that it is the network', () => {
    const adapted = after(4, beginAdapting(2, 4, 0), { lossOut: 0.1, concealed: 0.02 });
    expect(adapted.rung).toBeGreaterThan(0);
    expect(adapted.because).toBe('network');
  });

  it('sound goes missing without loss, blames her machine and goes down two rungs', () => {
    const adapted = after(2, beginAdapting(2, 4, 0), { concealed: 0.05 });
    expect(adapted).toMatchObject({ rung: 2, because: 'cpu' });
  });

  it('page is late, sends less before any sound is missing', () => {
    expect(after(4, beginAdapting(2, 4, 0), {}, { lag: 200 })).toMatchObject({ rung: 1, because: 'cpu' });
  });

  it('line stays bad, ends with voice alone and not below', () => {
    expect(after(60, beginAdapting(2, 4, 0), { lossOut: 0.2 }).rung).toBe(VOICE_RUNG);
  });

  it('line bears less than it was given time to carry, sends less', () => {
    const narrow = { bandwidthLimited: 1, availableOutgoing: 300_000 };
    expect(after(10, beginAdapting(2, 4, 0), narrow)).toMatchObject({ because: 'network' });
    expect(after(10, beginAdapting(2, 4, 0), { ...narrow, expected: 180_000 }).rung).toBe(0);
    expect(after(10, beginAdapting(2, 4, 0), { ...narrow, expected: 0 }).rung).toBe(0);
  });

  it('single bad second was none, sends as before', () => {
    const adapted = after(10, after(1, beginAdapting(2, 4, 0), { lossOut: 0.07 }), {}, { from: 1 });
    expect(adapted.rung).toBe(0);
  });

  it('line is good again, comes back to the top, one rung at a time', () => {
    const down = after(20, beginAdapting(2, 4, 0), { lossOut: 0.1 });
    const seconds = 120;
    const rungs = new Set<number>();
    let now = down;
    for (let second = 21; second <= 20 + seconds; second++) {
      now = adapt(now, { links: [WELL], lag: 0 }, second * 1_000);
      rungs.add(now.rung);
    }
    expect(shownAs(now)).toEqual({ rung: 'full', because: undefined });
    expect([...rungs]).toEqual([...rungs].toSorted((a, b) => b - a));
    expect(rungs.size).toBe(down.rung + 1);
  });

  it('rises led to a fall, waits longer each time', () => {
    let now = after(4, beginAdapting(2, 4, 0), { lossOut: 0.1 });
    const patience = [now.patience];
    for (let time = 4; time < 300;) {
      const before = now.rung;
      now = adapt(now, { links: [WELL], lag: 0 }, ++time * 1_000);
      if (now.rung >= before) continue;
      now = after(5, now, { lossOut: 0.1 }, { from: time });
      time += 5;
      patience.push(now.patience);
    }
    expect(patience.length).toBeGreaterThan(2);
    expect(patience).toEqual(patience.toSorted((a, b) => a - b));
    expect(patience.at(-1)).toBeGreaterThan(patience[0] ?? 0);
  });
});

describe('what is seen', () => {
  const [alice, bob, carol] = ['alice', 'bob', 'carol'] as unknown as readonly [AccountId, AccountId, AccountId];

  it('is who talks, where no more can be borne, whoever is pinned first', () => {
    const speakers = [alice, bob, carol];
    const wishes = (shown: ReadonlyMap<AccountId, 'full'>) =>
      speakers.map((account) => wishFor(account, { rung: SPEAKERS_RUNG, shown, speakers }));
    expect(wishes(new Map())).toEqual(['full', 'full', 'none']);
    expect(wishes(new Map([[carol, 'full']]))).toEqual(['small', 'none', 'full']);
    const alike = new Map(([carol, bob, alice] as const).map((account) => [account, 'full'] as const));
    expect(wishes(alike)).toEqual(['full', 'full', 'none']);
  });

  it('is never larger than wished, nor than the rung', () => {
    const captured = { width: 640, height: 480, framesPerSecond: 30 };
    expect(cameraLimit({ rung: 1, wish: 'full', captured, mayBeSeen: true })).toEqual({ bitrate: 700_000, framesPerSecond: 30, scale: 1 });
    expect(cameraLimit({ rung: 1, wish: 'small', captured, mayBeSeen: true })).toEqual({ bitrate: 180_000, framesPerSecond: 15, scale: 2 });
    expect(cameraLimit({ rung: 1, wish: 'none', captured, mayBeSeen: true })).toBe('nothing');
    expect(cameraLimit({ rung: VOICE_RUNG, wish: 'full', captured, mayBeSeen: true })).toBe('nothing');
  });

  it('is the loudest as speaker, but not at every cough', () => {
    let speakers = NOBODY;
    let now = 0;
    const hear = (levels: ReadonlyMap<AccountId, number>, times: number) => {
      for (let time = 0; time < times; time++) speakers = listen(speakers, levels, (now += 100));
    };
    hear(
      new Map([
        [alice, 0.4],
        [bob, 0],
      ]),
      20,
    );
    expect(speakers.order[0]).toBe(alice);
    hear(
      new Map([
        [alice, 0.4],
        [bob, 0.9],
      ]),
      2,
    );
    expect(speakers.order[0]).toBe(alice);
    hear(
      new Map([
        [alice, 0],
        [bob, 0.4],
      ]),
      20,
    );
    expect(speakers.order).toEqual([bob, alice]);
  });
});

describe('quality', () => {
  it.each([
    [{ lossIn: 0.05 }, 'good', undefined],
    [{ lossIn: 0.07 }, 'fair', 'loss'],
    [{ lossOut: 0.1 }, 'poor', 'loss'],
    [{ roundTrip: 400 }, 'fair', 'round-trip'],
    [{ roundTrip: 900 }, 'poor', 'round-trip'],
    [{ concealed: 0.06 }, 'poor', 'cpu'],
    [{ concealed: 0.06, lossIn: 0.05 }, 'poor', 'loss'],
    [{ dropped: 0.3 }, 'fair', 'cpu'],
  ] as const)('of %o is %s because of %s', (window, grade, reason) => {
    expect(qualityOf({ ...WELL, ...window })).toMatchObject({ grade, reason, route: 'direct' });
  });

  it('is measured between two samples, and not over a link made anew', () => {
    const first = sample(0, 0);
    const second = sample(1_000, 100);
    expect(windowBetween(first, second)).toMatchObject({ lossIn: 0.5, concealed: 0.1, bitrateOut: 80_000, framesIn: 100 });
    expect(windowBetween(second, { ...first, at: 2_000 })).toBeUndefined();
    expect(windowBetween(first, first)).toBeUndefined();
  });
});

/** Counters that have all come to `count`. */
function sample(at: number, count: number): LinkSample {
  const voice = { bytes: count * 50, packets: count, lost: count };
  return {
    at,
    relayed: undefined,
    roundTrip: undefined,
    availableOutgoing: undefined,
    voiceOut: voice,
    videoOut: { ...voice, framesEncoded: count, encodeTime: 0, limitedByCpu: 0, limitedByBandwidth: 0 },
    voiceIn: { ...voice, samples: count * 10, concealedSamples: count, jitter: 0 },
    videoIn: { ...voice, framesDecoded: count, framesDropped: 0, freezes: 0, width: 0, height: 0 },
  };
}
