/** Alice, bob and carol call each other: devices, links, entries and groups, with a clock of our own. */
import { describe, expect, it } from 'vitest';
import type { CurrentCall } from '../../src/calls/call-view.ts';
import { callWord } from '../../src/protocol/call-word.ts';
import { encode } from '../../src/protocol/codec.ts';
import { bytesOf } from '../../src/protocol/ids.ts';
import { GROUP, Neighbourhood, VIDEO, VOICE, type Caller } from './callers.ts';

async function neighbours(): Promise<{ world: Neighbourhood; alice: Caller; bob: Caller; carol: Caller }> {
  const world = new Neighbourhood();
  const [alice, bob, carol] = [await world.admit(1), await world.admit(2), await world.admit(3)];
  return { world, alice, bob, carol };
}

const withContact = ({ id }: Caller) => ({ kind: 'contact' as const, contact: id });
const inGroup = { kind: 'group' as const, group: GROUP };

async function talking() {
  const all = await neighbours();
  const { world, alice, bob } = all;
  expect(await alice.calls.start(withContact(bob), VIDEO)).toMatchObject({ ok: true });
  await world.clock.settle();
  expect([alice.phase, bob.phase]).toEqual(['calling', 'ringing']);
  expect(await bob.calls.answer(VOICE)).toMatchObject({ ok: true });
  await world.clock.settle();
  expect([alice.phase, bob.phase]).toEqual(['in', 'in']);
  return all;
}

function people(caller: Caller): readonly (readonly [string, string])[] {
  const current = inCall(caller);
  return current.people.map(({ account, connection }) => [account, connection] as const);
}

function inCall(caller: Caller): Extract<CurrentCall, { phase: 'in' }> {
  const current = caller.calls.current.value;
  if (current?.phase !== 'in') throw new Error(`Not in a call but ${String(current?.phase)}`);
  return current;
}

describe('alice calls bob', () => {
  it('and their browsers are connected, with what each turned on', async () => {
    const { alice, bob } = await talking();
    expect(people(alice)).toEqual([[bob.id, 'connected']]);
    expect(people(bob)).toEqual([[alice.id, 'connected']]);
    expect(inCall(bob).people[0]).toMatchObject({ camera: true, muted: false });
    expect(inCall(alice).people[0]).toMatchObject({ camera: false, muted: false });
    expect(alice.wanted).toEqual(new Set([bob.id]));
  });

  it('and the caller alone enters it, devices and link are given back', async () => {
    const { world, alice, bob } = await talking();
    await world.clock.advance(60_000);
    bob.calls.hangUp();
    await world.clock.settle();
    expect([alice.phase, bob.phase]).toEqual(['over', 'over']);
    expect(alice.finished).toMatchObject([{ contact: bob.id, outcome: 'answered', media: 'video', duration: 60_000 }]);
    expect(bob.finished).toEqual([]);
    expect([...alice.captures, ...bob.captures].every(({ isStopped }) => isStopped)).toBe(true);
    expect(alice.media.every(({ state }) => state === 'closed')).toBe(true);
    expect(alice.wanted.size).toBe(0);
    expect(alice.ongoing).toBeUndefined();
    expect(world.clock.timers).toBe(0);
  });

  it('while bob calls alice: one call, both in it', async () => {
    const { world, alice, bob } = await neighbours();
    await Promise.all([alice.calls.start(withContact(bob), VOICE), bob.calls.start(withContact(alice), VOICE)]);
    await world.clock.advance(4_000);
    expect([alice.phase, bob.phase]).toEqual(['in', 'in']);
    expect(inCall(alice).call).toBe(inCall(bob).call);
    alice.calls.hangUp();
    await world.clock.settle();
    expect(alice.finished.length + bob.finished.length).toBe(1);
  });

  it('and what she mutes, shows and raises is told at once', async () => {
    const { world, alice, bob } = await talking();
    alice.calls.setMuted(true);
    alice.calls.setHand(true);
    await alice.calls.setCamera(false);
    await alice.calls.shareScreen({ sound: false });
    await world.clock.settle();
    expect(inCall(bob).people[0]).toMatchObject({ muted: true, hand: true, camera: false, screen: true });
    expect(alice.media[0]?.sent.get('camera')).toBeUndefined();
    expect(alice.media[0]?.sent.get('screen')).toBeDefined();
  });

  it('and is asked what to use when her camera is unplugged', async () => {
    const { alice } = await talking();
    alice.captures[1]?.unplug();
    expect(inCall(alice).own.camera).toEqual({ kind: 'lost' });
    expect(inCall(alice).own.microphone.kind).toBe('on');
  });

  it('not without a microphone that the browser refuses, but without one if she likes', async () => {
    const { world, alice, bob } = await neighbours();
    alice.microphoneRefused = true;
    expect(await alice.calls.start(withContact(bob), VOICE)).toEqual({ ok: false, failure: { kind: 'refused', what: 'microphone' } });
    expect(alice.phase).toBeUndefined();
    expect(await alice.calls.start(withContact(bob), { ...VOICE, microphone: false })).toMatchObject({ ok: true });
    await world.clock.settle();
    expect(bob.phase).toBe('ringing');
  });

  it('after she looked at herself and thought better of it: the call opens devices of its own', async () => {
    const { world, alice, bob } = await neighbours();
    alice.calls.preview(VIDEO).close();
    await world.clock.settle();
    expect(await alice.calls.start(withContact(bob), VOICE)).toMatchObject({ ok: true });
    await world.clock.settle();
    await bob.calls.answer(VOICE);
    await world.clock.settle();
    expect(inCall(alice).own.microphone.kind).toBe('on');
    expect(inCall(bob).people[0]).toMatchObject({ muted: false });
  });

  it('not while another tab has a call', async () => {
    const { world, alice, bob, carol } = await neighbours();
    alice.turnTaken = true;
    expect(await alice.calls.start(withContact(bob), VOICE)).toEqual({ ok: false, failure: { kind: 'in-another-tab' } });
    await carol.calls.start(withContact(alice), VOICE);
    await world.clock.settle();
    expect(carol.calls.current.value).toMatchObject({ phase: 'over', why: 'busy' });
  });

  it('and the call comes back by itself when the media link is interrupted, or fails', async () => {
    const { world, alice, bob } = await talking();
    for (const state of ['interrupted', 'failed', 'closed'] as const) {
      alice.media.at(-1)?.become(state);
      bob.media.at(-1)?.become(state === 'closed' ? 'interrupted' : state);
      expect(people(alice)).toEqual([[bob.id, 'reconnecting']]);
      await world.clock.advance(4_000);
      expect(people(alice)).toEqual([[bob.id, 'connected']]);
      expect(people(bob)).toEqual([[alice.id, 'connected']]);
    }
  });

  it('and it ends for both, 30 seconds after everything between them broke', async () => {
    const { world, alice, bob } = await talking();
    world.wordsLost = true;
    world.mediaLost = true;
    for (const caller of [alice, bob]) caller.media.at(-1)?.become('interrupted');
    await world.clock.advance(27_000);
    expect([alice.phase, bob.phase]).toEqual(['in', 'in']);
    await world.clock.advance(7_000);
    expect(alice.calls.current.value).toMatchObject({ phase: 'over', why: 'lost' });
    expect(bob.calls.current.value).toMatchObject({ phase: 'over', why: 'lost' });
  });

  it('and a crash in the middle leaves an entry at her next start, and ends it for bob', async () => {
    const { world, alice, bob } = await talking();
    await world.clock.advance(40_000);
    const before = alice.calls;
    await alice.restart();
    await world.clock.advance(4_000);
    expect(alice.finished).toMatchObject([{ outcome: 'answered' }]);
    expect(alice.finished[0]?.duration).toBeGreaterThanOrEqual(25_000);
    expect(bob.calls.current.value).toMatchObject({ phase: 'over', why: 'lost' });
    expect(before).not.toBe(alice.calls);
  });

  it('and words of strangers are not answered', async () => {
    const { world, alice, bob } = await neighbours();
    bob.strangers.add(alice.id);
    await alice.calls.start(withContact(bob), VOICE);
    await world.clock.advance(45_000);
    expect(bob.phase).toBeUndefined();
    expect(alice.finished).toMatchObject([{ outcome: 'unreachable' }]);
  });

  it('and what cannot be read ends the link it came on', async () => {
    const { alice, bob } = await neighbours();
    alice.deliver(bob.id, new Uint8Array([1, 2, 3]));
    expect(alice.closedLinks).toEqual([bob.id]);
  });
});

describe('in a group', () => {
  async function threeTogether() {
    const all = await neighbours();
    const { world, alice, bob, carol } = all;
    expect(await alice.calls.start(inGroup, VIDEO)).toMatchObject({ ok: true });
    await world.clock.settle();
    expect([bob.phase, carol.phase]).toEqual(['ringing', 'ringing']);
    await bob.calls.answer(VIDEO);
    await carol.calls.answer(VOICE);
    await world.clock.advance(4_000);
    return all;
  }

  it('everybody who comes is connected with everybody', async () => {
    const { alice, bob, carol } = await threeTogether();
    for (const [caller, others] of [
      [alice, [bob, carol]],
      [bob, [alice, carol]],
      [carol, [alice, bob]],
    ] as const) {
      expect(new Set(people(caller).map(([account]) => account))).toEqual(new Set(others.map(({ id }) => id)));
      expect(people(caller).every(([, connection]) => connection === 'connected')).toBe(true);
    }
  });

  it('who leaves is gone at once, and the last one ends it', async () => {
    const { world, alice, bob, carol } = await threeTogether();
    alice.calls.hangUp();
    await world.clock.settle();
    expect(people(bob).map(([account]) => account)).toEqual([carol.id]);
    bob.calls.hangUp();
    await world.clock.settle();
    carol.calls.hangUp();
    await world.clock.settle();
    expect(world.acts.map(({ act }) => act)).toEqual(['started', 'joined', 'joined', 'left', 'left', 'ended']);
    expect(world.rosters.value).toEqual([]);
    expect(world.clock.timers).toBe(0);
  });

  it('who comes back from a crash is in it again when they join, and not before', async () => {
    const { world, alice, bob, carol } = await threeTogether();
    await carol.restart();
    for (const caller of [alice, bob]) for (const link of caller.media) if (link.state === 'connected') link.become('interrupted');
    await world.clock.advance(4_000);
    expect(people(alice).map(([account]) => account)).toEqual([bob.id]);
    await carol.calls.start(inGroup, VOICE);
    await world.clock.advance(4_000);
    expect(new Set(people(alice).map(([account]) => account))).toEqual(new Set([bob.id, carol.id]));
  });

  it('of two calls begun at once one remains, with everybody in it', async () => {
    const { world, alice, bob } = await neighbours();
    await Promise.all([alice.calls.start(inGroup, VOICE), bob.calls.start(inGroup, VOICE)]);
    await world.clock.advance(8_000);
    expect(inCall(alice).call).toBe(inCall(bob).call);
    expect(people(alice)).toEqual([[bob.id, 'connected']]);
  });

  it('an admin mutes others, and nobody else does', async () => {
    const { world, alice, bob } = await threeTogether();
    const please = encode(callWord, { call: bytesOf(inCall(bob).call), word: { type: 'mutePlease' } });
    bob.deliver(alice.id, please);
    expect(inCall(bob).own.muted).toBe(false);
    for (const caller of [alice, bob]) caller.admins.add(alice.id);
    alice.calls.askToMute(bob.id);
    await world.clock.settle();
    expect(inCall(bob).own).toMatchObject({ muted: true, mutedBy: alice.id });
    bob.calls.setMuted(false);
    expect(inCall(bob).own).toMatchObject({ muted: false, mutedBy: undefined });
  });

  it('who is removed from the group is out of its call', async () => {
    const { world, alice, bob, carol } = await threeTogether();
    for (const caller of [alice, bob, carol]) caller.strangers.add(carol.id);
    for (const caller of [alice, bob, carol]) caller.changes.set(1);
    await world.clock.settle();
    expect(carol.calls.current.value).toMatchObject({ phase: 'over', why: 'removed' });
    expect(people(alice).map(([account]) => account)).toEqual([bob.id]);
  });
});
