import { describe, expect, it } from 'vitest';
import type { AccountId } from '../../src/protocol/ids.ts';
import { PresenceRounds, type PresenceWord } from '../../src/session/presence-rounds.ts';
import { ManualClock } from '../support/manual-clock.ts';

const online = { presence: 'online', wantReply: false } as const;

function telling() {
  const clock = new ManualClock();
  const told: [AccountId, PresenceWord][] = [];
  return { clock, told, rounds: new PresenceRounds(clock, (to, word) => told.push([to, word])) };
}

function crowd(size: number): AccountId[] {
  return Array.from({ length: size }, (_, number) => `fellow ${number}` as AccountId);
}

describe('telling how we are', () => {
  it('a few people are told at once', () => {
    const { told, rounds } = telling();
    for (const person of crowd(10)) rounds.add(person, online);
    expect(told.map(([to]) => to)).toEqual(crowd(10));
  });

  it('a full group is told in rounds, everybody once', async () => {
    const { clock, told, rounds } = telling();
    for (const person of crowd(255)) rounds.add(person, online);
    expect(told.length).toBe(60);
    await clock.advance(20_000);
    expect(told.map(([to]) => to)).toEqual(crowd(255));
    expect(clock.timers).toBe(0);
  });

  it('who waits for their turn is told the latest, and asked if it was to be asked', async () => {
    const { clock, told, rounds } = telling();
    const last = 'fellow 99' as AccountId;
    for (const person of crowd(100)) rounds.add(person, { presence: 'away', wantReply: person === last });
    for (const person of crowd(100)) rounds.add(person, online);
    await clock.advance(20_000);
    expect(told.filter(([to]) => to === last)).toEqual([[last, { presence: 'online', wantReply: true }]]);
  });

  it('who becomes invisible tells nobody any more', async () => {
    const { clock, told, rounds } = telling();
    for (const person of crowd(100)) rounds.add(person, online);
    rounds.forget();
    await clock.advance(20_000);
    expect(told.length).toBe(60);
    rounds.close();
    expect(clock.timers).toBe(0);
  });
});
