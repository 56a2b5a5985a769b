import { beforeAll, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { memberTagOf } from '../../src/protocol/ids.ts';
import type { SignalBody } from '../../src/protocol/signal.ts';
import { AppRun, doorMeeting, doorTag, doorTopic, isDoorTag, pairMeeting, SignalBox } from '../../src/session/meeting.ts';
import { seededRandom } from '../support/seeded-random.ts';

beforeAll(sodiumReady);

const random = seededRandom(3);
const NOW = 1_790_000_000_000;
const KNOCK: SignalBody = { type: 'knock' };
const [alice, bob] = [random(32), random(32)];

/** Alice's end and the other's of one topic. */
function meetingOf(secret = random(32)) {
  return { hers: pairMeeting(secret, 1, { mine: alice, theirs: bob }), theirs: pairMeeting(secret, 1, { mine: bob, theirs: alice }) };
}

describe('[S4] a signal', () => {
  it('is opened once, by the other end, at that topic', () => {
    const { hers, theirs } = meetingOf();
    const [hersBox, theirBox] = [new SignalBox(new AppRun(random(8))), new SignalBox(new AppRun(random(8)))];
    const sealed = hersBox.seal(hers, KNOCK, NOW);
    expect(hersBox.open(hers, sealed)).toEqual({ ok: false, failure: { kind: 'not-sealed-by-them' } });
    expect(theirBox.open(meetingOf().theirs, sealed)).toEqual({ ok: false, failure: { kind: 'not-sealed-by-them' } });
    expect(theirBox.open(theirs, sealed)).toMatchObject({ ok: true, value: { body: KNOCK, at: NOW } });
    expect(theirBox.open(theirs, sealed)).toEqual({ ok: false, failure: { kind: 'replayed' } });
  });

  it('of one peer is not forgotten because many others have spoken since', () => {
    const mine = new AppRun(random(8));
    const peers = Array.from({ length: 20 }, () => ({ ...meetingOf(), run: new AppRun(random(8)), box: new SignalBox(mine) }));
    const said = peers.map(({ theirs, run, hers, box }) => {
      const sealed = new SignalBox(run).seal(theirs, KNOCK, NOW);
      expect(box.open(hers, sealed).ok).toBe(true);
      return sealed;
    });
    for (const [index, { hers, box }] of peers.entries()) {
      expect(box.open(hers, said[index] ?? utf8(''))).toEqual({ ok: false, failure: { kind: 'replayed' } });
    }
  });

  it('of one app counts on whoever it is for, so that a box made anew says nothing old', () => {
    const { hers, theirs } = meetingOf();
    const run = new AppRun(random(8));
    const theirBox = new SignalBox(new AppRun(random(8)));
    for (let time = 0; time < 3; time++) expect(theirBox.open(theirs, new SignalBox(run).seal(hers, KNOCK, NOW)).ok).toBe(true);
  });
});

describe('[S10] at a group’s door', () => {
  const secret = random(32);
  const member = doorTag(secret, alice);
  const joiner = memberTagOf(random(12));

  it('members are told from joiners by whoever holds the secret, and by nobody else', () => {
    expect(isDoorTag(secret, member)).toBe(true);
    expect(doorTag(secret, alice)).toBe(member);
    expect(doorTag(secret, bob)).not.toBe(member);
    expect(isDoorTag(secret, joiner)).toBe(false);
    expect(isDoorTag(random(32), member)).toBe(false);
    expect(doorTopic(secret)).not.toBe(doorTopic(random(32)));
  });

  it('what a joiner and a member say is opened by the two, and not by another joiner or member', () => {
    const [ofMember, ofJoiner] = [new SignalBox(new AppRun(random(8))), new SignalBox(new AppRun(random(8)))];
    const sealed = ofJoiner.seal(doorMeeting(secret, 'joiner', { member, joiner }), KNOCK, NOW);
    const answered = ofMember.seal(doorMeeting(secret, 'member', { member, joiner }), KNOCK, NOW);
    const stranger = new SignalBox(new AppRun(random(8)));
    const others = [
      doorMeeting(secret, 'member', { member: doorTag(secret, bob), joiner }),
      doorMeeting(secret, 'member', { member, joiner: memberTagOf(random(12)) }),
      doorMeeting(secret, 'joiner', { member, joiner }),
    ];
    for (const other of others) expect(stranger.open(other, sealed).ok).toBe(false);
    expect(stranger.open(doorMeeting(secret, 'joiner', { member, joiner: memberTagOf(random(12)) }), answered).ok).toBe(false);
    expect(ofMember.open(doorMeeting(secret, 'member', { member, joiner }), sealed).ok).toBe(true);
    expect(ofJoiner.open(doorMeeting(secret, 'joiner', { member, joiner }), answered).ok).toBe(true);
  });
});
