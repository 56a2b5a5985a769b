import { beforeAll, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import type { Shelves } from '../../src/groups/serving.ts';
import { Sync } from '../../src/groups/sync.ts';
import { LOW_WATER_BYTES } from '../../src/transport/link-limits.ts';
import { decode } from '../../src/protocol/codec.ts';
import { groupFrame } from '../../src/protocol/group-frame.ts';
import { MAX_PICTURE_BYTES } from '../../src/protocol/group-operation.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { valueOf } from '../support/value-of.ts';
import { creation, realAuthor } from '../membership/authors.ts';
import { Replica } from '../membership/replica.ts';

/** Together several times what waits on a link before an answer pauses. */
const PICTURES = 200;
const NOTHING_ASKED = { operations: [], ids: [], logs: [], boxes: [] };

/** Takes frames as a data channel does, and tells when what waits falls below the low-water mark. */
class SlowChannel {
  readonly frames: Bytes[] = [];
  drained: () => void = () => undefined;
  #sent = 0;
  #waiting = 0;

  readonly send = (_: unknown, body: Bytes): boolean => {
    this.frames.push(body);
    this.#waiting += body.length;
    return true;
  };

  readonly waiting = (): number => this.#waiting;

  readonly close = (): void => {
    throw new Error('Nobody broke the rules.');
  };

  /** The wire takes the frame that has waited longest; false: none waits. */
  passOne(): boolean {
    const frame = this.frames[this.#sent];
    if (!frame) return false;
    this.#sent += 1;
    const before = this.#waiting;
    this.#waiting -= frame.length;
    if (before > LOW_WATER_BYTES && this.#waiting <= LOW_WATER_BYTES) this.drained();
    return true;
  }
}

beforeAll(() => sodiumReady());

it('an answer that waits for the link goes on when the link tells that it has room', async () => {
  const [alice, bob] = [realAuthor('alice'), realAuthor('bob')];
  const replica = new Replica(alice, creation(alice, seededRandom(1)));
  replica.admits(bob);
  for (let number = 0; number < PICTURES; number++)
    replica.does({ type: 'picture', picture: new Uint8Array(MAX_PICTURE_BYTES).fill(number) });
  const { history } = replica;
  const channel = new SlowChannel();
  const sync = new Sync({
    group: history.group,
    me: alice.account,
    shelves: {
      ledger: { history },
      epochs: {},
      logs: { logs: new Map(), vector: () => [], withBeginningsOf: () => new Map() },
      marks: { all: [] },
    } as unknown as Shelves,
    channel,
    clock: new ManualClock(),
    standingOf: () => 'member',
    farewell: () => [],
    missingOperations: () => [],
    missingBoxes: () => [],
    parted: () => undefined,
    isMesh: () => true,
    isFilling: () => false,
    wantsMessages: () => false,
  });
  channel.drained = () => sync.drained(bob.account);
  sync.meet(bob.account);
  sync.wantFrom(bob.account, { type: 'want', ...NOTHING_ASKED, ids: history.operations.map(({ idBytes }) => idBytes) });
  for (let passed = true; passed;) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    passed = channel.passOne();
  }
  const given = channel.frames.flatMap((frame) => {
    const { word } = valueOf(decode(groupFrame, frame));
    return word.type === 'give' ? [word] : [];
  });
  expect(given.flatMap(({ operations }) => operations)).toHaveLength(history.size);
  expect(given.at(-1)?.last).toBe(true);
});
