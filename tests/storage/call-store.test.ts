import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord, OngoingCall } from '../../src/calls/ports.ts';
import type { AccountId, CallId, ConversationId, MessageId } from '../../src/protocol/ids.ts';
import { openShelf, rowsOnDisk, seen, type Shelf } from './shelf.ts';

const bob = 'CANARY-bob' as AccountId;
const withBob = 'CANARY-with-bob' as ConversationId;
const withCarol = 'CANARY-with-carol' as ConversationId;

const record = (call: string, wall: number, conversation = withBob, outcome: 'answered' | 'missed' = 'missed'): CallRecord => ({
  conversation,
  message: `CANARY-message-of-${call}` as MessageId,
  author: bob,
  wall,
  entry: { kind: 'two', call: call as CallId, media: 'voice', outcome, duration: 0 },
});
const callsOf = (records: readonly CallRecord[]) => records.map(({ entry }) => entry.call);

describe('alice’s store of calls', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(() => alice.close());

  const history = (limit: number, wanted: (records: readonly CallRecord[]) => boolean) => seen(alice.calls.records(limit), wanted);

  it('gives the newest calls first, and no more than asked for', async () => {
    const { calls } = alice;
    await calls.commit([record('first', 1), record('third', 3), record('second', 2)].map((each) => calls.putRecord(each)));
    expect(callsOf(await history(2, ({ length }) => length > 0))).toEqual(['third', 'second']);
  });

  it('keeps the later word about one call in a talk', async () => {
    const { calls } = alice;
    await calls.commit([calls.putRecord(record('one', 1))]);
    await calls.commit([calls.putRecord(record('one', 1, withBob, 'answered'))]);
    const [only, ...more] = await history(5, ({ length }) => length > 0);
    expect(only?.entry).toMatchObject({ outcome: 'answered' });
    expect(more).toEqual([]);
  });

  it('tells who watches of a call that comes', async () => {
    const { calls } = alice;
    const told = history(5, ({ length }) => length === 1);
    await calls.commit([calls.putRecord(record('one', 1))]);
    expect(callsOf(await told)).toEqual(['one']);
  });

  it('forgets the calls of one talk and keeps the others', async () => {
    const { calls } = alice;
    await calls.commit([calls.putRecord(record('bobs', 1)), calls.putRecord(record('carols', 2, withCarol))]);
    await calls.commit([calls.dropRecords(withBob)]);
    expect(callsOf(await history(5, () => true))).toEqual(['carols']);
  });

  it('remembers the call that goes on, what was looked at and what was chosen, over a reload', async () => {
    const ongoing: OngoingCall = {
      kind: 'two',
      call: 'CANARY-call' as CallId,
      contact: bob,
      media: 'video',
      began: 1,
      answered: undefined,
      alive: 2,
      rang: true,
    };
    const settings = {
      microphone: 'CANARY-microphone',
      camera: undefined,
      speaker: undefined,
      processing: { echoCancellation: true, noiseSuppression: false, autoGain: true },
    };
    expect([await alice.calls.ongoing(), await alice.calls.settings(), await alice.calls.seenUpTo()]).toEqual([undefined, undefined, 0]);
    const { engine, calls } = alice;
    await calls.commit([calls.putOngoing(ongoing), calls.putSettings(settings), calls.putSeenUpTo(7)]);
    await alice.close();
    alice = await openShelf('alice', engine);
    expect(await alice.calls.ongoing()).toEqual(ongoing);
    expect(await alice.calls.settings()).toEqual(settings);
    expect(await alice.calls.seenUpTo()).toBe(7);
    await alice.calls.commit([alice.calls.putOngoing(undefined)]);
    expect(await alice.calls.ongoing()).toBeUndefined();
  });

  it('shows nothing of whom she called to who holds the disk', async () => {
    const { calls } = alice;
    await calls.commit([calls.putRecord(record('CANARY-call', 1)), calls.putSeenUpTo(1)]);
    const rows = [...(await rowsOnDisk(alice, 'calls')), ...(await rowsOnDisk(alice, 'callNotes'))];
    expect(rows).toHaveLength(2);
    const bytes = rows.map((row) => JSON.stringify(row) + new TextDecoder('latin1').decode(row['box'] as Uint8Array));
    expect(bytes.join('\n')).not.toContain('CANARY');
  });
});
