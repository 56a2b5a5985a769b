import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { signMark } from '../../src/groups/mark.ts';
import type { CarriedMessage } from '../../src/groups/message.ts';
import type { Shelves } from '../../src/groups/serving.ts';
import { Sync, type News } from '../../src/groups/sync.ts';
import { decode } from '../../src/protocol/codec.ts';
import { groupFrame } from '../../src/protocol/group-frame.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { valueOf } from '../support/value-of.ts';
import { GROUP, Talker } from './talkers.ts';

/** Longer than anybody waits before handing on. */
const LATER_MS = 5_000;
const NO_NEWS: News = { operations: [], boxes: [], messages: [], marks: [] };

let alice: Talker;
let bob: Talker;
let carol: Talker;
let message: CarriedMessage;
let clock: ManualClock;

beforeAll(() => sodiumReady());
beforeEach(() => {
  [alice, bob, carol] = [new Talker('alice'), new Talker('bob'), new Talker('carol')];
  message = alice.write(alice.begin('an epoch', [alice, bob, carol]), 'hello');
  clock = new ManualClock();
});

/** Bob's, linked to alice and carol; and how many messages each was given. */
function bobs({ isMesh }: { readonly isMesh: boolean }) {
  const given = new Map<AccountId, number>();
  const shelves = {
    ledger: { history: { heads: [], vector: () => new Map(), missing: () => [] } },
    logs: { logs: new Map(), vector: () => [], withBeginningsOf: () => new Map() },
    marks: { all: [], of: () => undefined },
  } as unknown as Shelves;
  const sync = new Sync({
    group: GROUP,
    me: bob.account,
    shelves,
    channel: {
      send: (to, body) => {
        const { word } = valueOf(decode(groupFrame, body));
        if (word.type === 'give') given.set(to, (given.get(to) ?? 0) + word.messages.length);
        return true;
      },
      waiting: () => 0,
      close: () => undefined,
    },
    clock,
    standingOf: () => 'member',
    farewell: () => [],
    missingOperations: () => [],
    missingBoxes: () => [],
    parted: () => undefined,
    isMesh: () => isMesh,
    isFilling: () => false,
    wantsMessages: () => false,
  });
  for (const { account } of [alice, carol]) sync.meet(account);
  const takes = (from: Talker, news: Partial<News>) => {
    sync.taken(from.account, { last: false }, { ...NO_NEWS, ...news });
    sync.spread({ ...NO_NEWS, ...news });
  };
  return { takes, says: (own: CarriedMessage) => sync.spread({ ...NO_NEWS, messages: [own] }), given };
}

function carolsMark() {
  const logs = new Map([[alice.device, { from: 0, have: 1, read: 0 }]]);
  return signMark({ group: GROUP, account: carol.account, counter: 1, logs, announcement: undefined }, carol.identity.device.signing);
}

describe('what alice said, in a group where all are linked to all', () => {
  it('is not handed on to carol, who says that she has it', async () => {
    const { takes, given } = bobs({ isMesh: true });
    takes(alice, { messages: [message] });
    takes(carol, { marks: [carolsMark()] });
    await clock.advance(LATER_MS);
    expect(given.get(carol.account) ?? 0).toBe(0);
  });

  it('is handed on to carol a little later, when she has not said so', async () => {
    const { takes, given } = bobs({ isMesh: true });
    takes(alice, { messages: [message] });
    expect(given.get(carol.account) ?? 0).toBe(0);
    await clock.advance(LATER_MS);
    expect(given.get(carol.account)).toBe(1);
    expect(given.get(alice.account) ?? 0).toBe(0);
  });

  it('leaves at once where it is one’s own', () => {
    const { says, given } = bobs({ isMesh: true });
    says(bob.write(bob.begin('another', [alice, bob, carol]), 'hello'));
    expect([given.get(alice.account), given.get(carol.account)]).toEqual([1, 1]);
  });
});

describe('what alice said, in a larger group', () => {
  it('is handed on at once: those it came to are others for each', () => {
    const { takes, given } = bobs({ isMesh: false });
    takes(alice, { messages: [message] });
    expect(given.get(carol.account)).toBe(1);
  });
});
