/** Calls between whole apps: real sessions, talks, groups and stores; only sound and picture are not there. */
import { afterEach, describe, expect, it } from 'vitest';
import { utf8, type Bytes } from '../../src/lib/bytes.ts';
import { callWord, type CallWordBody } from '../../src/protocol/call-word.ts';
import { encode } from '../../src/protocol/codec.ts';
import { bytesOf, callIdOf, type CallId, type GroupId } from '../../src/protocol/ids.ts';
import { FAKE_FINGERPRINT } from '../support/fake-calls.ts';
import { setup, type Person, type World } from '../support/world.ts';
import { aWhile, done, fourInGroup, type Four } from './group-people.ts';

const VOICE = { media: 'voice', microphone: true, camera: false } as const;
const VIDEO = { media: 'video', microphone: true, camera: true } as const;
const DAY_MS = 86_400_000;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function friends() {
  const people = await setup('alice', 'bob', 'carol');
  world = people;
  await people.introduce(people.alice, people.bob);
  await people.introduce(people.alice, people.carol);
  return people;
}

async function group(): Promise<{ people: Four; group: GroupId }> {
  const all = await fourInGroup();
  world = all.people;
  return all;
}

const calling = ({ id }: Person) => ({ kind: 'contact' as const, contact: id });

/** Both in a call of the first one's. */
async function talking(people: World, caller: Person, called: Person): Promise<CallId> {
  expect(await caller.calls.start(calling(called), VIDEO)).toMatchObject({ ok: true });
  await aMoment(people);
  expect(called.call).toMatchObject({ phase: 'ringing', from: caller.id });
  expect(caller.call).toMatchObject({ phase: 'calling', reached: true });
  expect(await called.calls.answer(VOICE)).toMatchObject({ ok: true });
  await aMoment(people);
  expect(inCall(caller)).toEqual({ [called.id]: 'connected' });
  expect(inCall(called)).toEqual({ [caller.id]: 'connected' });
  return idOf(caller);
}

function idOf(person: Person): CallId {
  const { call } = person;
  if (!call) throw new Error(`${person.name} is in no call`);
  return call.call;
}

/** Who is in it with them, and how. */
function inCall({ call }: Person): Readonly<Record<string, string>> | undefined {
  return call?.phase === 'in' ? Object.fromEntries(call.people.map(({ account, connection }) => [account, connection])) : undefined;
}

/** All of them with each of the others, and with nobody else. */
function expectTogether(...people: readonly Person[]): void {
  for (const person of people) {
    const others = people.filter((other) => other !== person).map(({ id }) => [id, 'connected']);
    expect(inCall(person), person.name).toEqual(Object.fromEntries(others));
  }
}

/** Long enough for what is told every three seconds. */
async function aMoment(people: World): Promise<void> {
  await people.network.clock.advance(4_000);
  await people.settle();
}

/** What somebody's browser would never say by itself. */
function forge(from: Person, to: Person, call: CallId, word: CallWordBody): boolean {
  return say(from, to, encode(callWord, { call: bytesOf(call), word }));
}

function say(from: Person, to: Person, body: Bytes): boolean {
  return from.app.session.callChannel.tell(to.id, body);
}

const offer: CallWordBody = { type: 'description', round: 1, kind: 'offer', sdp: 'let me in' };

function inGroup(id: GroupId) {
  return { kind: 'group' as const, group: id };
}

describe('alice calls bob', () => {
  it('he answers, they talk for a minute, and both have it in their talk', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await talking(people, alice, bob);
    await people.network.clock.advance(60_000);
    bob.calls.hangUp();
    await aMoment(people);
    expect(alice.call).toMatchObject({ phase: 'over', why: 'by-them' });
    expect(bob.call).toMatchObject({ phase: 'over', why: 'by-me' });
    const [entry, ...others] = await alice.callsWith(bob);
    expect(entry).toMatchObject({ kind: 'two', outcome: 'answered', media: 'video', duration: 64_000 });
    expect(others).toEqual([]);
    expect(await bob.callsWith(alice)).toEqual([entry]);
    expect([...alice.callBrowser.openLinks, ...bob.callBrowser.openLinks]).toEqual([]);
    expect([...alice.refusals, ...bob.refusals]).toEqual([]);
  });

  it('he declines, and both know', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await alice.calls.start(calling(bob), VOICE);
    await aMoment(people);
    bob.calls.decline();
    await aMoment(people);
    expect(alice.call).toMatchObject({ phase: 'over', why: 'declined' });
    expect(await bob.callsWith(alice)).toMatchObject([{ outcome: 'declined' }]);
    expect(bob.callBrowser.links).toEqual([]);
  });

  it('while he is away: days later he learns that he missed her', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await bob.close();
    await aWhile(people);
    await alice.calls.start(calling(bob), VOICE);
    await people.network.clock.advance(50_000);
    expect(alice.call).toMatchObject({ phase: 'over', why: 'unreachable' });
    await alice.close();
    people.network.clock.jump(3 * DAY_MS);
    await bob.open();
    await alice.open();
    await aWhile(people);
    expect(await bob.callsWith(alice)).toMatchObject([{ outcome: 'unreachable', duration: 0 }]);
    let missed = 0;
    bob.calls.missed.subscribe((count) => (missed = count));
    expect(missed).toBe(1);
    bob.calls.seen();
    await people.settle();
    expect(missed).toBe(0);
  });

  it('while he calls her: it is one call, entered once', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await Promise.all([alice.calls.start(calling(bob), VOICE), bob.calls.start(calling(alice), VOICE)]);
    await aMoment(people);
    await aMoment(people);
    expectTogether(alice, bob);
    expect(idOf(alice)).toBe(idOf(bob));
    alice.calls.hangUp();
    await aWhile(people);
    expect(await alice.callsWith(bob)).toMatchObject([{ outcome: 'answered' }]);
    expect(await bob.callsWith(alice)).toEqual(await alice.callsWith(bob));
  });

  it('while he talks with carol: he is busy, and goes on talking', async () => {
    const people = await friends();
    const { alice, bob, carol } = people;
    await talking(people, carol, alice);
    await bob.calls.start(calling(alice), VOICE);
    await aMoment(people);
    expect(bob.call).toMatchObject({ phase: 'over', why: 'busy' });
    expectTogether(alice, carol);
  });

  it('and her browser is killed: her next start tells of the call, and ends it for him', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await talking(people, alice, bob);
    await people.network.clock.advance(30_000);
    await alice.die();
    await alice.open();
    await aWhile(people);
    expect(bob.call).toMatchObject({ phase: 'over', why: 'lost' });
    expect(await alice.callsWith(bob)).toMatchObject([{ outcome: 'answered' }]);
    expect(await bob.callsWith(alice)).toEqual(await alice.callsWith(bob));
  });

  it('and the link between them is cut: the call goes on', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await talking(people, alice, bob);
    people.network.cutLinks('bob');
    await aWhile(people);
    expectTogether(alice, bob);
  });
});

describe('in a group', () => {
  it('alice begins, bob and carol come, carol goes; dave sees who is there, and comes late', async () => {
    const { people, group: id } = await group();
    const { alice, bob, carol, dave } = people;
    await alice.calls.start(inGroup(id), VOICE);
    await aMoment(people);
    expect([bob.call?.phase, carol.call?.phase, dave.call?.phase]).toEqual(['ringing', 'ringing', 'ringing']);
    dave.calls.decline();
    await bob.calls.answer(VOICE);
    await aMoment(people);
    await carol.calls.answer(VOICE);
    await aMoment(people);
    expectTogether(alice, bob, carol);
    carol.calls.hangUp();
    await aMoment(people);
    expectTogether(alice, bob);
    await aWhile(people);
    let there: readonly string[] = [];
    dave.calls.going.subscribe((going) => (there = going.get(id)?.people ?? []));
    expect(new Set(there)).toEqual(new Set([alice.id, bob.id]));
    await dave.calls.start(inGroup(id), VOICE);
    await aMoment(people);
    expectTogether(alice, bob, dave);
    for (const person of [alice, bob, dave]) person.calls.hangUp();
    await aWhile(people);
    expect(there).toEqual([]);
    const entries = (await dave.groupMessages(id)).flatMap(({ call }) => (call ? [call] : []));
    expect(entries).toMatchObject([{ kind: 'group', over: true, people: [alice.id, bob.id, carol.id, dave.id] }]);
  });

  it('somebody who was away finds the call, with those who are in it', async () => {
    const { people, group: id } = await group();
    const { alice, bob, dave } = people;
    await dave.close();
    await alice.calls.start(inGroup(id), VOICE);
    await aMoment(people);
    await bob.calls.answer(VOICE);
    await aMoment(people);
    await dave.open();
    await aWhile(people);
    let there: readonly string[] = [];
    dave.calls.going.subscribe((going) => (there = going.get(id)?.people ?? []));
    expect(new Set(there)).toEqual(new Set([alice.id, bob.id]));
  });

  it('who is removed is out of the call, and gets no media any more whatever they say', async () => {
    const { people, group: id } = await group();
    const { alice, bob, carol } = people;
    await alice.calls.start(inGroup(id), VOICE);
    await aMoment(people);
    await bob.calls.answer(VOICE);
    await carol.calls.answer(VOICE);
    await aMoment(people);
    const call = idOf(alice);
    await done(people, alice.app.groups.remove(id, carol.id));
    await aMoment(people);
    expectTogether(alice, bob);
    expect(carol.call).toMatchObject({ phase: 'over', why: 'removed' });
    const before = alice.callBrowser.links.length;
    expect(forge(carol, alice, call, { type: 'present', group: bytesOf(id), since: 1 })).toBe(true);
    forge(carol, alice, call, offer);
    await aMoment(people);
    expectTogether(alice, bob);
    expect(alice.callBrowser.links).toHaveLength(before);
    expect(carol.callBrowser.openLinks).toEqual([]);
  });
});

describe('nobody gets media', () => {
  it('who describes themselves into a call of two others', async () => {
    const people = await friends();
    const { alice, bob, carol } = people;
    const call = await talking(people, alice, bob);
    await carol.send(alice, 'Hello');
    await aMoment(people);
    const before = alice.callBrowser.links.length;
    expect(forge(carol, alice, call, { type: 'accept', media: 'video' })).toBe(true);
    forge(carol, alice, call, offer);
    forge(carol, alice, call, { type: 'end', reason: 'hung-up' });
    await aMoment(people);
    expectTogether(alice, bob);
    expect(alice.callBrowser.links).toHaveLength(before);
    expect(alice.callBrowser.links.flatMap(({ heard }) => heard)).not.toContain('let me in');
  });

  it('who was never rung and never rang', async () => {
    const people = await friends();
    const { alice, carol } = people;
    await carol.send(alice, 'Hello');
    await aMoment(people);
    const call = callIdOf(new Uint8Array(16));
    expect(forge(carol, alice, call, { type: 'accept', media: 'voice' })).toBe(true);
    forge(carol, alice, call, offer);
    await aMoment(people);
    expect(alice.call).toBeUndefined();
    expect(alice.callBrowser.links).toEqual([]);
  });

  it('who says what cannot be read: the link it came on ends', async () => {
    const people = await friends();
    const { alice, carol } = people;
    await carol.send(alice, 'Hello');
    await people.settle();
    const before = people.network.links().length;
    expect(before).toBe(1);
    expect(say(carol, alice, utf8('ring ring'))).toBe(true);
    await people.settle();
    expect(people.network.links()).toHaveLength(0);
  });

  it('and a server that looks at everything, and changes all it can, sees nothing of it', async () => {
    const people = await friends();
    const { alice, bob } = people;
    await talking(people, alice, bob);
    const seen = JSON.stringify(people.network.serverLog, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).not.toContain(FAKE_FINGERPRINT);
    // What came is what was said: the other's own description and no other's.
    expect(new Set(bob.callBrowser.links.flatMap(({ heard }) => heard))).toEqual(new Set([`${FAKE_FINGERPRINT} (alice)`]));
    expect(new Set(alice.callBrowser.links.flatMap(({ heard }) => heard))).toEqual(new Set([`${FAKE_FINGERPRINT} (bob)`]));
  });

  it('when somebody in the middle of the links changes what passes: the call gets nothing of theirs', async () => {
    const people = await friends();
    const { alice, bob } = people;
    people.network.tapLinks({
      splice: false,
      frame: ({ bytes }) => [bytes.map((byte, index) => (index === bytes.length - 1 && bytes.length > 200 ? byte ^ 1 : byte))],
    });
    people.network.cutLinks();
    await aMoment(people);
    await alice.calls.start(calling(bob), VOICE);
    await aMoment(people);
    await bob.calls.answer(VOICE);
    await aMoment(people);
    const heard = [...alice.callBrowser.links, ...bob.callBrowser.links].flatMap((link) => link.heard);
    expect(heard.filter((sdp) => !sdp.startsWith(FAKE_FINGERPRINT))).toEqual([]);
  });
});
